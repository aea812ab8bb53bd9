"""Proofs under way: who finds nobody else proving an environment clears what a broken one left there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from yunzu.records.database import Records, lock_key, translated


@contextmanager
def proving(records: Records, environment: str, *, alone: Callable[[], None]) -> Iterator[None]:
    """Prove an environment for the length of the block, others may at the same time.

    `alone` is called before it if nobody else does; those who begin meanwhile wait for its end. Raises
    UnreachableError.
    """
    with translated(records.postgres):
        session = records.connect("yunzu proof")
    try:
        session.autocommit = True
        key = [lock_key(f"proof of {environment}")]
        with translated(records.postgres):
            row = session.execute("SELECT pg_try_advisory_lock(%s)", key).fetchone()
        is_alone = row is not None and row[0]
        if is_alone:
            alone()
        with translated(records.postgres):
            session.execute("SELECT pg_advisory_lock_shared(%s)", key)
            if is_alone:
                session.execute("SELECT pg_advisory_unlock(%s)", key)
        yield
    finally:
        session.close()
