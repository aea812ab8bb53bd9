"""Amounts of what is reserved, in whole units: millicores, bytes, counts. Nothing is rounded or guessed.

A meter that is missing from an amount was not measured, which is never the same as zero.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, get_args

from yunzu.model.capacity import Capacity
from yunzu.model.manifests import Department
from yunzu.model.plans import Plan
from yunzu.model.quantities import millicores, size_in_bytes, size_text

Meter = Literal[
    "cpu", "memory", "storage", "database", "connections", "bucket", "objects", "pods", "environments"
]
Amounts = Mapping[Meter, int]
"""Meter -> millicores (cpu), bytes (memory, storage, database, bucket) or a count."""

METERS: tuple[Meter, ...] = get_args(Meter)
QUOTA_METERS: tuple[Meter, ...] = tuple(meter for meter in METERS if meter != "connections")
POOL_METERS: tuple[Meter, ...] = ("database", "connections")
SHARED_METERS: tuple[Meter, ...] = ("cpu", "memory", "storage", "pods", "bucket")
"""Meters of the cluster and the object store, which all pools' environments share."""

NOTHING: Amounts = dict.fromkeys(METERS, 0)
_BYTES = frozenset({"memory", "storage", "database", "bucket"})


def plan_amounts(plan: Plan) -> Amounts:
    """What one environment on the plan reserves.

    The whole plan counts, whatever of it the environment claims: its department may claim the rest any day.
    CPU and memory are the plan's `requests`, which the scheduler keeps free; limits are not reserved.
    """
    return {
        "cpu": millicores(plan.requests.cpu),
        "memory": size_in_bytes(plan.requests.memory),
        "storage": size_in_bytes(plan.storage),
        "database": size_in_bytes(plan.database.size),
        "connections": plan.database.connections,
        "bucket": size_in_bytes(plan.bucket.bytes),
        "objects": sum(plan.objects.values()),
        "pods": plan.pods,
        "environments": 1,
    }


def total(parts: Iterable[Amounts]) -> Amounts:
    """The sum, meter by meter. What one part lacks the sum lacks: half a measurement is none."""
    listed = list(parts)
    return {
        meter: sum(part[meter] for part in listed)
        for meter in METERS
        if all(meter in part for part in listed)
    }


def department_quota(department: Department, capacity: Capacity | None) -> Amounts:
    """The quota in force: what the department's manifest says, else the centre's default.

    Without a Capacity only what the manifest says is there.
    """
    texts: dict[str, str | int] = capacity.default_quota.model_dump() if capacity else {}
    if department.quota:
        texts |= department.quota.model_dump(exclude_none=True)
    return {meter: _whole(meter, texts[meter]) for meter in QUOTA_METERS if meter in texts}


def four_eyes_limit(capacity: Capacity | None) -> Amounts:
    """Up to which amounts one approver is enough; a meter that is not there has no such limit."""
    texts = capacity.four_eyes.model_dump(exclude_none=True) if capacity and capacity.four_eyes else {}
    return {meter: _whole(meter, texts[meter]) for meter in QUOTA_METERS if meter in texts}


def _whole(meter: Meter, value: str | int) -> int:
    if isinstance(value, int):
        return value
    return millicores(value) if meter == "cpu" else size_in_bytes(value)


def fullness(used: int, granted: int) -> int:
    """Percent of what is granted that is used, rounded down: 100 is full. Nothing of nothing is empty."""
    if granted <= 0:
        return 100 if used > 0 else 0
    return used * 100 // granted


def measure(meter: Meter, value: int) -> tuple[str, str]:
    """An amount as a decimal number and its unit: `1.5` cores, `10` GiB, `20` pods."""
    if meter == "cpu":
        return _plain(Decimal(value) / 1000), "cores"
    if meter in _BYTES:
        return _plain((Decimal(value) / 2**30).quantize(Decimal("0.01"))), "GiB"
    return str(value), meter


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def amount_text(meter: Meter, value: int) -> str:
    """An amount as people read it: `1500m`, `10Gi`, `20`."""
    if meter == "cpu":
        return f"{value}m" if value % 1000 else str(value // 1000)
    return size_text(value) if meter in _BYTES else str(value)
