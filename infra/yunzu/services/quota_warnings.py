"""Tell people when a department's quota, or the centre's capacity, is 80, 90 or 100 % reserved.

Once a crossing: what falls below and fills up again is told again. May run at any time and twice at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from yunzu.model.capacity import Capacity
from yunzu.model.manifests import Department
from yunzu.model.messages import Event, QuotaNotice
from yunzu.model.quotas import (
    POOL_METERS,
    QUOTA_METERS,
    SHARED_METERS,
    Meter,
    department_quota,
    fullness,
    measure,
)
from yunzu.records import grants, quota_levels
from yunzu.records.quota_levels import Level
from yunzu.services.recipients import Recipients, tell
from yunzu.services.requests.office import Office
from yunzu.services.requests.truth import CENTRE, Truth

_EVENTS: dict[int, Event] = {80: "quota_80", 90: "quota_90", 100: "quota_100"}


@dataclass(frozen=True, slots=True)
class _Gauge:
    """One meter of an owner: `department/health`, `pool/tenants-1` or `centre`; who is told of it."""

    owner: str
    about: str
    department: str
    meter: Meter
    used: int
    granted: int
    to: tuple[str, ...]

    @property
    def level(self) -> int:
        percent = fullness(self.used, self.granted)
        return max((one for one in _EVENTS if percent >= one), default=0)


def warn(office: Office) -> int:
    """Tell of every crossing since the last time; how many messages are new.

    A department's applicants, stewards and approvers are told of its quota, and of a full one the operators
    too; of pools, the cluster and the object store the operators.
    """
    new = 0
    with office.records.transaction() as connection:
        grants.lock(connection)
        known = quota_levels.listed(connection)
        for gauge in _gauges(connection):
            before = known.get((gauge.owner, gauge.meter), Level())
            if gauge.level == before.level:
                continue
            rises = gauge.level > before.level
            after = Level(gauge.level, before.crossing + rises)
            quota_levels.put(connection, gauge.owner, gauge.meter, after)
            if rises:
                new += _tell(connection, gauge, after)
    return new


def _tell(connection: Connection, gauge: _Gauge, level: Level) -> int:
    used, unit = measure(gauge.meter, gauge.used)
    payload = QuotaNotice(
        department=gauge.department,
        about=gauge.about,
        meter=gauge.meter,
        used=used,
        granted=measure(gauge.meter, gauge.granted)[0],
        unit=unit,
        percent=fullness(gauge.used, gauge.granted),
    )
    subject = f"{gauge.owner}/{gauge.meter}/{level.level}/{level.crossing}"
    return tell(connection, _EVENTS[level.level], payload, subject=subject, to=gauge.to)


def _gauges(connection: Connection) -> Iterator[_Gauge]:
    truth = Truth(connection)
    recipients = Recipients(truth)
    capacity = truth.find(Capacity, CENTRE)
    for identifier, department in sorted(truth.all(Department).items()):
        quota = department_quota(department, capacity)
        reserved = grants.of_department(connection, identifier)
        for meter in QUOTA_METERS:
            if meter not in quota:
                continue
            used, granted = reserved.get(meter, 0), quota[meter]
            operators = recipients.operators if fullness(used, granted) >= 100 else ()
            to = (*recipients.of_department(identifier), *operators)
            owner = f"department/{identifier}"
            yield _Gauge(owner, identifier, identifier, meter, used, granted, to)
    if capacity is not None:
        yield from _of_centre(capacity, grants.by_pool(connection), recipients.operators)


def _of_centre(
    capacity: Capacity, reserved: dict[str, grants.Amounts], operators: tuple[str, ...]
) -> Iterator[_Gauge]:
    """Each pool's databases and connections, and what all pools' environments share."""
    for pool in capacity.pools:
        limits = capacity.promisable(pool)
        for meter in POOL_METERS:
            used = reserved.get(pool, {}).get(meter, 0)
            yield _Gauge(f"pool/{pool}", pool, CENTRE, meter, used, limits[meter], operators)
    limits = capacity.promisable(next(iter(capacity.pools)))
    for meter in SHARED_METERS:
        used = sum(amounts.get(meter, 0) for amounts in reserved.values())
        yield _Gauge(CENTRE, CENTRE, CENTRE, meter, used, limits[meter], operators)
