"""Up to which amounts one approver is enough, by a truth table."""

import pytest

from tests.support.office import CENTRE
from yunzu.model.quotas import Meter, four_eyes_limit
from yunzu.model.rules import within_limit
from yunzu.services.centre_manifests import CentreFiles, read_centre
from yunzu.services.manifests import load_plans

PLANS = load_plans(CENTRE / "plans")


@pytest.mark.parametrize("memory", [None, 2**31 - 1, 2**31])
@pytest.mark.parametrize("cpu", [None, 999, 1000])
def test_one_approver_is_enough_up_to_the_limit(cpu: int | None, memory: int | None) -> None:
    """The plan small has 1000 millicores and 2 GiB: on the limit is within it."""
    given: dict[Meter, int | None] = {"cpu": cpu, "memory": memory}
    ruling = within_limit(PLANS["small"], {name: most for name, most in given.items() if most is not None})
    above = [name for name, most in given.items() if most in (999, 2**31 - 1)]
    assert ruling.verdict == ("people" if above else "grant")
    assert all(f"{name} " in ruling.sentence for name in above)


def test_the_limit_is_the_capacitys_word() -> None:
    capacity = read_centre(CentreFiles(capacity=CENTRE / "capacity.yaml"), []).capacity
    assert capacity
    assert four_eyes_limit(capacity)["cpu"] == 64_000
    without = capacity.model_copy(update={"four_eyes": None})
    assert four_eyes_limit(without) == four_eyes_limit(None) == {}
    assert within_limit(PLANS["large"], {}).verdict == "grant"
