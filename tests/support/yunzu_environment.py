"""One environment's databases and buckets as the engine drives the `yunzu` provider."""

from collections.abc import Mapping
from typing import Any

from tests.support.crashes import Recorded
from tests.support.postgres import login
from yunzu import naming
from yunzu.clients.objectstore import ObjectStore
from yunzu.clients.ownership import Intents
from yunzu.clients.postgres import Server
from yunzu.providers.protocol import Urn
from yunzu.providers.yunzu import YunzuProvider
from yunzu.providers.yunzu_secrets import SecretStore, StoredSecret

CENTRE = "1a2b3c4d"
IDENTITY_KEY = "5f" * 32
Properties = dict[str, Any]


class MemorySecrets:
    """Secrets in memory; implements `SecretStore`."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], StoredSecret] = {}

    def read(self, namespace: str, name: str) -> StoredSecret | None:
        return self.held.get((namespace, name))

    def write(self, namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, str]) -> None:
        before = self.held.get((namespace, name), StoredSecret({}, {}))
        self.held[namespace, name] = StoredSecret({**before.labels, **labels}, {**before.data, **data})

    def delete(self, namespace: str, name: str) -> None:
        self.held.pop((namespace, name), None)

    def alter(self, namespace: str, name: str, **keys: str) -> None:
        """As a tenant would."""
        before = self.held[namespace, name]
        self.held[namespace, name] = StoredSecret(before.labels, {**before.data, **keys})


class Resource:
    """One resource as the engine keeps it: inputs and outputs in state."""

    def __init__(self, provider: YunzuProvider, kind: str, inputs: Properties) -> None:
        self.provider = provider
        self.urn = Urn("dep--env", "yunzu", kind, kind.lower())
        self.inputs = inputs
        self.identifier = ""
        self.outputs: Properties = {}

    def create(self) -> None:
        checked, failures = self.provider.check(self.urn, None, self.inputs)
        assert failures == []
        self.identifier, self.outputs = self.provider.create(self.urn, checked, preview=False, timeout=0)

    def refresh(self) -> list[str] | None:
        """Read; returns the drift, None when it is gone."""
        found = self.provider.read(self.urn, self.identifier, self.inputs, self.outputs)
        if found is None:
            return None
        self.inputs, self.outputs = found
        drift: list[str] = self.outputs["drift"]
        return drift

    def changes(self, **inputs: Any) -> list[str]:
        """What an update with these inputs would change."""
        new = {**self.inputs, **inputs}
        return self.provider.diff(self.urn, self.identifier, self.inputs, self.outputs, new).changed

    def update(self, **inputs: Any) -> None:
        new = {**self.inputs, **inputs}
        self.outputs = self.provider.update(
            self.urn, self.identifier, self.inputs, self.outputs, new, preview=False, timeout=0
        )
        self.inputs = new

    def delete(self) -> None:
        self.provider.delete(self.urn, self.identifier, self.inputs, self.outputs, timeout=0)


class Environment:
    """A database, a bucket and their credentials, in the order of their dependencies."""

    def __init__(
        self,
        server: Server,
        store: ObjectStore,
        *,
        secrets: SecretStore | None = None,
        uid: str | None = None,
        effects: Intents | None = None,
    ) -> None:
        self.uid = uid or naming.mint_environment_uid()
        self.server, self.store = server, store
        self.memory = MemorySecrets()
        self.effects: Any = effects or Recorded()
        self.namespace = f"dep--{self.uid}"
        self.labels = naming.labels(CENTRE, self.uid, "dep", "env")
        self.provider = YunzuProvider(
            pools={"tenants-1": server},
            object_store=store,
            secrets=secrets or self.memory,
            centre=CENTRE,
            identity_key=IDENTITY_KEY,
            effects=lambda _: self.effects,
        )
        self.database_name = naming.database(CENTRE, self.uid, "main")
        self.bucket_name = naming.bucket(CENTRE, self.uid, "main")
        self.mark = naming.owner_mark(CENTRE, self.uid)
        self._declare()

    def _declare(self) -> None:
        common = {
            "uid": self.uid,
            "slot": "a",
            "namespace": self.namespace,
            "labels": self.labels,
            "version": 1,
        }
        database = {
            "pool": "tenants-1", "name": self.database_name, "uid": self.uid, "connections": 9, "size": 10**10
        }  # fmt: skip
        login = {"pool": "tenants-1", "database": self.database_name, "access": "owner", "connections": 9}
        login |= {**common, "secret": "database-main"}
        bucket = {"name": self.bucket_name, "uid": self.uid, "versioning": True, "bytes": 10**9}
        user = {**common, "bucket": self.bucket_name, "claim": "main", "secret": "bucket-main"}
        self.database = Resource(self.provider, "yunzu:postgres:Database", database)
        self.login = Resource(self.provider, "yunzu:postgres:Credential", login)
        self.bucket = Resource(self.provider, "yunzu:s3:Bucket", bucket)
        self.user = Resource(self.provider, "yunzu:s3:Credential", user)
        self.resources = (self.database, self.login, self.bucket, self.user)

    def create(self) -> None:
        for resource in self.resources:
            resource.create()

    def refresh(self) -> list[str]:
        """All drift there is."""
        return [fact for resource in self.resources for fact in resource.refresh() or ()]

    def repair(self) -> None:
        """What `up --refresh` does: update what drifted, create what is gone."""
        for resource in self.resources:
            drift = resource.refresh()
            if drift is None:
                resource.create()
            elif resource.changes():
                resource.update()

    def delete(self) -> None:
        for resource in reversed(self.resources):
            resource.delete()

    @property
    def postgres_secret(self) -> Mapping[str, str]:
        return self.memory.held[self.namespace, "database-main"].data

    @property
    def s3_secret(self) -> Mapping[str, str]:
        return self.memory.held[self.namespace, "bucket-main"].data

    def log_in(self) -> None:
        """Use what the Secrets hold, and nothing else, as the tenant does."""
        held = self.postgres_secret
        address = self.server.address
        assert (held["host"], held["port"]) == (address.host, str(address.port))
        with login(address, held["username"], held["password"], held["database"]) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS tried (id int)")
        held = self.s3_secret
        assert held["endpoint"] == self.store.address.endpoint
        assert self.store.can_login(held["access-key"], held["secret-key"], held["bucket"])
