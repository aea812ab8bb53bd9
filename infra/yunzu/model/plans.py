"""Plans (套餐): what a right of use amounts to. Owned by the centre, under `centre/plans/`."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from yunzu.model.identifiers import Identifier
from yunzu.model.manifests import Manifest, Title
from yunzu.model.quantities import Count, Cpu, Size, millicores, size_in_bytes


class Compute(Manifest):
    """CPU and memory: `requests` is what the scheduler reserves, `limits` what may be used at most."""

    cpu: Cpu
    memory: Size


class Container(Manifest):
    """LimitRange: what a container gets that asks for nothing, and the most that it may ask for."""

    request: Compute
    default: Compute
    maximum: Compute

    @model_validator(mode="after")
    def _ordered(self) -> "Container":
        pairs = (
            (self.request, self.default, "request", "default"),
            (self.default, self.maximum, "default", "maximum"),
        )
        for low, high, low_name, high_name in pairs:
            if millicores(low.cpu) > millicores(high.cpu):
                raise ValueError(f"cpu: {low_name} {low.cpu} is more than {high_name} {high.cpu}")
            if size_in_bytes(low.memory) > size_in_bytes(high.memory):
                raise ValueError(f"memory: {low_name} {low.memory} is more than {high_name} {high.memory}")
        return self


class DatabasePlan(Manifest):
    """Databases together: how many, how large, how many connections in sum."""

    count: Count
    size: Size
    connections: Annotated[int, Field(ge=1, le=10_000)]


class BucketPlan(Manifest):
    """Buckets together: how many, how many bytes in sum."""

    count: Count
    bytes: Size


class Price(Manifest):
    """Price of a month of the right of use, in kind: a budget figure between offices, not an invoice."""

    month: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, strict=False)]
    currency: Literal["CNY"]


class Plan(Manifest):
    """One plan that environments may name."""

    kind: Literal["Plan"]
    id: Identifier
    title: Title
    grade: Annotated[int, Field(ge=1, le=4)] = Field(description="Highest 等保 grade it may carry")
    pool: Identifier = Field(description="PostgreSQL server pool, for example tenants-1")
    self_service: bool = Field(description="Whether a request for it is decided by rule alone")
    price: Price
    requests: Compute
    limits: Compute
    container: Container
    pods: Count
    storage: Size = Field(description="Sum of PersistentVolumeClaim requests")
    ephemeral_storage: Size
    objects: dict[str, Count] = Field(description="ResourceQuota keys of object counts")
    database: DatabasePlan
    bucket: BucketPlan

    @model_validator(mode="after")
    def _requests_within_limits(self) -> "Plan":
        if millicores(self.requests.cpu) > millicores(self.limits.cpu):
            raise ValueError(f"cpu: requests {self.requests.cpu} are more than limits {self.limits.cpu}")
        if size_in_bytes(self.requests.memory) > size_in_bytes(self.limits.memory):
            raise ValueError(
                f"memory: requests {self.requests.memory} are more than limits {self.limits.memory}"
            )
        return self
