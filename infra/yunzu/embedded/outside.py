"""Servers that are not ours to run: asked for their version, which proves that they answer."""

import http.client
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from yunzu.embedded import asking
from yunzu.errors import UnreachableError
from yunzu.model.connections import Cluster, Connections, ObjectStore


@dataclass(frozen=True, slots=True)
class Outside:
    """One external server. `version` asks it, and raises UnreachableError."""

    name: str
    address: str
    tls: bool
    version: Callable[[], str]


def servers(connections: Connections) -> list[Outside]:
    """The external servers among the centre's connections."""
    found: list[Outside] = []
    databases = {"records": connections.records, **connections.pools}
    for name, server in databases.items():
        if server.external:
            tls = server.sslmode not in {"disable", "allow", "prefer"}
            found.append(Outside(name, server.address, tls, partial(asking.log_in, name, server)))
    store = connections.object_store
    if store.external:
        found.append(Outside("s3", store.endpoint, True, partial(_ask_store, store)))
    if connections.cluster.external:
        path = str(connections.cluster.kubeconfig)
        found.append(Outside("apiserver", path, True, partial(_ask_cluster, connections.cluster)))
    return found


def _ask_store(store: ObjectStore) -> str:
    """Any answer below 500 to a request without a signature: it is there and speaks HTTP."""
    parts = urlsplit(store.endpoint)
    try:
        context = ssl.create_default_context(cafile=str(store.authorities))
    except OSError as error:
        raise UnreachableError("s3", f"the CA certificate {store.authorities} cannot be read") from error
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=asking.TIMEOUT, context=context
    )
    try:
        with closing(connection):
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError("s3", f"does not answer at {store.endpoint}") from error
    if response.status >= 500:
        raise UnreachableError("s3", f"answers {response.status} at {store.endpoint}")
    return response.getheader("Server", "")


def _ask_cluster(cluster: Cluster) -> str:
    """The cluster's version, asked with the kubeconfig's own login, of whichever kind."""
    from kubernetes import config
    from kubernetes.client import ApiException, VersionApi
    from urllib3.exceptions import HTTPError

    try:
        load: Any = config.new_client_from_config
        client = load(str(cluster.kubeconfig), context=cluster.context)
        return str(VersionApi(client).get_code(_request_timeout=asking.TIMEOUT).git_version)
    except (ApiException, HTTPError, config.ConfigException, OSError, ValueError) as error:
        fact = f"does not answer through {cluster.kubeconfig} ({type(error).__name__})"
        raise UnreachableError("apiserver", fact, "check the kubeconfig and its context") from error
