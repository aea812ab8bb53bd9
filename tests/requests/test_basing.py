"""An old file undoes nothing: what asks for less than is approved says what it was written from, and no rule
shortens a right of use."""

from typing import Any

import pytest

from tests.requests.test_working_copy import delivered as nothing_is_delivered
from tests.requests.test_working_copy import edit, file_of, pulled
from tests.support.api import As
from tests.support.command import Command
from tests.support.office import CENTRE, Desk, environment
from yunzu.errors import RefusedError
from yunzu.model.hashes import content, manifest_hash
from yunzu.model.manifests import Environment
from yunzu.records import requests
from yunzu.services.requests import moving, reading
from yunzu.services.requests.asking import Asking, UndecidedError, ask
from yunzu.services.requests.truth import Truth

__all__ = ["nothing_is_delivered", "pulled"]

PLANS = CENTRE / "plans"
OLD = environment()
RENEWED = environment(lease={"from": "2026-12-01", "until": "2028-11-30"})
LARGER = environment(plan="standard")


def renewed(desk: Desk, to: Environment = RENEWED, item: str = "environment.renew") -> str:
    """The hash of what is approved since the file OLD was written."""
    desk.file(OLD)
    request = desk.file(to, item)
    assert request.decided_hash
    return request.decided_hash


def approved(desk: Desk) -> Environment:
    with desk.office.records.transaction() as connection:
        return Truth(connection).get(Environment, OLD.id)


def count(desk: Desk) -> int:
    with desk.office.records.transaction() as connection:
        return len(requests.listed(connection))


def asking(desk: Desk, **more: Any) -> Asking:
    return Asking(desk.office, desk.person("applicant"), **more)


@pytest.mark.parametrize(
    ("since", "item", "said"),
    [
        (RENEWED, "environment.renew", "the approved manifest says until 2028-11-30, this one 2027-11-30"),
        (LARGER, "environment.resize", "plan small is smaller than the approved standard: cpu 1, not "),
        (
            environment(databases=[{"name": "main"}, {"name": "two"}]),
            "environment.resize",
            "the approved database two is not in it",
        ),
    ],
)
def test_a_file_of_unknown_base_asks_for_nothing_less(
    since: Environment, item: str, said: str, desk: Desk, as_: As
) -> None:
    renewed(desk, since, item)
    before = count(desk)
    for act in (
        lambda: ask(OLD, asking(desk)),
        lambda: as_("applicant", "transport").post("/manifests", {"manifest": content(OLD)}),
        lambda: desk.file(OLD, item, base_hash=None),
    ):
        with pytest.raises(RefusedError) as caught:
            act()
        assert said in caught.value.fact
        assert "yunzu manifests pull" in (caught.value.advice or "")
    assert (count(desk), approved(desk)) == (before, since)


def test_a_smaller_claim_is_less_and_a_larger_one_is_not(desk: Desk) -> None:
    sizes = {size: environment(databases=[{"name": "main", "size": size}]) for size in ("2Gi", "4Gi")}
    desk.file(sizes["2Gi"])
    assert desk.file(sizes["4Gi"], "environment.resize", base_hash=None).state == "granted"
    with pytest.raises(RefusedError, match="database main is smaller than approved"):
        desk.file(sizes["2Gi"], "environment.resize", base_hash=None)
    assert desk.file(OLD, "environment.resize", base_hash=None).state == "granted"  # all of the plan's


@pytest.mark.parametrize("base", [manifest_hash(OLD), "", "0" * 64])
def test_a_file_of_an_older_base_asks_for_nothing_at_all(base: str, desk: Desk, as_: As) -> None:
    renewed(desk)
    before = count(desk)
    longer = environment(lease={"from": "2026-12-01", "until": "2029-11-30"})
    for wanted in (OLD, longer):
        with pytest.raises(RefusedError, match="was not written from what is approved now"):
            ask(wanted, asking(desk, base=base))
        with pytest.raises(RefusedError, match="was not written from what is approved now"):
            as_("applicant", "transport").post("/manifests", {"manifest": content(wanted), "base": base})
    assert count(desk) == before


def test_what_says_what_is_approved_needs_no_base(desk: Desk) -> None:
    renewed(desk)
    assert [one.item for one in ask(RENEWED, asking(desk, base="0" * 64))] == [
        "environment.new",
        "environment.renew",
    ]


def test_who_knows_what_is_approved_gets_less_by_the_rules(desk: Desk) -> None:
    base = renewed(desk, LARGER, "environment.resize")
    assert ask(OLD, asking(desk, base=base))[-1].state == "granted"
    assert approved(desk) == OLD


def test_no_rule_shortens_a_right_of_use(desk: Desk) -> None:
    """Also of who knows what is approved: people decide."""
    base = renewed(desk)
    with pytest.raises(UndecidedError) as caught:
        ask(OLD, asking(desk, base=base))
    number = caught.value.number
    ruling = reading.show(number, actor=desk.officer("auditor"), office=desk.office).request.ruling
    assert ruling is not None
    assert (ruling["rule"], ruling["verdict"]) == ("lease.kept", "people")
    assert "would end on 2027-11-30 instead of 2028-11-30" in ruling["sentence"]
    moving.approve(number, actor=desk.person("reviewer"), office=desk.office)
    assert approved(desk) == RENEWED
    moving.approve(number, actor=desk.officer("operator"), office=desk.office)
    assert approved(desk) == OLD


def test_both_changes_of_one_file_go_by_its_base(desk: Desk) -> None:
    """The second request is written from what the first one has approved."""
    base = renewed(desk)
    both = environment(plan="standard", lease={"from": "2026-12-01", "until": "2029-11-30"})
    found = ask(both, asking(desk, base=base))
    assert [one.item for one in found][-2:] == ["environment.resize", "environment.renew"]
    assert approved(desk) == both


def test_what_was_returned_and_overtaken_is_not_handed_in_unseen(desk: Desk) -> None:
    desk.file(LARGER)
    smaller = desk.file(environment(plan="small", grade=3), "environment.resize")
    assert smaller.state == "submitted"  # it does not fit its plan
    moving.return_(smaller.number, "改", actor=desk.officer("operator"), office=desk.office)
    desk.file(environment(plan="standard", databases=[]), "environment.resize")
    with pytest.raises(RefusedError, match="plan small is smaller than the approved standard"):
        moving.resubmit(smaller.number, OLD, actor=desk.person("applicant"), office=desk.office)


def test_env_apply_sends_the_base_of_a_pulled_file(
    desk: Desk, pulled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = ("env", "apply", OLD.id)
    edit(file_of(pulled), databases=[])
    assert pulled(*apply, YUNZU_PLANS=str(PLANS)).code == 0
    edit(file_of(pulled), buckets=[])  # it was written from what was applied
    assert pulled(*apply, YUNZU_PLANS=str(PLANS)).code == 0
    desk.file(environment(databases=[], buckets=[], lease=RENEWED.lease), "environment.renew")
    before = count(desk)
    ended = pulled(*apply, YUNZU_PLANS=str(PLANS))
    assert (ended.code, count(desk)) == (3, before)
    assert "was not written from what is approved now" in ended.err
    dry = pulled(*apply, "--dry-run", YUNZU_PLANS=str(PLANS))
    assert dry.code == 3
