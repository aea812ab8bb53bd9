"""Access: who of the department, or by a grant, may do what in the namespace. Users are bound by name, never
by group, so that removing a binding ends a person's access at the next request."""

from collections.abc import Iterator

import pulumi

from yunzu import naming
from yunzu.components.home import inside_namespace
from yunzu.components.kubernetes_object import KubernetesObject, Object
from yunzu.model.blueprints import Blueprint


def role_binding(blueprint: Blueprint, role: str, accounts: list[str]) -> Object:
    """RoleBinding of one tenant role to the accounts that hold it."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": role, "namespace": blueprint.namespace, "labels": blueprint.labels},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": naming.cluster_role(blueprint.centre, role),
        },
        "subjects": [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "User",
                "name": naming.person(blueprint.centre, account),
            }
            for account in accounts
        ],
    }


def objects(blueprint: Blueprint) -> Iterator[tuple[str, Object]]:
    """One RoleBinding for each tenant role that somebody holds there."""
    for role, accounts in blueprint.accounts.items():
        yield role, role_binding(blueprint, role, accounts)


class Access(pulumi.ComponentResource):
    """Who may work in the namespace."""

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("yunzu:environment:Access", name, None, opts)
        inside = inside_namespace(self, namespace)
        for role, manifest in objects(blueprint):
            KubernetesObject(f"{name}-{role}", manifest, inside)
        self.register_outputs({})
