"""Plans (套餐): what a right of use amounts to. Owned by the centre, under `centre/plans/`."""

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from yunzu.model.identifiers import Identifier
from yunzu.model.manifests import Manifest, Title
from yunzu.model.quantities import Count, Cpu, Size, millicores, size_in_bytes
from yunzu.model.text import shown


class Compute(Manifest):
    """CPU and memory: `requests` is what the scheduler reserves, `limits` what may be used at most."""

    cpu: Cpu
    memory: Size


def _not_below(upper: Compute, lower: Compute | None, name: str) -> Compute:
    """`upper`, if neither its CPU nor its memory is below `lower` (None: invalid itself). Else ValueError."""
    if lower and millicores(lower.cpu) > millicores(upper.cpu):
        raise ValueError(f"cpu {upper.cpu} is less than {lower.cpu}, which {name} says")
    if lower and size_in_bytes(lower.memory) > size_in_bytes(upper.memory):
        raise ValueError(f"memory {upper.memory} is less than {lower.memory}, which {name} says")
    return upper


class Container(Manifest):
    """LimitRange: what a container gets that asks for nothing, and the most that it may ask for."""

    request: Compute
    default: Compute
    maximum: Compute

    @field_validator("default", "maximum")
    @classmethod
    def _ordered(cls, value: Compute, info: ValidationInfo) -> Compute:
        lower = "request" if info.field_name == "default" else "default"
        return _not_below(value, info.data.get(lower), lower)


_COUNTED = frozenset(
    {"configmaps", "secrets", "services", "persistentvolumeclaims", "replicationcontrollers"}
    | {"resourcequotas", "services.nodeports", "services.loadbalancers"}
)
_COUNT_OF = re.compile(r"count/[a-z]{1,63}(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def _quota_key(key: str) -> str:
    """A ResourceQuota key that counts objects. CPU, memory, pods and storage have fields of their own.

    Source: Kubernetes, Resource Quotas, "Object count quota".
    """
    if len(key) > 200 or not (key in _COUNTED or _COUNT_OF.fullmatch(key)):
        raise ValueError(
            f"{shown(key)} counts no objects; write a plural like 'secrets', "
            "or 'count/<plural>.<group>' like 'count/deployments.apps'"
        )
    return key


QuotaKey = Annotated[str, AfterValidator(_quota_key)]


class DatabasePlan(Manifest):
    """Databases together: how many, how large, how many connections in sum."""

    count: Count
    size: Size
    connections: Annotated[int, Field(ge=1, le=10_000)]


class BucketPlan(Manifest):
    """Buckets together: how many, how many bytes in sum."""

    count: Count
    bytes: Size


def _amount(value: object) -> object:
    """Text or a whole number. A float has no exact cents, and true is an integer to Python."""
    if isinstance(value, (bool, float)):
        raise ValueError(f"{shown(value)} is not an exact amount; write it in quotes: '380.00'")
    return value


class Price(Manifest):
    """Price of a month of the right of use, in kind: a budget figure between offices, not an invoice."""

    month: Annotated[
        Decimal, Field(ge=0, max_digits=12, decimal_places=2, strict=False), BeforeValidator(_amount)
    ]
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
    objects: dict[QuotaKey, Count] = Field(description="ResourceQuota keys of object counts")
    database: DatabasePlan
    bucket: BucketPlan

    @field_validator("limits")
    @classmethod
    def _requests_within_limits(cls, value: Compute, info: ValidationInfo) -> Compute:
        return _not_below(value, info.data.get("requests"), "requests")
