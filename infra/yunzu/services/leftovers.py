"""What a killed run made and had no time to enter in the state.

The stack does not know of it, so destroying the stack leaves it. Every name is derived, so it can be looked
for; what is not ours stays.
"""

import threading
from contextlib import suppress

from yunzu import naming
from yunzu.clients.objectstore import BucketUser
from yunzu.clients.postgres_databases import ACCESSES, SLOTS
from yunzu.clients.postgres_logins import Login, drop_login
from yunzu.errors import NotFoundError, NotOursError
from yunzu.providers.kubernetes_waiting import await_gone
from yunzu.records.fencing import Writer
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry

_GONE_WITHIN = 600.0  # seconds for a namespace, like the provider's own wait


def remove(entry: Entry, *, writer: Writer, centre: Centre) -> None:
    """Remove logins, S3 users and the namespace, wherever they are still there; data stay.

    Raises YunzuError when the namespace is not gone in time, UnreachableError.
    """
    for _, database in entry.databases:
        _remove_logins(database, entry, writer, centre)
    for claim, bucket in entry.buckets:
        _remove_users(claim, bucket, entry, writer, centre)
    _remove_namespace(entry, writer, centre)


def _remove_logins(database: str, entry: Entry, writer: Writer, centre: Centre) -> None:
    mark = naming.owner_mark(centre.id, entry.uid)
    for server in centre.pools.values():
        for access in ACCESSES:
            for slot in SLOTS:
                with suppress(NotOursError):
                    drop_login(server, Login(database, access, slot, -1), mark=mark, intents=writer)


def _remove_users(claim: str, bucket: str, entry: Entry, writer: Writer, centre: Centre) -> None:
    identity_key = centre.connections.identity_key.get_secret_value()
    for slot in SLOTS:
        access_key = naming.access_key(identity_key, entry.uid, claim, slot)
        user = BucketUser(bucket, access_key, naming.policy(bucket, slot))
        with suppress(NotOursError):
            centre.object_store.remove_user(user, intents=writer)


def _remove_namespace(entry: Entry, writer: Writer, centre: Centre) -> None:
    try:
        found = centre.cluster.get("v1", "Namespace", entry.namespace)
    except NotFoundError:
        return
    labels = found["metadata"].get("labels") or {}
    if (labels.get(naming.LABEL_CENTRE), labels.get(naming.LABEL_ENVIRONMENT_UID)) != (centre.id, entry.uid):
        return
    writer.intend("Namespace", entry.namespace)
    uid = found["metadata"]["uid"]
    with suppress(NotFoundError):
        centre.cluster.delete("v1", "Namespace", entry.namespace, uid=uid)
    await_gone(centre.cluster, found, threading.Event(), _GONE_WITHIN, lambda _: None)
