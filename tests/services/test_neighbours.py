"""Which neighbours' doors are tried: all in a small centre; a sample and every look-alike in a large one."""

import pytest

from yunzu import naming
from yunzu.services.inventory import Entry
from yunzu.services.neighbours import ALL_UP_TO, SAMPLE, chosen


def entry(identifier: str) -> Entry:
    department, name = identifier.split("/")
    namespace = naming.namespace(department, name)
    return Entry(identifier, "", department, name, namespace, "small", "active", None, None, (), ())


def ids(own: str, others: list[str]) -> list[str]:
    return [one.id for one in chosen(entry(own), [entry(other) for other in others])]


STRANGERS = [f"office-{letter}{letter}/prod" for letter in "zyxwvutsrqponml"]


def test_in_a_small_centre_every_neighbour_is_tried_in_order() -> None:
    for count in range(ALL_UP_TO + 1):
        assert ids("dept-a/prod", STRANGERS[:count]) == sorted(STRANGERS[:count])


LOOK_ALIKES = [
    "dept-a-2/prod",
    "dept-a2/prod",
    "dept-a2/test",
    "dept/beds",
    "dept-a/prod-2",
    "dept-a/pro",
    "de-pta/prod",
    "dept/a-prod",
]


def test_in_a_large_centre_every_look_alike_and_a_sample_of_the_rest() -> None:
    found = ids("dept-a/prod", STRANGERS + LOOK_ALIKES)
    assert set(LOOK_ALIKES) <= set(found)
    assert len(set(found)) == len(found) == len(LOOK_ALIKES) + SAMPLE
    assert found == sorted(found)


def test_look_alikes_are_found_from_either_side() -> None:
    for own in LOOK_ALIKES:
        assert "dept-a/prod" in ids(own, [*STRANGERS, "dept-a/prod"])


@pytest.mark.parametrize("other", ["dept-a/test", "dept-b/prod", "a-dept/prod", "office/prod"])
def test_what_merely_shares_a_part_is_no_look_alike(other: str) -> None:
    """It is tried as often as any stranger, which is not every time."""
    assert not all(other in ids("dept-a/prod", [*STRANGERS, other]) for _ in range(100))


def test_the_sample_differs_from_run_to_run_and_reaches_everybody() -> None:
    tried = [ids("dept-a/prod", STRANGERS) for _ in range(200)]
    assert all(len(one) == SAMPLE for one in tried)
    assert {other for one in tried for other in one} == set(STRANGERS)


def test_one_more_than_a_small_centre_is_a_sample() -> None:
    assert len(ids("dept-a/prod", STRANGERS[: ALL_UP_TO + 1])) == SAMPLE
