"""What the centre has to give, and how much of it may be promised. `centre/capacity.yaml`."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from yunzu.model.identifiers import Identifier
from yunzu.model.manifests import Manifest, Quota
from yunzu.model.quantities import (
    MAX_CLUSTER_CPU,
    ClusterCpu,
    Count,
    Cpu,
    Size,
    millicores,
    size_in_bytes,
)
from yunzu.model.text import shown

CapacityMeter = Literal["cpu", "memory", "storage", "pods", "database", "connections", "bucket"]


class DefaultQuota(Manifest):
    """The quota of a department that has agreed on no other: every meter has a figure."""

    cpu: Cpu
    memory: Size
    storage: Size
    database: Size
    bucket: Size
    objects: Annotated[int, Field(ge=0, le=100_000_000)]
    pods: Count
    environments: Count


class PoolCapacity(Manifest):
    """One PostgreSQL server pool of tenants, as plans name it."""

    database: Size = Field(description="Bytes of all databases together")
    connections: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        description="Connections that tenants may have, without the server's own reserve"
    )


class ClusterCapacity(Manifest):
    """The Kubernetes cluster: what all nodes have together, without what the platform itself needs."""

    cpu: ClusterCpu
    memory: Size
    storage: Size
    pods: Annotated[int, Field(ge=1, le=1_000_000)]


class ObjectStoreCapacity(Manifest):
    """The S3 server: bytes of all buckets together."""

    bucket: Size


_FACTOR = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{1,2})?")


def _factor(value: object) -> object:
    """`'1.5'` or a whole number from 1 to 999. A float is not exact, and below 1 is no overcommit."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _FACTOR.fullmatch(text):
        raise ValueError(f"{shown(value)} is not an overcommit factor of at least 1; write it like '1.5'")
    return Decimal(text)


Factor = Annotated[
    Decimal,
    BeforeValidator(_factor),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_FACTOR.pattern}$", "minimum": 1}),
]


class Capacity(Manifest):
    """容量: what there is, and by which factor more than that may be promised (超售)."""

    kind: Literal["Capacity"]
    default_quota: DefaultQuota
    pools: Annotated[dict[Identifier, PoolCapacity], Field(min_length=1)]
    cluster: ClusterCapacity
    object_store: ObjectStoreCapacity
    four_eyes: Quota | None = Field(
        None,
        description="Above any of these an environment is approved by two different people; omitted: none is",
    )
    overcommit: dict[CapacityMeter, Factor] = Field({}, description="Left out: 1, nothing is oversold")

    def promisable(self, pool: str) -> Mapping[str, int]:
        """What may be promised in all where databases lie in `pool`: capacity × overcommit, rounded down.

        Millicores, bytes and counts. A pool that is not listed has no figure for databases and connections.
        """
        capacity: dict[CapacityMeter, int] = {
            "cpu": millicores(self.cluster.cpu, MAX_CLUSTER_CPU),
            "memory": size_in_bytes(self.cluster.memory),
            "storage": size_in_bytes(self.cluster.storage),
            "pods": self.cluster.pods,
            "bucket": size_in_bytes(self.object_store.bucket),
        }
        if named := self.pools.get(pool):
            capacity["database"] = size_in_bytes(named.database)
            capacity["connections"] = named.connections
        return {meter: self._oversold(meter, value) for meter, value in capacity.items()}

    def _oversold(self, meter: CapacityMeter, value: int) -> int:
        return int(value * Fraction(self.overcommit.get(meter, Decimal(1))))
