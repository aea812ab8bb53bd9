"""Go on where a run was cut short, with no step for the user.

What may be left: the CLI of an overtaken writer, Pulumi's own lock, and creations that were begun.
"""

import json
import socket
from base64 import b64decode
from datetime import datetime
from typing import Any

from sqlalchemy import text

from yunzu.errors import RefusedError
from yunzu.records.children import started_at
from yunzu.records.database import Records
from yunzu.records.fencing import Writer
from yunzu_stacks.state import Checkpoint, Identify, Stack, lock_prefix, store

_CLOCK_SLACK_S = 2.0  # between a process's start as /proc gives it and the lock's own time


def settle(
    records: Records, stack: Stack, checkpoint: Checkpoint, writer: Writer, identify: Identify
) -> Checkpoint:
    """Make the stack ready for a run; returns its state, in which nothing is pending.

    A creation that was begun is entered as done: the refresh sees what of it is there and ours, so that the
    run finishes it, or removes it where the program names it no more. Where its identifier is not known
    before, it is dropped. Changes and deletions that were begun are seen by the refresh too.
    Raises RefusedError when another process works on the stack.
    """
    end_overtaken(writer)
    remove_dead_locks(records, stack, writer)
    if not checkpoint.pending:
        return checkpoint
    clean = checkpoint.settled(identify)
    store(records, stack, clean, writer)
    return clean


def end_overtaken(writer: Writer) -> None:
    """Wait until the CLI of the writer before us is gone, ending it if it is not.

    It cannot write any more, and on another machine its side effects are refused; on this one nothing
    of it need be left to trust in that.
    """
    child = writer.overtaken_child
    if child is not None and not child.end():
        raise RefusedError(
            writer.stack, f"the earlier run's Pulumi CLI (process {child.pid}) does not end", "end it by hand"
        )
    writer.overtaken_child = None


def remove_dead_locks(records: Records, stack: Stack, writer: Writer) -> None:
    """Remove Pulumi's own locks whose owners are dead, or on another machine and overtaken.

    Raises RefusedError naming an owner that is alive on this machine; its lock stays.
    """
    query = text(
        "SELECT key, data ->> 'data', token FROM pulumi.pulumi_state WHERE starts_with(key, :prefix)"
    )
    with records.transaction() as connection:
        rows = connection.execute(query, {"prefix": lock_prefix(stack.name)}).all()
        connection.execute(
            text("SELECT set_config('yunzu.fence', :token, true)"), {"token": str(writer.token)}
        )
        for key, data, token in rows:
            lock = json.loads(b64decode(data))
            if _owner_alive(lock) or (token or 0) >= writer.token:
                raise _locked(stack, lock)
            connection.execute(text("DELETE FROM pulumi.pulumi_state WHERE key = :key"), {"key": key})


def _owner_alive(lock: dict[str, Any]) -> bool:
    if lock["hostname"] != socket.gethostname():
        return False  # its token is lower than ours: whatever it does, it cannot write
    begun = started_at(lock["pid"])
    return (
        begun is not None and begun <= datetime.fromisoformat(lock["timestamp"]).timestamp() + _CLOCK_SLACK_S
    )


def _locked(stack: Stack, lock: dict[str, Any]) -> RefusedError:
    owner = f"{lock['username']} on {lock['hostname']}, process {lock['pid']}, since {lock['timestamp']}"
    return RefusedError(
        f"stack {stack.name}", f"is locked by a running Pulumi ({owner})", "wait for it to end"
    )
