"""Take an environment down. Its home goes; its data stay unless erasing is asked for twice."""

from dataclasses import dataclass

from yunzu import naming
from yunzu.clients.postgres_databases import drop_database
from yunzu.errors import RefusedError, YunzuError
from yunzu.records import claims, fencing, journal
from yunzu.records import environments as registry
from yunzu.services import leftovers
from yunzu.services.centre import Centre, Changes, OnEvent
from yunzu.services.environments import acting_account
from yunzu.services.inventory import Entry, environment


@dataclass(frozen=True, slots=True)
class Removed:
    """What went and what stayed, as `kind name`."""

    id: str
    changes: Changes
    retained: tuple[str, ...]
    erased: tuple[str, ...]


def plan(environment_id: str, *, erase: bool, centre: Centre) -> dict[str, list[str]]:
    """What `destroy` would remove, retain and erase. Changes nothing."""
    entry = environment(environment_id, centre.records)
    data = _data(entry)
    return {
        "remove": [f"namespace {entry.namespace} and its credentials"],
        "retain": [] if erase else data,
        "erase": data if erase else [],
    }


def check_confirmed(environment_id: str, *, erase: bool, confirm: str | None) -> None:
    """Raises RefusedError where data would be erased and the id is not repeated."""
    if erase and confirm != environment_id:
        raise RefusedError(
            environment_id, "its data would be erased for ever", f"add --confirm {environment_id}"
        )


def destroy(
    environment_id: str,
    *,
    erase: bool,
    confirm: str | None,
    centre: Centre,
    on_event: OnEvent | None = None,
) -> Removed:
    """Remove the home; with `erase` and the id repeated in `confirm`, also databases and buckets.

    Raises RefusedError without the confirmation; an interrupted run is continued by the same call.
    """
    check_confirmed(environment_id, erase=erase, confirm=confirm)
    entry = environment(environment_id, centre.records)
    with fencing.hold(centre.records, naming.stack(entry.department, entry.environment)) as writer:
        entry = environment(environment_id, centre.records)  # as a run that was waited for left it
        operation = journal.begin(
            centre.records, entry.uid, "erase" if erase else "destroy", acting_account()
        )
        try:
            changes = centre.stacks.destroy(writer.stack, entry.uid, writer=writer, on_event=on_event)
            leftovers.remove(entry, writer=writer, centre=centre)
            registry.mark_destroyed(centre.records, entry.uid, by=writer)
            erased = _erase(entry, writer, centre) if erase else ()
        except YunzuError as error:
            journal.end(centre.records, operation, "failed", {"error": str(error)})
            raise
        journal.end(centre.records, operation, "done", {"erased": len(erased)})
    retained = () if erase else tuple(_data(entry))
    return Removed(environment_id, changes, retained, erased)


def _data(entry: Entry) -> list[str]:
    databases = [f"database {name}" for _, name in entry.databases]
    return databases + [f"bucket {name}" for _, name in entry.buckets]


def _erase(entry: Entry, writer: fencing.Writer, centre: Centre) -> tuple[str, ...]:
    """Erase what the records say is held, then look again before the name may be given to another."""
    mark = naming.owner_mark(centre.id, entry.uid)
    for claim, name in entry.databases:
        for server in centre.pools.values():
            drop_database(server, name, mark=mark, intents=writer)
        claims.mark_erased(centre.records, entry.uid, "database", claim)
    for claim, name in entry.buckets:
        centre.object_store.remove_bucket(name, mark=mark, intents=writer)
        claims.mark_erased(centre.records, entry.uid, "bucket", claim)
    left = [name for _, name in entry.databases if any(s.holds(name) for s in centre.pools.values())]
    left += [name for _, name in entry.buckets if centre.object_store.bucket_facts(name) is not None]
    if left:
        raise YunzuError(entry.id, f"{left[0]} is there again", "run the same command again")
    writer.forget_intents()
    # At once with the proof: a tombstone without it would be found by no later run.
    registry.mark_erased(centre.records, entry.uid, emptied=True, by=writer)
    return tuple(_data(entry))
