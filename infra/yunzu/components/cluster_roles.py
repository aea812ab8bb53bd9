"""The centre's cluster-scoped roles: four for departments' people, one for the platform itself.

Ours, not Kubernetes' built-in `admin` and `edit`: those are aggregated (any installer can widen them)
and grant impersonation and tokens of ServiceAccounts. No wildcard, no `escalate`, no `impersonate`.
"""

from collections.abc import Iterator
from typing import Any

from yunzu import naming
from yunzu.components.kubernetes_object import Object

Rule = dict[str, list[str]]

_READ = ["get", "list", "watch"]
_WRITE = [*_READ, "create", "update", "patch", "delete", "deletecollection"]

_WORKLOADS = (
    ("apps", ["deployments", "statefulsets", "replicasets", "controllerrevisions"]),
    ("apps", ["deployments/scale", "statefulsets/scale"]),
    ("batch", ["jobs", "cronjobs"]),
    ("autoscaling", ["horizontalpodautoscalers"]),
    ("policy", ["poddisruptionbudgets"]),
    ("networking.k8s.io", ["ingresses"]),
    ("", ["pods", "services", "persistentvolumeclaims", "configmaps", "serviceaccounts"]),
)
_PLATFORM_OWNED = (
    ("", ["resourcequotas", "limitranges", "events", "endpoints", "pods/log", "pods/status"]),
    ("networking.k8s.io", ["networkpolicies"]),
    ("rbac.authorization.k8s.io", ["roles", "rolebindings"]),
    ("discovery.k8s.io", ["endpointslices"]),
)


def _rules(groups: tuple[tuple[str, list[str]], ...], verbs: list[str]) -> list[Rule]:
    return [{"apiGroups": [group], "resources": names, "verbs": verbs} for group, names in groups]


_OWN_NAMESPACE: Rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]}
_SECRETS: Rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": _WRITE}
_ENTER_PODS: Rule = {
    "apiGroups": [""],
    "resources": ["pods/exec", "pods/portforward", "pods/attach"],
    "verbs": ["create", "get"],
}

_VIEW = [*_rules(_WORKLOADS, _READ), *_rules(_PLATFORM_OWNED, _READ), _OWN_NAMESPACE]
_DEVELOP = [*_rules(_WORKLOADS, _WRITE), *_rules(_PLATFORM_OWNED, _READ), _OWN_NAMESPACE, _ENTER_PODS]

TENANT_ROLES: dict[str, list[Rule]] = {
    "tenant-admin": [*_DEVELOP, _SECRETS],
    "tenant-developer": _DEVELOP,
    "tenant-viewer": _VIEW,
    "tenant-auditor": [*_rules(_PLATFORM_OWNED, _READ), _OWN_NAMESPACE],
}


def platform_rules(centre: str) -> list[Rule]:
    """What the platform's own identity may do; `yunzu preflight` shows what of it a cluster lacks.

    It holds each tenant role's rights by `bind` on exactly those four roles, never by `escalate`.
    """
    managed = [
        ("", ["namespaces", "resourcequotas", "limitranges", "serviceaccounts", "secrets"]),
        ("networking.k8s.io", ["networkpolicies"]),
        ("rbac.authorization.k8s.io", ["rolebindings"]),
    ]
    return [
        *_rules(tuple(managed), ["get", "list", "watch", "create", "update", "patch", "delete"]),
        *_rules((("", ["nodes", "events", "pods"]), ("storage.k8s.io", ["storageclasses"])), _READ),
        # To suspend, and to return: pods are ended, and their controllers told to look again.
        *_rules((("", ["pods"]),), ["delete"]),
        *_rules((("apps", ["replicasets", "statefulsets"]),), _READ),
        *_rules((("apps", ["replicasets/status", "statefulsets/status"]),), ["patch"]),
        *_rules((("rbac.authorization.k8s.io", ["roles"]),), _READ),
        {
            "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["clusterroles"],
            "verbs": ["bind", "get"],
            "resourceNames": [naming.cluster_role(centre, role) for role in TENANT_ROLES],
        },
        {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["certificatesigningrequests"],
            "verbs": ["create", "get", "list", "watch", "delete"],
        },
        {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["certificatesigningrequests/approval"],
            "verbs": ["update", "patch"],
        },
        {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["signers"],
            "resourceNames": ["kubernetes.io/kube-apiserver-client"],
            "verbs": ["approve"],
        },
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
    ]


def _labels(centre: str) -> dict[str, str]:
    return {
        naming.LABEL_CENTRE: centre,
        naming.LABEL_ENVIRONMENT_UID: "platform",
        naming.LABEL_MANAGED: "true",
    }


def _cluster_role(centre: str, role: str, rules: list[Rule]) -> Object:
    metadata = {"name": naming.cluster_role(centre, role), "labels": _labels(centre)}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": rules,
    }


def tenant_role(centre: str, role: str) -> Object:
    """One of the four roles that departments' people are bound to, e.g. `tenant-viewer`."""
    return _cluster_role(centre, role, TENANT_ROLES[role])


def objects(centre: str) -> Iterator[Object]:
    """All of the centre's cluster-scoped objects."""
    yield from shared(centre)
    yield from own_login(centre)


def shared(centre: str) -> Iterator[Object]:
    """The roles that departments' people are bound to, and the empty namespace that it dry-runs in."""
    yield from (tenant_role(centre, role) for role in TENANT_ROLES)
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": naming.preview_namespace(centre), "labels": _labels(centre)},
    }


def own_login(centre: str) -> Iterator[Object]:
    """The platform's role, bound to the login that an embedded cluster has for it.

    On a given cluster the platform's login is the kubeconfig's, and its administrator binds it.
    """
    yield _cluster_role(centre, "platform", platform_rules(centre))
    subject: dict[str, Any] = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "User",
        "name": naming.platform_user(centre),
    }
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": naming.cluster_role(centre, "platform"), "labels": _labels(centre)},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": naming.cluster_role(centre, "platform"),
        },
        "subjects": [subject],
    }
