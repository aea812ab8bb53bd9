"""Proofs under way: who finds nobody else proving an environment clears what a broken one left there."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from yunzu.records.database import Records, translated


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
        key = [_key(environment)]
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


def _key(environment: str) -> int:
    """64 bits, signed, of the environment's id; two that met would only leave what is left a while longer."""
    return int.from_bytes(hashlib.sha256(f"proof of {environment}".encode()).digest()[:8], "big", signed=True)
