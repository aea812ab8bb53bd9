"""Accounts, deputies, leases and campaigns over the API, as the command shows them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.support.api import Served
from tests.support.command import Command, Ended
from tests.support.office import Desk, environment
from tests.support.recorded import brought_up
from yunzu.clients.api import Api
from yunzu.errors import InvalidInputError, NotFoundError, RefusedError, UsageError
from yunzu.records import handouts

As = Callable[..., Ended]
STEWARD, REVIEWER = "transport-steward", "transport-reviewer"


@pytest.fixture
def by(desk: Desk, served: Served, tmp_path: Path) -> As:
    """The command of an account; officers have proved their second factor."""
    command = Command(tmp_path, tmp_path, YUNZU_URL=served.url, YUNZU_CA_FILE=str(served.ca))

    def run(account: str, *words: object) -> Ended:
        return command(*words, YUNZU_TOKEN=desk.token(account, confirmed=True))

    return run


def test_who_has_an_account_and_what_was_done_about_it(desk: Desk, by: As) -> None:
    listed = by("jiangyunkai", "account", "list", "--json").items
    assert [one["account"] for one in listed[:4]] == [
        "jiangyunkai",
        "shenruochuan",
        "shengshouan",
        "yanmingjing",
    ]
    assert {
        one["department"]
        for one in by("jiangyunkai", "account", "list", "--department", "transport", "--json").items
    } == {"transport"}
    assert by(STEWARD, "account", "list").code == 3
    assert by(STEWARD, "account", "show", REVIEWER).code == 3
    assert by("jiangyunkai", "account", "show", "nobody").code == 1
    made = by("jiangyunkai", "account", "code", STEWARD)
    assert (made.code, made.out.strip() in made.err) == (0, False)
    shown = by(STEWARD, "account", "show", STEWARD, "--json")
    assert made.out.strip() not in shown.out
    assert (shown.document["account"], shown.document["disabled"]) == (STEWARD, None)
    [event] = shown.document["events"]
    assert (event["event"], event["by"], event["origin"]) == ("code-made", "jiangyunkai", "127.0.0.1")
    assert event["at"].endswith("+08:00")
    assert "code-made" in by(STEWARD, "account", "show", STEWARD).out
    [line] = [one for one in by("yanmingjing", "account", "list").out.splitlines() if STEWARD in one]
    assert line.split()[:4] == [STEWARD, "某某", "transport", "数据专员"], line


def test_a_rehearsed_code_is_none(desk: Desk, by: As) -> None:
    words = ("account", "code", STEWARD, "--dry-run")
    said = by("jiangyunkai", *words, "--json").document
    assert (said["account"], said["dry_run"], "code" in said) == (STEWARD, True, False)
    assert "nothing was changed" in by("jiangyunkai", *words).out
    assert by(STEWARD, "account", "show", STEWARD, "--json").document["events"] == []


def test_an_emergency_is_of_whoever_is_on_the_machine(served: Served) -> None:
    """Not of an operator with a token: that is no proof of holding the centre's home."""
    words = {"emergency": True, "reason": "手机丢失"}
    operator, local = served.bearer(served.token("jiangyunkai")), served.api()
    with pytest.raises(RefusedError):
        operator.post("/accounts/shengshouan/code", words)
    with pytest.raises(UsageError, match="no reason"):
        local.post("/accounts/shengshouan/code", {"emergency": True})
    with pytest.raises(RefusedError):
        local.post("/accounts/jiangyunkai/code", words)
    assert local.post("/accounts/shengshouan/code", words)["code"]
    for api in (operator, local):
        api.close()


def test_disabled_and_enabled(desk: Desk, by: As) -> None:
    uid = brought_up(desk, "transport/flights")
    with desk.office.records.transaction() as connection:
        handouts.enter(connection, uid, "a", REVIEWER, {"db-main-owner": "f"})
    desk.file(environment("transport/large", plan="large"))  # waits for the reviewer alone
    words = ("account", "disable", REVIEWER, "--reason", "离职")
    assert by(STEWARD, *words).code == 3
    dry = by("jiangyunkai", *words, "--dry-run", "--json").document
    [left] = dry["stranded"]
    assert (dry["disabled"], dry["dry_run"], left["step"]) == (True, True, "review")
    assert by(REVIEWER, "whoami").code == 0
    assert "note:" not in by("jiangyunkai", "inbox").err
    ended = by("jiangyunkai", *words)
    assert ended.out.splitlines() == [
        f"{REVIEWER} is disabled",
        "1 tokens and 0 deputies ended",
        f"rotate db-main-owner, slot a, of environment {uid}: it was handed out",
    ]
    note = f"note: nobody can take step review (department.reviewer) of {left['request']}, due "
    assert note in ended.err
    again = by("jiangyunkai", *words, "--json").document
    assert (again["changed"], again["rotate"]) == (
        False,
        [{"uid": uid, "binding": "db-main-owner", "slot": "a"}],
    )
    # Whoever looks into an inbox sees it, as far as it is of their department.
    for account, seen in (("jiangyunkai", True), (STEWARD, True), ("yanmingjing", True)):
        assert (note in by(account, "inbox").err) == seen, account
    inbox = by(STEWARD, "inbox", "--json").document
    assert (inbox["items"], [one["request"] for one in inbox["stranded"]]) == ([], [left["request"]])
    shown = by("yanmingjing", "account", "show", REVIEWER)
    assert "disabled by jiangyunkai: 离职" in shown.out
    enabled = by("jiangyunkai", "account", "enable", REVIEWER, "--reason", "复职", "--json").document
    assert (enabled["disabled"], enabled["revoked_tokens"], enabled["stranded"]) == (False, None, [])
    assert by("jiangyunkai", "account", "enable", REVIEWER, "--reason", " ").code == 2


def test_deputies(desk: Desk, by: As) -> None:
    words = ("deputy", "new", REVIEWER, "--by", STEWARD, "--from", "2026-11-23", "--until", "2026-11-30")
    dry = by(REVIEWER, *words, "--dry-run")
    assert (dry.code, "nothing was changed" in dry.err) == (0, True)
    assert "no deputy" in by(REVIEWER, "deputy", "list").err
    [made] = by(REVIEWER, *words, "--json").items
    assert (made["of"], made["by"], made["from"], made["until"]) == (
        REVIEWER,
        STEWARD,
        "2026-11-23",
        "2026-11-30",
    )
    assert made["id"] in by(STEWARD, "deputy", "list").out
    assert by("transport-auditor", "deputy", "list", STEWARD).code == 3
    assert by("jiangyunkai", "deputy", "list", REVIEWER, "--json").items == [made]
    rehearsed = by(REVIEWER, "deputy", "revoke", made["id"], "--dry-run", "--json").document
    assert (rehearsed["dry_run"], rehearsed["items"][0]["revoked_by"]) == (True, REVIEWER)
    assert by(REVIEWER, "deputy", "list", "--json").items == [made]
    assert by("transport-auditor", "deputy", "revoke", made["id"]).code == 3
    assert by(STEWARD, "deputy", "revoke", made["id"], "--json").items[0]["revoked_by"] == STEWARD
    assert by(STEWARD, "deputy", "revoke", "no/such").code == 1
    assert by(REVIEWER, *words[:-1], "2026-11-20").code == 2


def test_leases(desk: Desk, by: As) -> None:
    for name, stage in (("over", "prod"), ("long", "test")):
        lease = {"from": "2026-12-01", "until": "2026-12-31" if name == "over" else "2027-11-30"}
        desk.file(environment(f"transport/{name}", stage=stage, lease=lease))
        brought_up(desk, f"transport/{name}")
    desk.at("2027-01-04 10:00")
    listed = by(STEWARD, "lease", "list", "--json").document
    assert (listed["day"], [one["environment"] for one in listed["items"]]) == (
        "2027-01-04",
        ["transport/over"],
    )
    assert (listed["items"][0]["standing"], listed["items"][0]["days_left"]) == ("ended", -4)
    assert len(by(STEWARD, "lease", "list", "--all", "--json").items) == 2
    assert by(STEWARD, "lease", "list", "--department", "health").code == 3
    assert "待确认 waits for `yunzu lease confirm`" in by("jiangyunkai", "lease", "list").out
    words = ("lease", "tolerate", "transport/over", "--until", "2027-01-31", "--reason", "迁移中")
    assert by("transport-approver", *words).code == 3
    assert "nothing was changed" in by("jiangyunkai", *words, "--dry-run").err
    assert by(STEWARD, "lease", "list", "--json").document == listed
    [done] = by("jiangyunkai", *words, "--json").items
    assert (done["standing"], done["decided_by"], done["reason"]) == ("tolerated", "jiangyunkai", "迁移中")
    assert "迁移中" in by(STEWARD, "lease", "list").out
    assert by("jiangyunkai", *words[:4], "2027-01-01", *words[5:]).code == 2


def test_campaigns(desk: Desk, by: As) -> None:
    for name in ("transport/one", "transport/two"):
        desk.file(environment(name))
        brought_up(desk, name)
    desk.at("2027-11-01 10:00")
    words = ("campaign", "renew", "--until", "2028-12-31", "--answer-by", "2027-11-12")
    assert by(STEWARD, *words).code == 3
    dry = by("jiangyunkai", *words, "--dry-run", "--json").document
    assert (dry["dry_run"], dry["items"][0]["asked"]) == (True, 2)
    assert "no campaign was opened" in by(STEWARD, "campaign", "show").err
    [opened] = by("jiangyunkai", *words, "--json").items
    assert (opened["id"], opened["answer_by"], opened["unanswered"]) == ("renew-2028-12-31", "2027-11-12", 2)
    assert by(STEWARD, "campaign", "answer", opened["id"], "transport/one", "renew", "--no-wait").code == 3
    filed = by(
        "transport-applicant", "campaign", "answer", opened["id"], "transport/one", "renew", "--no-wait"
    )
    assert filed.code == 0, filed
    [one] = by(STEWARD, "campaign", "show", opened["id"], "--unanswered", "--json").items
    assert (one["asked"], one["unanswered"]) == (2, 1)
    assert [(line["environment"], line["answered"]) for line in one["lines"]] == [("transport/two", False)]
    text = by(STEWARD, "campaign", "show", "--unanswered").out
    assert "未答复 unanswered 1/2" in text
    assert "transport/one" not in text
    assert "续期 renew" in by(STEWARD, "campaign", "show").out
    assert by(STEWARD, "campaign", "show", "no-such").code == 1
    assert by("jiangyunkai", "campaign", "renew", "--until", "2027-11-02").code == 2


def test_what_is_said_wrongly_is_a_sentence(served: Served) -> None:
    api: Api = served.bearer(served.token("jiangyunkai"))
    for path in ("/accounts/a%00b", "/accounts/%1b"):
        with pytest.raises(NotFoundError):
            api.get(path)
    with pytest.raises(InvalidInputError):
        api.post("/deputies", {"of": STEWARD, "by": REVIEWER, "from": "today", "until": str(date.max)})
    with pytest.raises(InvalidInputError):
        api.post("/campaigns", {"until": "2028-12-31", "every": True})
    api.close()
