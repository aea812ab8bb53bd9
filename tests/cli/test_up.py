"""`yunzu up` and the centre's files: taken once, all faults said, nothing begun with faults."""

import os
from pathlib import Path

import pytest

from tests.support.bureau import OFFICERS, Bureau
from tests.support.command import Command


def _bad(tmp_path: Path) -> dict[str, str]:
    """Settings that choose files with faults."""
    items = tmp_path / "items"
    items.mkdir()
    (items / "environment.new.yaml").write_text("kind: [")
    (tmp_path / "register.yaml").write_text("kind: Register\nofficers: [{}]\n")
    return {"YUNZU_ITEMS": str(items), "YUNZU_OFFICERS": str(tmp_path / "register.yaml")}


def test_a_new_centre_with_faults_in_its_files_is_not_begun(offline: Command, tmp_path: Path) -> None:
    ended = offline("up", **_bad(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    for file in ("environment.new.yaml", "register.yaml"):
        assert file in ended.err
    assert "findings; nothing was changed" in ended.err.splitlines()[-1]
    assert not offline.home.exists()


@pytest.mark.parametrize("words", [("up",), ("up", "--dry-run")])
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"YUNZU_S3_ENDPOINT": "http://127.0.0.1:9000"},
            "s3_endpoint: 'http://127.0.0.1:9000' is no address with TLS; write https://host:port",
        ),
        (
            {"YUNZU_DATABASE_URL": "mysql://a:hunter2@h/d"},
            "database_url: is not complete; write postgresql://user:password@host:port/database",
        ),
        ({"YUNZU_KUBECONFIG": "/nowhere"}, "kubeconfig: /nowhere is not a file; set YUNZU_KUBECONFIG"),
        (
            {"YUNZU_S3_ENDPOINT": "https://127.0.0.1:9000", "YUNZU_S3_CA": "/nowhere"},
            "s3_ca: the CA certificate /nowhere is not a file; give an existing one",
        ),
        (
            {"YUNZU_RECORDS_URL": "postgresql://a:hunter2@h/d?sslrootcert=/nowhere"},
            "records_url: the CA certificate /nowhere is not a file; give an existing one",
        ),
    ],
)
def test_nothing_is_begun_with_a_server_that_cannot_be_meant(
    offline: Command, words: tuple[str, ...], variables: dict[str, str], said: str
) -> None:
    keys = {"YUNZU_S3_ACCESS_KEY": "key", "YUNZU_S3_SECRET_KEY": "secret"}
    ended = offline(*words, **keys, **variables)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "hunter2" not in ended.err
    assert not offline.home.exists()


def test_every_server_that_cannot_be_meant_is_said_at_once(offline: Command) -> None:
    given = {"YUNZU_DATABASE_URL": "mysql://a:hunter2@h/d", "YUNZU_RECORDS_URL": "of our own"}
    ended = offline("up", YUNZU_KUBECONFIG="/nowhere", YUNZU_S3_ENDPOINT="http://h", **given)
    assert (ended.code, ended.out) == (2, "")
    for setting in ("kubeconfig", "database_url", "records_url", "s3_endpoint"):
        assert f"{setting}: " in ended.err
    assert "given servers: 4 findings; nothing was changed" in ended.err
    assert "hunter2" not in ended.err
    assert not offline.home.exists()


def test_files_mean_nothing_once_they_are_taken(yunzu: Command, bureau: Bureau, tmp_path: Path) -> None:
    """What is approved stands in the records, and a change of it is a request."""
    before = yunzu("item", "list", "--json").document
    ended = yunzu("up", "--json", **_bad(tmp_path))
    assert (ended.code, ended.document["ok"]) == (0, True)
    assert "adopted" not in ended.err
    assert yunzu("item", "list", "--json").document == before


@pytest.mark.skipif("YUNZU_TEST_HOME" in os.environ, reason="that centre was started before")
def test_the_first_up_gives_each_officer_a_code_and_no_later_one_does(yunzu: Command, bureau: Bureau) -> None:
    assert bureau.opened
    lines = [line.split() for line in bureau.opened.err.splitlines() if line.startswith("  ")]
    codes = {words[1]: words[0] for words in lines}
    assert set(codes) == set(OFFICERS.values())
    assert all(len(code) == 29 and code not in bureau.opened.out for code in codes.values())
    again = yunzu("up")
    assert "one-time" not in again.err
    for account in codes:  # no request of an operator's replaces them: they are still good
        [event] = [
            one
            for one in yunzu("account", "show", account, "--json").document["events"]
            if one["event"] == "code-made" and one["by"] == "system"
        ]
        assert event["account"] == account
