"""`yunzu login`, `confirm`, `logout`, `account code`: no secret in an argument, one order of tokens."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.support.bureau import OFFICERS, Bureau
from tests.support.command import Command, Ended


def _code(command: Command, account: str, *more: object, **environment: str) -> str:
    made = command("account", "code", account, *more, **environment)
    assert made.code == 0, made
    assert made.out.strip() not in made.err
    return made.out.strip()


class Laptop:
    """Somebody's own configuration."""

    def __init__(self, command: Command, directory: Path) -> None:
        self.command, self.directory = command, directory

    def __call__(self, *arguments: object, typed: str | None = None, **changes: str) -> Ended:
        return self.command(*arguments, typed=typed, XDG_CONFIG_HOME=str(self.directory), **changes)

    @property
    def kept(self) -> Path:
        [file] = (self.directory / "yunzu" / "tokens").iterdir()
        return file


@pytest.fixture
def laptop(yunzu: Command, bureau: Bureau, tmp_path: Path) -> Laptop:
    return Laptop(yunzu, tmp_path / "config")


def test_somebody_of_a_department_logs_in_and_out(laptop: Laptop, bureau: Bureau) -> None:
    account = f"{bureau.id}-auditor"
    code = _code(laptop.command, account)
    ended = laptop("login", "--account", account, "--json", typed=f"{code}\n")
    assert (ended.code, ended.document["account"]) == (0, account)
    assert ended.document["kept"] == str(laptop.kept)
    assert (stat.S_IMODE(laptop.kept.stat().st_mode), stat.S_IMODE(laptop.kept.parent.stat().st_mode)) == (
        0o600,
        0o700,
    )
    text = laptop.kept.read_text().strip()
    assert text not in ended.out + ended.err
    assert laptop("whoami", "--json").document["account"] == account
    # A token that is given goes before the one that is kept.
    bureau.tokens["auditor"] = text  # the login has ended the older ones
    assert laptop("whoami", "--json", YUNZU_TOKEN=bureau.tokens["reviewer"]).document["roles"] == ["reviewer"]
    assert laptop("whoami", YUNZU_TOKEN="").code == 3
    assert laptop("login", "--account", account, typed=f"{code}\n").code == 3
    again = bureau("auditor", "token", "new").out.strip()
    out = laptop("logout", "--json")
    assert (out.code, out.document) == (0, {"ok": True, "was_logged_in": True})
    assert not list((laptop.directory / "yunzu" / "tokens").iterdir())
    assert laptop("whoami", YUNZU_TOKEN=text).code == 3
    assert laptop("logout", "--json").document["was_logged_in"] is False
    assert laptop("whoami", "--json").document["authenticated"] == "local"
    bureau.tokens["auditor"] = again


def test_a_kept_token_that_others_may_read_is_not_used(laptop: Laptop, bureau: Bureau) -> None:
    account = f"{bureau.id}-steward"
    file = laptop.directory.parent / "code"
    file.write_text(_code(laptop.command, account))
    assert laptop("login", "--account", account, "--code-file", file).code == 0
    bureau.tokens["steward"] = laptop.kept.read_text().strip()
    laptop.kept.chmod(0o640)
    ended = laptop("whoami")
    assert (ended.code, ended.out) == (3, "")
    assert "is not yours alone" in ended.err
    laptop.kept.chmod(0o600)
    assert laptop("whoami", "--json").document["account"] == account
    real = laptop.kept.rename(laptop.kept.with_name("moved"))
    laptop.kept.with_name(real.name).rename(laptop.directory / "elsewhere")
    (laptop.directory / "yunzu" / "tokens" / _centre(laptop)).symlink_to(laptop.directory / "elsewhere")
    assert laptop("whoami").code == 1


def _centre(laptop: Laptop) -> str:
    return str(laptop.command("status", "--json").document["centre"])


def test_an_officer_enrols_decides_and_confirms_again(laptop: Laptop, bureau: Bureau, yunzu: Command) -> None:
    account = OFFICERS["auditor of the centre"]
    code = _code(yunzu, account, YUNZU_TOKEN=bureau.tokens["security"])
    environment: dict[str, str] = {"XDG_CONFIG_HOME": str(laptop.directory)}
    with yunzu.process("login", "--account", account, "--json", **environment) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(f"{code}\n")
        process.stdin.flush()
        secret = ""
        while not secret:
            words = process.stderr.readline().split()
            secret = words[1] if words[0] == "secret" else ""
        process.stdin.write(f"{pyotp.TOTP(secret).now()}\n")
        out, err = process.communicate(timeout=60)
    bureau.renew("auditor of the centre")
    assert (process.returncode, account in out) == (0, True), err
    assert secret not in out
    shown: Any = laptop("whoami", "--json").document
    assert (shown["account"], shown["confirmed_until"] is None) == (account, False)
    next_one = pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30))
    confirmed = laptop("confirm", "--json", typed=f"{next_one}\n")
    assert (confirmed.code, confirmed.document["account"]) == (0, account)
    replayed = laptop("confirm", typed=f"{next_one}\n")
    assert (replayed.code, replayed.out) == (3, "")
    assert laptop("confirm", typed="\n").code == 2
    assert laptop("confirm", typed="12a456\n").code == 2


def test_the_machine_decides_nothing_without_a_token(yunzu: Command, bureau: Bureau) -> None:
    number = bureau.ask("onlythere", grade=3).document["id"]
    for words in (
        ["accept", number],
        ["refuse", number, "--reason", "x"],
        ["return", number, "--reason", "x"],
    ):
        ended = yunzu("request", *words)
        assert (ended.code, ended.out) == (3, "")
        assert "decides nothing" in ended.err
    bureau("applicant", "request", "withdraw", number)


def test_who_makes_whose_code(yunzu: Command, bureau: Bureau) -> None:
    person = f"{bureau.id}-reviewer"
    for role, account, code in (
        ("operator", "jiangyunkai", 3),
        ("operator", "shenruochuan", 3),
        ("operator", person, 0),
        ("security", person, 3),
        ("security", "shengshouan", 3),
        ("security", "jiangyunkai", 0),
        ("approver", person, 3),
        ("operator", "nobody", 1),
    ):
        ended = bureau(role, "account", "code", account, "--dry-run", "--json")
        assert ended.code == code, (role, account)
        assert "code" not in (ended.document if code == 0 else {})
    assert yunzu("account", "code", "shengshouan").code == 3
    assert yunzu("account", "code", "shengshouan", "--emergency").code == 2


def test_no_command_takes_a_code_as_an_argument(offline: Command) -> None:
    for noun in ("login", "confirm"):
        assert "--code " not in offline(noun, "--help").out
    assert offline("login", "x").code == 2
