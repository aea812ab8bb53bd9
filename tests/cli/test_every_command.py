"""Every command by its people, as another user who holds a token and can read no credential of a server."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyotp
import typer

from tests.cli.errands import DEPARTMENT, EVERYBODY, LEAVING, LOCAL, OFFICES, WORK, Errand
from tests.support import estate
from tests.support.bureau import OFFICERS, Bureau
from tests.support.command import Ended
from tests.support.elsewhere import LOOK, NOBODY, Elsewhere, Staying
from tests.support.leaks import Leaks, centres_secrets
from tests.support.tenants import PLANS
from yunzu.clients.api import Api
from yunzu_cli.main import app

NOTHING: dict[str, Any] = {"databases": [], "buckets": []}
ENDED: dict[str, Any] = {"lease": {"from": "2026-01-01", "until": "2026-11-20"}, "stage": "prod"}
ASKED: dict[str, dict[str, Any]] = {
    "unfit": {"name": "case", "grade": 3, **NOTHING},
    "large": {"name": "case", "plan": "large", **NOTHING},
    "taken": {"name": "taken", **NOTHING},
    "ended": {"name": "ended", **ENDED, **NOTHING},
    "remote": {"name": "remote"},
}
"""File -> the environment that it holds."""


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    for name, one in getattr(command, "commands", {}).items():
        yield from leaves(one, (*path, name))
    if not getattr(command, "commands", None):
        yield " ".join(path), command


ERRANDS = (*WORK, *LEAVING)
COMMANDS = dict(leaves(typer.main.get_command(app)))


def command_of(words: str) -> str:
    found = (" ".join(words.split()[:length]) for length in (2, 1))
    return next(one for one in found if one in COMMANDS)


class Errands:
    """Runs errands as nobody, with what earlier ones have kept; remembers all that was printed."""

    def __init__(self, bureau: Bureau, staying: Staying) -> None:
        self.bureau, self._staying = bureau, staying
        days = {"today": date.today(), "soon": date.today() + timedelta(days=5)}
        self.kept = {"id": bureau.id} | {name: f"{day:%Y-%m-%d}" for name, day in days.items()}
        self.printed: list[str] = []
        self.wrong: list[tuple[Errand, Ended]] = []

    def __call__(self, errand: Errand) -> Ended:
        words = errand.words.format(**self.kept).split()
        if "--json" in {one for each in COMMANDS[command_of(errand.words)].params for one in each.opts}:
            words.append("--json")
        token = self.kept.get(errand.role) or self.bureau.tokens.get(errand.role)
        ended = self._staying(words, typed=errand.typed.format(**self.kept), token=token)
        self.printed += [ended.out, ended.err]
        if ended.code != errand.code:
            self.wrong.append((errand, ended))
        elif errand.code == 0 and "--json" in words:
            assert isinstance(ended.document, dict), ended
        if errand.keep:
            name, _, key = errand.keep.partition("=")
            found = ended.items[0] if key.startswith("item.") else ended.document
            self.kept[name] = str(found[key.removeprefix("item.")])
        return ended


def brought(bureau: Bureau, home: Path) -> None:
    """The files that somebody there has: what they ask for, and what they import."""
    for name in ("asked", f"tenants/{bureau.id}/environments"):
        (home / name).mkdir(parents=True)
    for file, fields in ASKED.items():
        text = bureau.manifest(**fields).read_bytes()
        (home / "asked" / f"{file}.yaml").write_bytes(text)
    department = home / "tenants" / bureau.id
    shutil.copy(home / "asked" / "remote.yaml", department / "environments" / "remote.yaml")
    shutil.copy(bureau.tenants.directory / bureau.id / "department.yaml", department)
    shutil.copytree(PLANS, home / "plans")
    (home / "estate.jsonl").write_text(json.dumps(estate.record()) + "\n", "utf-8")
    book = openpyxl.Workbook()
    for row in (("姓名", "账号", "角色"), ("某某", "moumou", "申请人")):
        book.worksheets[0].append(row)
    book.save(home / "people.xlsx")
    for one in (home, *home.rglob("*")):
        os.chown(one, NOBODY, NOBODY)


def enrolled(bureau: Bureau, elsewhere: Elsewhere) -> str:
    """The next code of the centre's auditor, who has a second factor now, and another token."""
    account, settings = OFFICERS["auditor of the centre"], elsewhere.settings
    code = bureau("security", "account", "code", account).out.strip()
    with_code = {"account": account, "code": code}
    api = Api(settings["YUNZU_URL"], ca=Path(settings["YUNZU_CA_FILE"]), proof=None)
    secret = api.post("/login/begin", with_code)["enrolment"]["secret"]
    proof = pyotp.TOTP(secret).now()
    made = api.post("/login/finish", with_code | {"proof": proof, "label": "test", "days": 1})
    api.close()
    bureau.tokens["auditor of the centre"] = made["token"]
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))


@contextmanager
def taken(bureau: Bureau) -> Iterator[None]:
    """Somebody else's namespace has the name of an environment that is asked for."""
    cluster, name = bureau.tenants.centre.cluster, f"{bureau.id}--taken"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.create(body, field_manager="somebody")
    yield
    cluster.delete("v1", "Namespace", name)


def test_no_command_is_forgotten() -> None:
    """A new one needs an errand, or a reason why it is of the machine."""
    done = {command_of(words) for words in (*(one.words for one in ERRANDS), *EVERYBODY)}
    assert done | LOCAL.keys() == COMMANDS.keys()
    assert not done & LOCAL.keys()
    assert {one.role for one in ERRANDS} >= {*DEPARTMENT, *OFFICES}


def test_each_of_them_works_elsewhere_and_nothing_there_opens_a_server(
    bureau: Bureau, elsewhere: Elsewhere
) -> None:
    home = elsewhere.own("own")
    brought(bureau, home)
    leaks = Leaks(centres_secrets(bureau.command.home))
    with elsewhere.staying(home) as staying, taken(bureau):
        run = Errands(bureau, staying)
        run.kept["proof"] = enrolled(bureau, elsewhere)
        for errand in WORK:
            run(errand)
        for role in (*DEPARTMENT, *OFFICES):
            run.kept["account"] = OFFICERS.get(role, f"{bureau.id}-{role}")
            for words in EVERYBODY:
                run(Errand(role, words))
        for errand in LEAVING:
            run(errand)
    assert run.wrong == []
    leaks.search("what was printed", "".join(run.printed).encode())
    leaks.search_tree(elsewhere.directory)
    assert leaks.seen == []
    assert elsewhere.run("-c", LOOK, bureau.command.home.resolve()).code == 0
