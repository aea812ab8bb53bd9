"""Who runs the command: by a token from the environment or a file, or else an operator of the machine."""

import getpass
import socket
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.bureau import Bureau
from tests.support.command import Command


def test_without_a_token_whoever_is_on_the_machine_is_an_operator(yunzu: Command, bureau: Bureau) -> None:
    who = yunzu("whoami", "--json", USER="mallory", LOGNAME="mallory").document
    assert who == {
        "account": f"local-{getpass.getuser()}",
        "name": getpass.getuser(),
        "roles": ["operator"],
        "department": None,
        "authenticated": "local",
        "origin": socket.gethostname(),
        "scope": "all",
        "confirmed_until": None,
    }
    assert "系统管理员 operator" in yunzu("whoami").out


def test_a_token_from_a_file_goes_before_the_environments(
    yunzu: Command, bureau: Bureau, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{bureau.tokens['reviewer']}\n")
    for arguments in (["whoami"], ["whoami", "--token-file", file]):
        who = yunzu(*arguments, "--json", YUNZU_TOKEN=bureau.tokens["applicant"]).document
        role = "reviewer" if "--token-file" in arguments else "applicant"
        assert (who["account"], who["roles"], who["department"]) == (
            f"{bureau.id}-{role}",
            [role],
            bureau.id,
        )
        assert (who["authenticated"], who["origin"]) == ("token", "127.0.0.1")
    assert yunzu("whoami", "--token-file", tmp_path / "missing").code == 1
    file.write_bytes(b"\xff")
    assert yunzu("whoami", "--token-file", file).code == 2


def test_tokens_that_are_not_valid_say_the_same(yunzu: Command, bureau: Bureau, tmp_path: Path) -> None:
    """An empty one too: a variable that was not filled must not make an operator of anybody."""
    revoked = bureau("steward", "token", "new", "--label", "lost").out.strip()
    listed = yunzu("token", "list", "--json").items
    [found] = [one for one in listed if (one["label"], one["revoked_at"]) == ("lost", None)]
    assert yunzu("token", "revoke", found["id"], YUNZU_TOKEN=revoked).code == 0
    empty = tmp_path / "empty"
    empty.touch()
    said = set()
    for text in ("yunzu_nothing", "", revoked, "\x1b[2J"):
        for command in (["whoami"], ["request", "list"], ["item", "list"], ["inbox"], ["token", "list"]):
            ended = yunzu(*command, YUNZU_TOKEN=text)
            assert (ended.code, ended.out) == (3, "")
            said.add(ended.err)
    said.add(yunzu("whoami", "--token-file", empty).err)
    assert len(said) == 1


def test_a_token_is_printed_once_and_known_by_its_id(yunzu: Command, bureau: Bureau) -> None:
    account = f"{bureau.id}-approver"
    words = ("token", "new", "--label", "桌面", "--days", "7", "--scope", "read", "--json")
    dry = bureau("approver", *words, "--dry-run")
    assert "token" not in dry.items[0]
    made = yunzu(*words, YUNZU_TOKEN=bureau.tokens["approver"]).document
    assert (made["account"], made["label"], made["scope"]) == (account, "桌面", "read")
    lasts = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert lasts == timedelta(days=7)
    listed = yunzu("token", "list", account, "--json")
    assert made["token"] not in listed.out
    [own] = [one for one in listed.items if one["id"] == made["id"]]
    assert own == {key: value for key, value in made.items() if key != "token"}
    assert yunzu("whoami", "--json", YUNZU_TOKEN=made["token"]).document["scope"] == "read"
    plain = bureau("approver", "token", "new")
    assert (len(plain.out.split()), "is not shown again" in plain.err) == (1, True)
    assert plain.out.strip() not in plain.err
    assert made["id"] in yunzu("token", "list").out


def test_a_token_for_reading_reads_and_nothing_else(yunzu: Command, bureau: Bureau) -> None:
    reading = bureau("applicant", "token", "new", "--scope", "read").out.strip()
    manifest = bureau.manifest("unread")
    for arguments in (
        ["request", "new", "environment.new", "--manifest", manifest],
        ["token", "new"],
    ):
        ended = yunzu(*arguments, YUNZU_TOKEN=reading)
        assert (ended.code, ended.out) == (3, "")
        assert "for reading only" in ended.err
    for arguments in (["request", "list"], ["inbox"], ["item", "list"], ["token", "list"]):
        assert yunzu(*arguments, YUNZU_TOKEN=reading).code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("token new", 1),
        ("token new jiangyunkai", 2),
        ("token new --days 0", 2),
        ("token new --days 366", 2),
        ("token new --scope some", 2),
        ("token revoke 00000000", 1),
    ],
)
def test_what_is_wrong_about_tokens(arguments: str, code: int, yunzu: Command, bureau: Bureau) -> None:
    ended = yunzu(*arguments.split())
    assert (ended.code, ended.out) == (code, "")


def test_others_tokens_are_nobodys_but_the_officers(yunzu: Command, bureau: Bureau) -> None:
    others = f"{bureau.id}-reviewer"
    [first, *_] = yunzu("token", "list", others, "--json").items
    for arguments in (["list", others], ["revoke", first["id"]]):
        ended = bureau("applicant", "token", *arguments)
        assert (ended.code, ended.out) == (3, "")
    assert bureau("reviewer", "whoami").code == 0  # it was not revoked
    own = bureau("applicant", "token", "list", "--json").items
    assert {one["account"] for one in own} == {f"{bureau.id}-applicant"}


def test_no_command_takes_a_token_as_an_argument(offline: Command) -> None:
    for noun in ("whoami", "request new", "token new", "inbox"):
        text = offline(*noun.split(), "--help").out
        assert "--token-file" in text
        assert "--token " not in text
