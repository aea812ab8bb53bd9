"""What a centre needs on its servers before the first environment: records, roles, shut doors.

Runs at each `yunzu up`, converges, and repairs what was changed.
"""

from contextlib import closing

from yunzu import naming
from yunzu.clients.kubernetes import Client, Object, subject
from yunzu.clients.kubernetes_errors import ForbiddenError
from yunzu.clients.postgres import Server
from yunzu.components import cluster_roles
from yunzu.errors import NotFoundError, NotOursError, RefusedError
from yunzu.model.connections import Cluster, Connections
from yunzu.records import centre as records_of_centre


def prepare(connections: Connections, administrator: Cluster) -> list[str]:
    """Bring records, cluster and PostgreSQL pools to where environments can be applied.

    `administrator` may grant the platform its role. Returns sentences about what could not be tightened.
    Raises RefusedError for records of a newer schema or another centre, or a foreign object of our name.
    """
    records_of_centre.prepare(connections)
    wanted = cluster_roles.shared if connections.cluster.external else cluster_roles.objects
    with closing(Client(administrator)) as client:
        try:
            for one in wanted(connections.centre):
                _ensure(client, one, connections.centre)
        except ForbiddenError as error:
            advice = "`yunzu preflight` prints what a cluster administrator has to apply"
            raise RefusedError(error.subject, error.fact, advice) from error
    remarks: list[str] = []
    for address in connections.pools.values():
        with Server(address) as server:
            remarks.extend(server.harden())
    return remarks


def _ensure(client: Client, wanted: Object, centre: str) -> None:
    kind, name = wanted["kind"], wanted["metadata"]["name"]
    try:
        found = client.get(wanted["apiVersion"], kind, name)
    except NotFoundError:
        pass
    else:
        if (found["metadata"].get("labels") or {}).get(naming.LABEL_CENTRE) != centre:
            raise NotOursError(kind, subject(kind, name, None), "it carries no mark of this centre")
        if is_as_wanted(found, wanted):
            return  # on a cluster whose administrator made it for us, we may not even try
    client.apply(wanted, field_manager=naming.FIELD_MANAGER)


def is_as_wanted(found: Object, wanted: Object) -> bool:
    """Whether a cluster-scoped object of ours is as it should be: its labels, and all that we declare."""
    labels = found["metadata"].get("labels") or {}
    return wanted["metadata"]["labels"].items() <= labels.items() and all(
        found.get(key) == value for key, value in wanted.items() if key != "metadata"
    )
