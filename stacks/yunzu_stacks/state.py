"""Pulumi's state in the records: what the CLI leaves to do, or does more slowly.

The layout is that of Pulumi's own backend (project layout, version 1), one row a file. Writes go
through the same fence as the CLI's. A contract test runs the CLI on what is written here.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, text

from yunzu.errors import RefusedError, YunzuError
from yunzu.records.database import Records
from yunzu.records.fencing import Writer
from yunzu_stacks.events import STACK_TYPE
from yunzu_stacks.workspace import NO_SECRETS, PROJECT

KEPT_UPDATES = 10  # of a stack's history; each is a copy of its state
_UID_TAG = "yunzu:environment-uid"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack's name and the uid of the environment it belongs to."""

    name: str
    uid: str


Identify = Callable[[dict[str, Any]], str | None]
"""Gives the identifier that a resource will have, None where only its creation tells."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A stack's state as stored."""

    document: dict[str, Any]

    @property
    def deployment(self) -> dict[str, Any]:
        """What Pulumi calls the latest deployment; empty before the first run."""
        return self.document["checkpoint"].get("latest") or {}

    @property
    def resources(self) -> list[dict[str, Any]]:
        return self.deployment.get("resources") or []

    @property
    def pending(self) -> list[dict[str, Any]]:
        """Operations that a killed run had begun."""
        return self.deployment.get("pending_operations") or []

    @property
    def outputs(self) -> dict[str, Any]:
        """What the program exported."""
        found = next((entry for entry in self.resources if entry["type"] == STACK_TYPE), {})
        return found.get("outputs") or {}

    def without_pending(self) -> "Checkpoint":
        """As if no killed run had begun anything."""
        return self.settled(lambda _: None)

    def settled(self, identify: Identify) -> "Checkpoint":
        """Without pending operations. A creation that was begun is entered as a resource where `identify`
        knows its identifier, so that a refresh finds what it made; all else is left out.
        """
        document = json.loads(self.as_json())
        latest = document["checkpoint"].get("latest", {})
        pending = latest.pop("pending_operations", None) or []
        known = {one["urn"] for one in self.resources}
        for resource in [one["resource"] for one in pending if one["type"] == "creating"]:
            identifier = identify(resource)
            if identifier is None or resource["urn"] in known or not _stands_on(resource) <= known:
                continue
            latest["resources"].append(resource | {"id": identifier})
            known.add(resource["urn"])
        return Checkpoint(document)

    def as_json(self) -> bytes:
        return json.dumps(self.document, ensure_ascii=False).encode()


def _stands_on(resource: dict[str, Any]) -> set[str]:
    """URNs of what has to be in the state before it."""
    provider = resource.get("provider", "").rpartition("::")[0]
    return {*(resource.get("dependencies") or []), resource.get("parent", ""), provider} - {""}


def new_checkpoint(stack: str) -> Checkpoint:
    """What `pulumi stack init` writes, but for a secrets provider that costs no key derivation."""
    provider = {"url": NO_SECRETS, "owner": "organization", "project": PROJECT, "stack": stack}
    manifest = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""}
    latest = {
        "manifest": manifest,
        "secrets_providers": {"type": "service", "state": provider},
        "metadata": {},
    }
    checkpoint = {"stack": f"organization/{PROJECT}/{stack}", "latest": latest}
    return Checkpoint({"version": 3, "checkpoint": checkpoint})


def stack_key(stack: str) -> str:
    return f".pulumi/stacks/{PROJECT}/{stack}.json"


def tags_key(stack: str) -> str:
    return f".pulumi/stacks/{PROJECT}/{stack}.pulumi-tags"


def history_prefix(stack: str) -> str:
    return f".pulumi/history/{PROJECT}/{stack}/"


def lock_prefix(stack: str) -> str:
    return f".pulumi/locks/organization/{PROJECT}/{stack}/"


def load(records: Records, stack: Stack) -> Checkpoint | None:
    """The stack's state, None where there is none.

    Raises RefusedError when it is another environment's, YunzuError when it cannot be read.
    """
    with records.transaction() as connection:
        document = _read(connection, stack_key(stack.name))
        tags = _read(connection, tags_key(stack.name))
    if document is None:
        return None
    recorded = (tags or {}).get("tags", {}).get(_UID_TAG)
    if recorded != stack.uid:
        raise RefusedError(
            f"stack {stack.name}",
            f"is of environment {recorded or 'unknown'}, not of {stack.uid}",
            "nothing was changed; see `yunzu env list` for the environment's uid",
        )
    if not isinstance(document.get("checkpoint"), dict):
        raise _unreadable(stack_key(stack.name))
    return Checkpoint(document)


def create(records: Records, stack: Stack, writer: Writer) -> Checkpoint:
    """Begin a stack: empty, and tagged with its environment."""
    checkpoint = new_checkpoint(stack.name)
    tags = {"version": 1, "tags": {_UID_TAG: stack.uid, "pulumi:project": PROJECT}}
    with records.transaction() as connection:
        _present(connection, writer)
        _write(connection, tags_key(stack.name), json.dumps(tags).encode())
        _write(connection, stack_key(stack.name), checkpoint.as_json())
    return checkpoint


def store(records: Records, stack: Stack, checkpoint: Checkpoint, writer: Writer) -> None:
    """Replace the stack's state."""
    with records.transaction() as connection:
        _present(connection, writer)
        _write(connection, stack_key(stack.name), checkpoint.as_json())


def remove(records: Records, stack: Stack, writer: Writer) -> None:
    """Remove the stack with its history and tags; one that is gone already is no fault."""
    statement = text(
        "DELETE FROM pulumi.pulumi_state WHERE yunzu.stack_of(key) = :stack AND NOT starts_with(key, :locks)"
    )
    with records.transaction() as connection:
        _present(connection, writer)
        connection.execute(statement, {"stack": stack.name, "locks": lock_prefix(stack.name)})


def prune(records: Records, stack: Stack, writer: Writer) -> None:
    """Keep the newest updates of the history."""
    statement = text(
        "DELETE FROM pulumi.pulumi_state WHERE key IN (SELECT key FROM pulumi.pulumi_state"
        " WHERE key LIKE :pattern ORDER BY key DESC OFFSET :kept)"
    )
    pattern = history_prefix(stack.name) + "%"  # a stack's name holds neither % nor _
    with records.transaction() as connection:
        _present(connection, writer)
        connection.execute(statement, {"pattern": pattern, "kept": 2 * KEPT_UPDATES})


def _present(connection: Connection, writer: Writer) -> None:
    """Show the fence our token, for this transaction."""
    writer.check()
    connection.execute(text("SELECT set_config('yunzu.fence', :token, true)"), {"token": str(writer.token)})


def _read(connection: Connection, key: str) -> dict[str, Any] | None:
    query = text("SELECT data ->> 'data' FROM pulumi.pulumi_state WHERE key = :key")
    row = connection.execute(query, {"key": key}).one_or_none()
    if row is None:
        return None
    try:
        document = json.loads(base64.b64decode(row[0], validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise _unreadable(key) from error
    if not isinstance(document, dict):
        raise _unreadable(key)
    return cast("dict[str, Any]", document)


def _unreadable(key: str) -> YunzuError:
    return YunzuError(
        f"state {key}", "is damaged", "restore the records from their backup; nothing was changed"
    )


def _write(connection: Connection, key: str, content: bytes) -> None:
    statement = text(
        "INSERT INTO pulumi.pulumi_state (key, data) VALUES (:key, CAST(:data AS json))"
        " ON CONFLICT (key) DO UPDATE SET data = excluded.data, updated_at = now()"
    )
    data = json.dumps({"data": base64.b64encode(content).decode()})
    connection.execute(statement, {"key": key, "data": data})
