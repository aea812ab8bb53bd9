"""Environments that are suspended and resumed, and what a steward of them holds."""

from tests.support.tenants import Tenants
from yunzu.clients.objectstore_tenant import TenantKeys
from yunzu.clients.postgres_tenant import TenantLogin
from yunzu.services import bindings, environments, inventory
from yunzu.services.inventory import Entry


class Suspended:
    """One environment."""

    def __init__(self, tenants: Tenants, identifier: str) -> None:
        self.tenants, self.centre, self.identifier = tenants, tenants.centre, identifier
        self.namespace = identifier.replace("/", "--")

    @property
    def entry(self) -> Entry:
        return inventory.environment(self.identifier, self.centre.records)

    def suspend(self) -> environments.Applied:
        return environments.suspend(self.identifier, catalogue=self.tenants.catalogue, centre=self.centre)

    def resume(self, *, anew: bool = False) -> environments.Applied:
        catalogue = self.tenants.catalogue
        return environments.resume(self.identifier, catalogue=catalogue, centre=self.centre, anew=anew)

    def red(self) -> list[str]:
        return self.tenants.red(self.identifier)

    def login(self) -> TenantLogin:
        binding = bindings.read(self.namespace, "database-main", centre=self.centre)
        pool = self.centre.connections.pools["tenants-1"]
        return TenantLogin(pool, binding["database"], binding["username"], binding["password"])

    def keys(self) -> tuple[TenantKeys, str]:
        binding = bindings.read(self.namespace, "bucket-main", centre=self.centre)
        store = self.centre.connections.object_store
        return TenantKeys(store, binding["access-key"], binding["secret-key"]), binding["bucket"]

    def secrets(self) -> list[bindings.Binding]:
        return [
            bindings.read(self.namespace, f"{one}-main", centre=self.centre) for one in ("database", "bucket")
        ]
