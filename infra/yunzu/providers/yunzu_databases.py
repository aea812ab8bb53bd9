"""`yunzu:postgres:Database`: a tenant's database with its group roles, on the plan's pool."""

from collections.abc import Mapping
from typing import Any, ClassVar

from yunzu import naming
from yunzu.clients.ownership import Intents, check_ours
from yunzu.clients.postgres_databases import drop_database, ensure_database, inspect_database
from yunzu.clients.postgres_roles import marks
from yunzu.providers import yunzu_inputs as must_be
from yunzu.providers.protocol import CheckFailure
from yunzu.providers.yunzu_resources import Collaborators, Presumed, Properties


class DatabaseType:
    """Inputs: pool, name, uid, connections at most; size (bytes) is recorded, PostgreSQL enforces none.

    Removing it erases the data. Programs retain it (`retain_on_delete`), because data outlive
    applications; whoever erases means it.
    """

    replace_on: ClassVar[frozenset[str]] = frozenset({"name", "pool", "uid"})
    defaults: ClassVar[Mapping[str, Any]] = {}
    delete_before_replace: ClassVar[bool] = False

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    def check(self, inputs: Properties) -> list[CheckFailure]:
        """See ResourceType."""
        checks = {
            "pool": must_be.one_of(*self._with.pools),
            "name": must_be.named(f"yz_{self._with.centre}", "_", inputs),
            "uid": must_be.uid,
            "connections": must_be.whole(1, 10_000),
            "size": must_be.anything,
        }
        return must_be.check_inputs(inputs, checks, optional=("size",))

    def identifier(self, inputs: Properties) -> str:
        """See ResourceType."""
        return str(inputs["name"])

    def foresee(self, inputs: Properties) -> None:
        """See ResourceType."""
        owner = naming.database_owner(inputs["name"])
        with self._with.server(inputs["pool"]).session() as connection:
            for role, mark in marks(connection, [owner]).items():
                check_ours("Role", role, mark, self._with.mark(inputs), Presumed())

    def ensure(self, inputs: Properties, before: Properties | None, intents: Intents) -> Properties:
        """See ResourceType."""
        del before
        ensure_database(
            self._with.server(inputs["pool"]),
            inputs["name"],
            mark=self._with.mark(inputs),
            connections=inputs["connections"],
            intents=intents,
        )
        return {}

    def find(self, inputs: Properties, outputs: Properties) -> tuple[str, ...] | None:
        """See ResourceType."""
        del outputs
        return inspect_database(
            self._with.server(inputs["pool"]),
            inputs["name"],
            mark=self._with.mark(inputs),
            connections=inputs["connections"],
        )

    def remove(self, inputs: Properties, intents: Intents) -> None:
        """See ResourceType."""
        drop_database(
            self._with.server(inputs["pool"]), inputs["name"], mark=self._with.mark(inputs), intents=intents
        )
