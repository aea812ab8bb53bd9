"""Database: one PostgreSQL database of an environment and the credentials its workloads use.

The database is retained when the stack goes: data outlive the application. The credentials go.
"""

import pulumi

from yunzu import naming
from yunzu.model.blueprints import Blueprint, DatabaseGrant


class Database(pulumi.ComponentResource):
    """A database, its owner login in slot `a`, and the Secret that holds it."""

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        grant: DatabaseGrant,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("yunzu:environment:Database", name, None, opts)
        inputs = {
            "pool": blueprint.plan.pool,
            "name": grant.name,
            "uid": blueprint.uid,
            "size": grant.size,
            "connections": grant.connections,
        }
        database = pulumi.CustomResource(
            "yunzu:postgres:Database",
            f"{name}-database",
            inputs,
            pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        credential = {
            "pool": blueprint.plan.pool,
            "database": grant.name,
            "uid": blueprint.uid,
            "access": "owner",
            "slot": "a",
            "connections": grant.connections,
            "namespace": blueprint.namespace,
            "secret": naming.database_secret(grant.claim),
            "labels": blueprint.labels,
            "version": 1,
            "enabled": not blueprint.suspended,
        }
        pulumi.CustomResource(
            "yunzu:postgres:Credential",
            f"{name}-owner-a",
            credential,
            pulumi.ResourceOptions(parent=self, depends_on=[database, namespace]),
        )
        self.register_outputs({})
