"""What cannot be asked for, and by whom; what can be, as a list."""

from pathlib import Path

import pytest

from tests.cli.test_requests import CONTRACT
from tests.support.bureau import Bureau
from tests.support.command import Command


@pytest.mark.parametrize(
    "arguments",
    [
        "environment.new",
        "environment.new --manifest x --subject a/b",
        "environment.new --manifest x --until 2028-01-01",
        "environment.new --subject a/b",
        "environment.retire --subject ../b",
        "environment.new --manifest /nowhere/x.yaml",
        "environment.new --manifest /dev/null",
    ],
)
def test_what_cannot_be_meant_is_2(arguments: str, bureau: Bureau) -> None:
    ended = bureau("applicant", "request", "new", *arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


def test_an_invalid_manifest_asks_no_server(offline: Command, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("kind: Environment\nid: x--y\n")
    ended = offline("request", "new", "environment.new", "--manifest", file)
    assert ended.code == 2  # and not 5, though no centre runs
    assert f"{file}:plan: " in ended.err


def test_what_is_not_offered_or_nobodys_is_refused(bureau: Bureau) -> None:
    manifest = bureau.manifest("refused")

    def ask(item: str, role: str = "applicant", *more: object) -> int:
        return bureau(role, "request", "new", item, "--manifest", manifest, *more).code

    assert ask("environment.make") == 1
    assert ask("egress.exception") == 3
    assert ask("department.people") == 2
    assert ask("environment.resize") == 3
    for role in ("reviewer", "auditor", "security"):
        assert ask("environment.new", role, "--applicant", f"{bureau.id}-applicant") == 3
    assert ask("environment.new", "operator") == 2  # for whom?
    assert ask("environment.new", "operator", "--applicant", f"{bureau.id}-reviewer") == 3
    assert ask("environment.new", "applicant", "--base", "0" * 64) == 3
    assert bureau.command("request", "show", "YZ\x1b[2J").code == 1


def test_items(yunzu: Command, bureau: Bureau) -> None:
    items = yunzu("item", "list", "--json").items
    assert len(items) == 18
    assert all(
        one.keys() >= {"id", "title", "kind", "promised", "steps", "offered"}
        and one["title"].keys() == {"zh", "en"}
        for one in items
    )
    [own] = [one for one in items if one["id"] == "environment.new"]
    assert yunzu("item", "show", "environment.new", "--json").document == own
    assert (own["kind"], own["promised"], own["offered"]) == ("promised", {"n": 5, "unit": "workday"}, True)
    assert [one["id"] for one in own["steps"]] == ["accept", "review", "decide"]
    assert [one["id"] for one in items if not one["offered"]] == []
    assert "承诺件" in yunzu("item", "list").out
    assert "即办件" in yunzu("item", "show", "environment.resume").out
    assert yunzu("item", "show", "nothing").code == 1
    assert yunzu("whoami", YUNZU_TOKEN=bureau.tokens["operator"]).code == 0  # they are known


def test_departments_see_their_own_alone(bureau: Bureau) -> None:
    own = bureau("applicant", "request", "list", "--json").items
    assert {one["department"] for one in own} == {bureau.id}
    assert all(one.keys() >= CONTRACT - {"rule", "steps", "pauses"} for one in own)
    of_it = bureau.command("request", "list", "--department", bureau.id, "--json").items
    assert [one["id"] for one in of_it] == [one["id"] for one in own]
    foreign = bureau("applicant", "request", "list", "--department", "transport")
    assert (foreign.code, foreign.out) == (3, "")
