"""Kubeconfigs for people: a certificate of at most an hour, inside one file."""

import base64
from datetime import datetime
from pathlib import Path

import yaml

from yunzu import naming
from yunzu.clients.kubernetes_people import issue_certificate, valid_until
from yunzu.errors import RefusedError, UsageError
from yunzu.model.answers.jobs import KubeconfigAnswer
from yunzu.model.blueprints import people_by_cluster_role
from yunzu.model.connections import Cluster
from yunzu.records import environments as registry
from yunzu.services.centre import Centre
from yunzu.services.environments import without_disabled, without_disabled_guests
from yunzu.services.manifests import Catalogue


def for_administrator(cluster: Cluster) -> KubeconfigAnswer:
    """The operator's own, as the file holds it: for break-glass."""
    text = cluster.kubeconfig.read_text("utf-8")
    return KubeconfigAnswer(account="admin", namespace=None, expires_at=expiry(text), kubeconfig=text)


def expiry(text: str) -> datetime | None:
    """When the certificate of a kubeconfig's one user ends; None without such a certificate."""
    try:
        (named,) = yaml.safe_load(text)["users"]
        user = named["user"]
        data = user.get("client-certificate-data")
        pem = base64.b64decode(data) if data else Path(user["client-certificate"]).read_bytes()
        return valid_until(pem)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, OSError):
        return None  # a token, a helper program, several users: what holds then is not ours to say


def for_person(
    environment_id: str | None, account: str | None, *, catalogue: Catalogue, centre: Centre
) -> KubeconfigAnswer:
    """A kubeconfig that logs in as `account` with the environment's namespace as default.

    Raises UsageError when a word is missing, NotFoundError for an unknown environment, RefusedError when
    the account has no role in the department, and was granted none in the environment.
    """
    if environment_id is None or account is None:
        raise UsageError("kubeconfig", "needs an environment and --account, or --admin")
    environment = catalogue.environment(environment_id)
    registry.find(centre.records, environment.department, environment.name)
    people = without_disabled(catalogue.departments[environment.department], centre).people
    granted = without_disabled_guests(environment, centre).access or ()
    if not any(account in names for names in people_by_cluster_role(people, granted).values()):
        raise RefusedError(
            f"account {account[:60]}",
            f"has no role in department {environment.department}",
            "ask for `department.people`, or for `access.grant` to one environment until a day",
        )
    labels = {naming.LABEL_CENTRE: centre.id, naming.LABEL_MANAGED: "true"}
    certificate, key = issue_certificate(centre.cluster, naming.person(centre.id, account), labels=labels)
    text = _document(centre, environment.namespace, account, certificate, key)
    return KubeconfigAnswer(
        account=account,
        namespace=environment.namespace,
        expires_at=valid_until(certificate),
        kubeconfig=text,
    )


def _document(centre: Centre, namespace: str, account: str, certificate: bytes, key: bytes) -> str:
    authority = centre.cluster.authority
    cluster = {"server": centre.cluster.host}
    if authority:
        cluster["certificate-authority-data"] = base64.b64encode(authority).decode()
    user = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    context = {"cluster": "yunzu", "user": account, "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "yunzu", "cluster": cluster}],
        "users": [{"name": account, "user": user}],
        "contexts": [{"name": namespace, "context": context}],
        "current-context": namespace,
    }
    return yaml.safe_dump(document, sort_keys=False)
