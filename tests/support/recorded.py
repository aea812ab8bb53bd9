"""Environments as deliveries leave them in the records, without servers."""

from datetime import date

from tests.support.engine import CENTRE
from tests.support.office import Desk
from yunzu import naming
from yunzu.records import claims
from yunzu.records import environments as registry

LEASE = (date(2026, 12, 1), date(2027, 11, 30))


def brought_up(
    desk: Desk,
    identifier: str,
    *names: tuple[str, str],
    lease: tuple[date, date] = LEASE,
    plan: str = "small",
) -> str:
    """An environment as a delivery leaves it in the records; returns its uid."""
    records = desk.office.records
    of, name = identifier.split("/")
    found = registry.enrol(records, CENTRE, of, name, plan=plan, lease_from=lease[0], lease_until=lease[1])
    for kind, claim in names or (("database", "main"), ("bucket", "main")):
        external = getattr(naming, kind)(CENTRE, found.uid, claim)
        claims.record(records, found.uid, kind, claim, external)  # type: ignore[arg-type]
    registry.mark_active(records, found.uid, applied_hash="0" * 64)
    return found.uid
