"""Which rights an identity lacks for being a centre's platform, and the YAML that gives them.

Asked of the authorizer itself, one right at a time: a list of roles would not show what webhooks and
other authorizers add.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from yunzu import naming
from yunzu.clients.kubernetes import Client, Object
from yunzu.components import cluster_roles
from yunzu.errors import NotFoundError, RefusedError
from yunzu.services.preflight_checks import Check

_AREA = "cluster"
_AT_ONCE = 16  # requests
_SHOWN = 6
_RBAC = "rbac.authorization.k8s.io"
_SERVICE_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one kind of object, in every namespace."""

    group: str
    resource: str
    subresource: str
    name: str
    verb: str

    def __str__(self) -> str:
        what = self.resource + (f"/{self.subresource}" if self.subresource else "")
        return (
            f"{self.verb} {what}"
            + (f".{self.group}" if self.group else "")
            + (f" {self.name}" if self.name else "")
        )


def wanted(centre: str) -> list[Right]:
    """Every single right of the platform's rules."""
    return sorted({right for rule in cluster_roles.platform_rules(centre) for right in _expanded(rule)})


def _expanded(rule: cluster_roles.Rule) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            plural, _, subresource = resource.partition("/")
            for name in rule.get("resourceNames", [""]):
                for verb in rule["verbs"]:
                    yield Right(group, plural, subresource, name, verb)


def rights(client: Client, administrator: Client, centre: str) -> tuple[list[Check], str]:
    """The lines on rights and on the departments' roles, and the YAML of what is missing ("" for nothing)."""
    asked = wanted(centre)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        held = list(threads.map(lambda right: _held(client, right), asked))
    missing = [right for right, has in zip(asked, held, strict=True) if not has]
    identity = _identity(client)
    absent = _absent_roles(administrator, centre)
    checks = [rights_check(identity, len(asked), missing), roles_check(absent)]
    objects = [role for role in cluster_roles.objects(centre) if role["metadata"]["name"] in absent]
    if missing:
        objects += granting(centre, identity)
    return checks, as_yaml(objects)


def rights_check(identity: str, asked: int, missing: Sequence[Right]) -> Check:
    """One line on all rights."""
    if not missing:
        return Check(_AREA, "rights", "green", f"{identity} holds all {asked}")
    some = ", ".join(map(str, missing[:_SHOWN])) + (", …" if len(missing) > _SHOWN else "")
    return Check(
        _AREA,
        "rights",
        "red",
        f"{identity} lacks {len(missing)} of {asked}: {some}",
        "environments cannot be made",
        "have a cluster administrator apply the YAML",
    )


def roles_check(absent: Sequence[str]) -> Check:
    """Whether the four roles exist that departments' people are bound to."""
    if not absent:
        return Check(_AREA, "departments' roles", "green", f"all {len(cluster_roles.TENANT_ROLES)} exist")
    return Check(
        _AREA,
        "departments' roles",
        "amber",
        f"missing: {', '.join(absent)}",
        "`yunzu up` makes them, if its identity is a cluster administrator",
        "otherwise have one apply the YAML",
    )


def granting(centre: str, identity: str) -> list[Object]:
    """The platform's whole role, and its binding to an identity.

    Whole, because applying only what is missing would take away what an earlier YAML gave.
    """
    role = next(one for one in cluster_roles.objects(centre) if one["metadata"]["name"] == _platform(centre))
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"{_platform(centre)}-login", "labels": role["metadata"]["labels"]},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": _platform(centre)},
        "subjects": [_subject(identity)],
    }
    return [role, binding]


def as_yaml(objects: Sequence[Object]) -> str:
    """For `kubectl apply -f -`."""
    if not objects:
        return ""
    # Lists of plain words on one line each: the roles would fill ten pages otherwise.
    return yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, default_flow_style=None, width=110)


class _Plain(yaml.SafeDumper):
    """Without anchors: the roles share lists of verbs, and people are to read this."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _platform(centre: str) -> str:
    return naming.cluster_role(centre, "platform")


def _subject(identity: str) -> Object:
    if identity.startswith(_SERVICE_ACCOUNT):
        namespace, _, name = identity.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
    return {"apiGroup": _RBAC, "kind": "User", "name": identity}


def _held(client: Client, right: Right) -> bool:
    attributes = {key: value for key, value in asdict(right).items() if value}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = client.raw("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=review)
    return bool(answer["status"].get("allowed"))


def _identity(client: Client) -> str:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = client.raw("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=review)
    return str(answer["status"]["userInfo"]["username"])


def _absent_roles(client: Client, centre: str) -> list[str]:
    """Names of the roles that are not there, or that we may not even look for."""
    absent = []
    for role in cluster_roles.TENANT_ROLES:
        name = naming.cluster_role(centre, role)
        try:
            client.get(f"{_RBAC}/v1", "ClusterRole", name)
        except (NotFoundError, RefusedError):
            absent.append(name)
    return absent
