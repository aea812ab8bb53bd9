"""Rules: they decide what they have every figure for, count nothing twice, and leave the rest to people."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model.test_capacity import CAPACITY, capacity
from tests.model.test_quotas import AMOUNTS, plan
from yunzu.findings import Finding
from yunzu.model.labels import RULE_LABELS, VERDICT_LABELS
from yunzu.model.manifests import Environment
from yunzu.model.plans import Plan
from yunzu.model.quotas import NOTHING, QUOTA_METERS, Amounts, Meter, plan_amounts, total
from yunzu.model.reading import parse_manifest
from yunzu.model.rules import (
    RULES,
    RuleName,
    Ruling,
    Verdict,
    capacity_fits,
    manifest_valid,
    not_production,
    quota_fits,
    self_service,
    standard_environment,
    within_limit,
)

PLENTY: Amounts = dict.fromkeys(NOTHING, 2**60)
POOLS = {"tenants-1": NOTHING}
FIGURES = ("quota", "reserved", "wanted", "held")
QUOTA_METER = st.sampled_from(QUOTA_METERS)


def without(amounts: Amounts, meter: Meter) -> Amounts:
    return {one: value for one, value in amounts.items() if one != meter}


def with_(amounts: Amounts, **values: int) -> Amounts:
    return {**amounts, **values}  # type: ignore[dict-item]  # names of meters


def test_every_rule_has_a_version_and_a_label() -> None:
    assert tuple(RULES) == get_args(RuleName)
    assert set(RULE_LABELS) == set(RULES)
    assert set(VERDICT_LABELS) == set(get_args(Verdict))
    assert all(version >= 1 for version in RULES.values())


class TestQuota:
    @given(AMOUNTS, AMOUNTS, AMOUNTS)
    def test_a_new_environment_fits_when_the_sum_does(
        self, quota: Amounts, reserved: Amounts, wanted: Amounts
    ) -> None:
        ruling = quota_fits(quota=quota, reserved=reserved, wanted=wanted)
        fits = all(reserved[m] + wanted[m] <= quota[m] or not wanted[m] for m in QUOTA_METERS)
        assert ruling.verdict == ("grant" if fits else "people")

    @given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
    def test_an_edit_is_ruled_as_if_the_old_value_had_been_given_back(
        self, quota: Amounts, others: Amounts, wanted: Amounts, held: Amounts
    ) -> None:
        edit = quota_fits(quota=quota, reserved=total([others, held]), wanted=wanted, held=held)
        new = quota_fits(quota=quota, reserved=others, wanted=wanted)
        shrinks = all(wanted[m] <= held[m] for m in QUOTA_METERS)
        if shrinks or new.verdict == "grant":
            assert edit.verdict == "grant"
        elif all(wanted[m] > held[m] for m in QUOTA_METERS):
            assert edit.verdict == new.verdict

    @given(AMOUNTS, AMOUNTS)
    def test_keeping_what_one_has_always_fits(self, quota: Amounts, held: Amounts) -> None:
        assert quota_fits(quota=quota, reserved=held, wanted=held, held=held).verdict == "grant"

    @given(AMOUNTS, AMOUNTS, QUOTA_METER, st.integers(1, 2**40))
    def test_the_edge_is_exact(self, reserved: Amounts, wanted: Amounts, meter: Meter, over: int) -> None:
        quota = total([reserved, wanted])
        assert quota_fits(quota=quota, reserved=reserved, wanted=wanted).verdict == "grant"
        ruling = quota_fits(
            quota=quota, reserved=reserved, wanted=with_(wanted, **{meter: wanted[meter] + over})
        )
        assert ruling.verdict == "people"
        assert f"{meter} would be " in ruling.sentence

    @given(QUOTA_METER, st.sampled_from(FIGURES))
    def test_a_missing_measurement_never_decides(self, meter: Meter, lost: str) -> None:
        figures = {"quota": PLENTY, "reserved": NOTHING, "wanted": NOTHING, "held": NOTHING}
        assert quota_fits(**figures).verdict == "grant"
        figures[lost] = without(figures[lost], meter)
        ruling = quota_fits(**figures)
        assert ruling.verdict == "people"
        assert f"{meter} has no figure for {'limit' if lost == 'quota' else lost}" in ruling.sentence

    def test_no_measurement_at_all_never_decides(self) -> None:
        assert quota_fits(quota=None, reserved=NOTHING, wanted=NOTHING).verdict == "people"
        assert quota_fits(quota=PLENTY, reserved=None, wanted=NOTHING).verdict == "people"

    @given(QUOTA_METER)
    def test_figures_that_contradict_each_other_never_decide(self, meter: Meter) -> None:
        held = with_(NOTHING, **{meter: 5})
        reserved = with_(NOTHING, **{meter: 4})
        ruling = quota_fits(quota=PLENTY, reserved=reserved, wanted=NOTHING, held=held)
        assert ruling.verdict == "people"
        assert f"{meter} reserved in all is less than" in ruling.sentence

    def test_it_says_by_which_figures(self) -> None:
        small = plan_amounts(plan("small"))
        ruling = quota_fits(quota=with_(PLENTY, memory=3 * 2**30), reserved=small, wanted=small)
        assert ruling.sentence == "the department's quota is not enough: memory would be 4Gi of 3Gi"
        assert (ruling.rule, ruling.version) == ("quota.fits", 1)
        assert ruling.inputs["memory.limit"] == 3 * 2**30
        assert ruling.inputs["memory.reserved"] == ruling.inputs["memory.wanted"] == 2 * 2**30
        assert ruling.inputs["memory.held"] == 0
        assert len(ruling.inputs) == 4 * len(QUOTA_METERS)


def room(**more: str) -> str:
    """A capacity with one standard plan's room in the pool tenants-1 and plenty elsewhere."""
    text = CAPACITY.replace("database: 10Gi, connections: 200", "database: 100Gi, connections: 60")
    text = text.replace('overcommit: {cpu: "1.5", connections: 3}\n', "")
    for old, new in more.items():
        text = text.replace(old, new)
    return text


def moved(one: Plan, pool: str) -> Plan:
    return one.model_copy(update={"pool": pool})


class TestCapacity:
    def test_an_empty_pool_has_room_up_to_the_edge(self) -> None:
        have, standard = capacity(room()), plan("standard")
        assert capacity_fits(capacity=have, plan=standard, reserved=POOLS).verdict == "grant"
        one = {"tenants-1": with_(NOTHING, connections=1)}
        ruling = capacity_fits(capacity=have, plan=standard, reserved=one)
        assert ruling.verdict == "wait"
        assert ruling.sentence == "room in tenants-1 is not enough: connections would be 61 of 60"

    def test_an_edit_does_not_count_the_old_value_twice(self) -> None:
        have, standard, small = capacity(room()), plan("standard"), plan("small")
        full = {"tenants-1": plan_amounts(standard)}
        assert capacity_fits(capacity=have, plan=standard, reserved=full).verdict == "wait"
        assert capacity_fits(capacity=have, plan=standard, reserved=full, held=standard).verdict == "grant"
        grown = {"tenants-1": plan_amounts(small)}
        assert capacity_fits(capacity=have, plan=standard, reserved=grown, held=small).verdict == "grant"
        two = {"tenants-1": total([plan_amounts(small), plan_amounts(small)])}
        assert capacity_fits(capacity=have, plan=standard, reserved=two, held=small).verdict == "wait"

    def test_shrinking_fits_even_where_too_much_is_promised(self) -> None:
        over = {"tenants-1": total([plan_amounts(plan("standard"))] * 3)}
        ruling = capacity_fits(
            capacity=capacity(room()), plan=plan("small"), reserved=over, held=plan("standard")
        )
        assert ruling.verdict == "grant"

    def test_a_move_to_another_pool_needs_room_there_and_gives_back_only_what_is_shared(self) -> None:
        two = room().replace("pools:\n", "pools:\n  tenants-2: {database: 100Gi, connections: 60}\n")
        two = two.replace('cluster: {cpu: "128"', "cluster: {cpu: 4")
        standard = plan("standard")
        reserved = {"tenants-1": plan_amounts(standard), "tenants-2": NOTHING}
        there = moved(standard, "tenants-2")
        ruling = capacity_fits(capacity=capacity(two), plan=there, reserved=reserved, held=standard)
        assert ruling.verdict == "grant"  # all 4 cores are its own
        assert capacity_fits(capacity=capacity(two), plan=there, reserved=reserved).verdict == "wait"
        full = {"tenants-1": plan_amounts(standard), "tenants-2": with_(NOTHING, connections=1)}
        ruling = capacity_fits(capacity=capacity(two), plan=there, reserved=full, held=standard)
        assert ruling.verdict == "wait"

    def test_the_cluster_is_shared_by_all_pools(self) -> None:
        two = room().replace("pools:\n", "pools:\n  tenants-2: {database: 1Ti, connections: 60}\n")
        reserved = {"tenants-1": NOTHING, "tenants-2": with_(NOTHING, pods=1951)}
        ruling = capacity_fits(capacity=capacity(two), plan=plan("standard"), reserved=reserved)
        assert ruling.sentence.endswith("pods would be 2001 of 2000")
        assert ruling.verdict == "wait"

    @pytest.mark.parametrize(
        "meter", ["cpu", "memory", "storage", "pods", "bucket", "database", "connections"]
    )
    def test_every_meter_can_be_full_and_must_be_measured(self, meter: Meter) -> None:
        have, small = capacity(room()), plan("small")
        full = {"tenants-1": with_(NOTHING, **{meter: have.promisable("tenants-1")[meter]})}
        ruling = capacity_fits(capacity=have, plan=small, reserved=full)
        assert (ruling.verdict, f"{meter} would be " in ruling.sentence) == ("wait", True)
        lost = {"tenants-1": without(NOTHING, meter)}
        ruling = capacity_fits(capacity=have, plan=small, reserved=lost)
        assert (ruling.verdict, f"{meter} has no figure for reserved" in ruling.sentence) == ("people", True)

    def test_what_is_not_known_never_decides(self) -> None:
        have, small = capacity(room()), plan("small")
        two = capacity(room().replace("pools:\n", "pools:\n  tenants-2: {database: 1Ti, connections: 60}\n"))
        elsewhere, one = moved(small, "tenants-9"), plan_amounts(small)
        for ruling in (
            capacity_fits(capacity=None, plan=small, reserved=POOLS),
            capacity_fits(capacity=have, plan=small, reserved=None),
            capacity_fits(capacity=have, plan=small, reserved={}),
            capacity_fits(capacity=have, plan=elsewhere, reserved=POOLS),
            capacity_fits(capacity=have, plan=elsewhere, reserved={**POOLS, "tenants-9": NOTHING}),
            capacity_fits(capacity=two, plan=small, reserved=POOLS),
            capacity_fits(capacity=have, plan=small, reserved=POOLS, held=elsewhere),
            capacity_fits(capacity=have, plan=small, reserved=POOLS, held=small),
            capacity_fits(capacity=have, plan=small, reserved={"tenants-1": one}, held=elsewhere),
        ):
            assert ruling.verdict == "people", ruling.sentence

    @given(st.integers(0, 12), st.integers(0, 12))
    def test_grants_one_after_the_other_never_overshoot(self, smalls: int, standards: int) -> None:
        have = capacity(
            room().replace("database: 100Gi, connections: 60", "database: 300Gi, connections: 240")
        )
        granted: list[Amounts] = []
        for one in [plan("small")] * smalls + [plan("standard")] * standards:
            reserved = {"tenants-1": total([NOTHING, *granted])}
            if capacity_fits(capacity=have, plan=one, reserved=reserved).verdict == "grant":
                granted.append(plan_amounts(one))
        promisable = have.promisable("tenants-1")
        sums = total([NOTHING, *granted])
        assert all(sums[meter] <= promisable[meter] for meter in sums if meter in promisable)
        one_more = total([sums, plan_amounts(plan("standard"))])
        is_full = any(one_more[meter] > promisable[meter] for meter in sums if meter in promisable)
        assert len(granted) == smalls + standards or is_full


ENVIRONMENT = """\
kind: Environment
id: health/beds
system: {{zh: 床位管理系统}}
stage: {stage}
plan: small
lease: {{from: 2026-12-01, until: 2027-11-30}}
"""


@pytest.mark.parametrize(("stage", "verdict"), [("dev", "grant"), ("test", "grant"), ("prod", "people")])
def test_production_is_left_to_people(stage: str, verdict: str) -> None:
    environment, _ = parse_manifest(Environment, ENVIRONMENT.format(stage=stage), "x")
    assert environment
    ruling = not_production(environment)
    assert (ruling.verdict, ruling.inputs["stage"]) == (verdict, stage)


def test_self_service_is_the_plans_word() -> None:
    assert self_service(plan("small")).verdict == "grant"
    assert self_service(plan("large")).verdict == "people"
    assert self_service(plan("large")).inputs == {"plan": "large", "self_service": False}


def test_a_manifest_with_findings_is_left_to_people() -> None:
    assert manifest_valid([]).verdict == "grant"
    ruling = manifest_valid([Finding("b.yaml", "plan", "x", "second"), Finding("a.yaml", "id", "x", "first")])
    assert (ruling.verdict, ruling.inputs) == ("people", {"findings": 2})
    assert ruling.sentence == "the manifest has 2 findings: a.yaml:id: first"


def rulings(service: Verdict, quota: Verdict, room: Verdict, limit: Verdict = "grant") -> list[Ruling]:
    said: dict[RuleName, Verdict] = {"plan.self_service": service, "quota.fits": quota}
    said |= {"capacity.fits": room, "amount.within_limit": limit}
    return [Ruling(name, 1, verdict, {}, f"{name} says {verdict}") for name, verdict in said.items()]


@pytest.mark.parametrize("limit", ["grant", "people"])
@pytest.mark.parametrize("room", ["grant", "people", "wait"])
@pytest.mark.parametrize("quota", ["grant", "people"])
@pytest.mark.parametrize("service", ["grant", "people"])
def test_a_standard_case_is_as_careful_as_its_most_careful_rule(
    service: Verdict, quota: Verdict, room: Verdict, limit: Verdict
) -> None:
    ruling = standard_environment(rulings(service, quota, room, limit))
    verdicts = (service, quota, room, limit)
    assert ruling.verdict == max(verdicts, key=("grant", "wait", "people").index)
    assert ruling.inputs["quota.fits"] == quota
    assert f"says {ruling.verdict}" in ruling.sentence


def test_a_standard_case_needs_all_four() -> None:
    every = rulings("grant", "grant", "grant")
    for absent in range(4):
        ruling = standard_environment(every[:absent] + every[absent + 1 :])
        assert ruling.verdict == "people"
        assert every[absent].rule in ruling.sentence
    assert standard_environment([]).verdict == "people"


def test_a_ruling_is_json_and_says_the_same_again() -> None:
    def rule() -> Ruling:
        small = plan("small")
        parts = [
            self_service(small),
            quota_fits(quota=PLENTY, reserved=NOTHING, wanted=plan_amounts(small)),
            capacity_fits(capacity=capacity(room()), plan=small, reserved=POOLS),
            within_limit(small, {"cpu": 1000}),
        ]
        return standard_environment(parts)

    assert rule() == rule()
    assert rule().verdict == "grant"
    assert json.loads(json.dumps(dict(rule().inputs))) == rule().inputs
