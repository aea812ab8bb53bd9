"""Environments: a uid minted once, and a state that says how far it has come.

`provisioning` → `active`, `suspended` or `failed` → `destroyed` (its data retained) → `erased`. The uid
survives `destroyed`: a later apply finds its data. An erased environment stays as a tombstone; its name
gets a new uid only after somebody has found everything of the old one gone.

Whether an environment is to be suspended is a fact of its own, `suspended_at`, because `provisioning`,
`failed` and `destroyed` would forget it. Only who says so lifts it.

`by` is the writer of the environment's stack: what one says that was overtaken is refused with FencedError.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from yunzu import naming
from yunzu.errors import NotFoundError, RefusedError
from yunzu.records.database import Records
from yunzu.records.fencing import Writer
from yunzu.records.schema import environments as table


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment as recorded; moments are in UTC."""

    uid: str
    centre: str
    department: str
    name: str
    plan: str
    state: str
    lease_from: date | None
    lease_until: date | None
    applied_hash: str | None
    created_at: datetime
    applied_at: datetime | None
    destroyed_at: datetime | None
    erased_at: datetime | None
    emptied_at: datetime | None
    suspended_at: datetime | None
    next_end: date | None

    @property
    def id(self) -> str:
        return naming.environment_id(self.department, self.name)

    @property
    def suspended(self) -> bool:
        """Whether its use is to be suspended."""
        return self.suspended_at is not None


def enrol(
    records: Records,
    centre: str,
    department: str,
    name: str,
    *,
    plan: str,
    lease_from: date | None = None,
    lease_until: date | None = None,
    suspended: bool | None = None,
) -> Environment:
    """The environment of that name, now `provisioning`, with its plan and lease as given; minted if new.

    `suspended` None leaves it suspended or not, as it was; True keeps the moment of an earlier suspension.
    Raises RefusedError when it is another centre's, or an erased one of that name may have left data.
    """
    with records.transaction() as connection:
        lock = func.hashtextextended(f"enrol {department}/{name}", 0)
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
        known = _living(connection, department, name)
        values: dict[str, object] = {"plan": plan, "lease_from": lease_from, "lease_until": lease_until}
        values["state"] = "provisioning"
        if suspended is not None:
            earlier = known.suspended_at if known else None
            values["suspended_at"] = (earlier or func.now()) if suspended else None
        if known is not None:
            _refuse_other_centre(known, centre)
            change = update(table).where(table.c.uid == known.uid).values(destroyed_at=None, **values)
            return _environment(connection.execute(change.returning(table)).mappings().one())
        _refuse_left_over(connection, department, name)
        uid = naming.mint_environment_uid()
        fresh = insert(table).values(uid=uid, centre=centre, department=department, name=name, **values)
        return _environment(connection.execute(fresh.returning(table)).mappings().one())


def find(records: Records, department: str, name: str) -> Environment:
    """The environment of that name. Raises NotFoundError when there is none or it was erased."""
    with records.transaction() as connection:
        found = _living(connection, department, name)
    if found is None:
        raise NotFoundError(
            naming.environment_id(department, name),
            "is not in the records",
            "`yunzu env list` shows what is; `yunzu env apply` brings up what has a manifest",
        )
    return found


def uid_of_stack(records: Records, stack: str) -> str | None:
    """The uid of the environment that a stack is of; None where there is none, or it was erased."""
    department, _, name = stack.partition("--")
    with records.transaction() as connection:
        found = _living(connection, department, name)
    return found.uid if found else None


def listed(records: Records) -> list[Environment]:
    """All environments but erased ones, by department and name."""
    query = select(table).where(table.c.state != "erased").order_by(table.c.department, table.c.name)
    with records.transaction() as connection:
        return [_environment(row) for row in connection.execute(query).mappings()]


def mark_active(
    records: Records, uid: str, *, applied_hash: str, next_end: date | None = None, by: Writer | None = None
) -> None:
    """Its manifest of that hash is applied and verified, and all of it holds until `next_end`."""
    _applied(records, uid, by, state="active", applied_hash=applied_hash, next_end=next_end)


def mark_suspended(
    records: Records, uid: str, *, applied_hash: str, next_end: date | None = None, by: Writer | None = None
) -> None:
    """Like `mark_active`, and its logins and workloads are off. Needs `begin_suspension`."""
    _applied(records, uid, by, state="suspended", applied_hash=applied_hash, next_end=next_end)


def _applied(records: Records, uid: str, by: Writer | None, **values: object) -> None:
    _change(records, uid, by, applied_at=func.now(), **values)


def with_something_ended(connection: Connection, day: date) -> list[str]:
    """Ids of those that are up, and of which something that was delivered holds no more on a day."""
    up = table.c.state.in_(("active", "suspended", "failed"))
    query = select(table).where(up, table.c.next_end < day).order_by(table.c.department, table.c.name)
    return [_environment(row).id for row in connection.execute(query).mappings()]


def mark_failed(records: Records, uid: str, *, by: Writer | None = None) -> None:
    """The last apply ended in an error; applying again goes on from there."""
    _change(records, uid, by, state="failed")


def mark_destroyed(records: Records, uid: str, *, by: Writer | None = None) -> None:
    """Its home is gone; what `claims.retained` lists is kept."""
    _change(records, uid, by, state="destroyed", applied_hash=None, destroyed_at=func.now())


def mark_erased(records: Records, uid: str, *, emptied: bool = False, by: Writer | None = None) -> None:
    """Its data are gone too. The row stays as a tombstone; `emptied` says that nothing of it was found."""
    found = {"emptied_at": func.now()} if emptied else {}
    _change(records, uid, by, state="erased", erased_at=func.now(), destroyed_at=func.now(), **found)


def mark_emptied(records: Records, uid: str) -> None:
    """Nothing of the erased environment was found on any server: its name may be given again."""
    _change(records, uid, None, emptied_at=func.now())


def _change(records: Records, uid: str, by: Writer | None, **values: object) -> None:
    with records.transaction() as connection:
        if by is not None:
            by.guard(connection)
        changed = connection.execute(update(table).where(table.c.uid == uid).values(**values)).rowcount
    if changed == 0:
        raise NotFoundError(f"environment {uid}", "is not in the records")


def _living(connection: Connection, department: str, name: str) -> Environment | None:
    query = select(table).where(
        table.c.department == department, table.c.name == name, table.c.state != "erased"
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _environment(row)


def _environment(row: RowMapping) -> Environment:
    return Environment(**row)


def _refuse_other_centre(known: Environment, centre: str) -> None:
    if known.centre != centre:
        raise RefusedError(
            known.id, f"was recorded by centre {known.centre}, this is centre {centre}", "use its own centre"
        )


def _refuse_left_over(connection: Connection, department: str, name: str) -> None:
    query = select(table.c.uid).where(
        table.c.department == department,
        table.c.name == name,
        table.c.state == "erased",
        table.c.emptied_at.is_(None),
    )
    left = connection.execute(query).scalars().first()
    if left is not None:
        raise RefusedError(
            naming.environment_id(department, name),
            f"an erased environment of that name ({left}) was not yet verified empty",
            "finish its erasure with `yunzu env destroy --erase-data`",
        )
