"""One environment as a government platform's estate file lists it: JSON Lines, written by strangers."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from yunzu.model.text import shown


class _Listed(BaseModel):
    """Of an estate's record we take what we can use; other keys are reported by the importer."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class EstateDatabase(_Listed):
    """A database, or a replica of one."""

    engine: str | None = None
    family: str | None = None
    version: str | None = None
    storage_gb: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    replica_of: bool = False


class EstateBucket(_Listed):
    """A bucket; the estate does not tell its size."""

    versioning: bool = False
    lifecycle: bool = False


class EstateRecord(_Listed):
    """One environment."""

    namespace: Annotated[str, Field(min_length=1, max_length=253)]
    business_unit: Annotated[str, Field(min_length=1, max_length=200)]
    application: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    environment: Annotated[str, Field(max_length=200)] | None = None
    is_production: bool | None = None
    quota: dict[str, str] | None = None
    databases: Annotated[tuple[EstateDatabase, ...], Field(strict=False, max_length=1000)] = ()
    buckets: Annotated[tuple[EstateBucket, ...], Field(strict=False, max_length=1000)] = ()
    other_modules: dict[str, int] = {}
    egress_policy: bool = False


# Known, and without a counterpart that anybody would miss.
UNUSED_KEYS = frozenset(
    {"team", "limit_range", "network_policies", "ingress_hosts", "pod_security", "review_after"}
)
KNOWN_KEYS = frozenset(EstateRecord.model_fields) | UNUSED_KEYS

# What every environment of ours has anyway, or what belongs to the other platform's own delivery.
PLAIN_MODULES = frozenset(
    {"ecr-credentials", "hmpps-egress-controls", "hmpps-template", "irsa"}
    | {"opensearch-alert", "pushgateway", "service-pod", "serviceaccount"}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a database comes along, and a code and sentence where somebody should know why."""

    kept: bool
    code: str = ""
    fact: str = ""


def _is_postgres(name: str) -> bool:
    return re.match("(aurora-)?postgres", name.lower()) is not None


# Major versions that PostgreSQL has and the other engines of an estate do not (MySQL 5 and 8, MariaDB
# 10 and 11; SQL Server writes 14.00 and 15.00, Oracle 19.0.0.0).
_POSTGRES_VERSION = re.compile(r"(9|1[2-8])(\.[1-9][0-9]?)?")


def database_verdict(database: EstateDatabase) -> Verdict:
    """Only a PostgreSQL primary is kept; where the engine is not named, it is guessed and said so."""
    if database.replica_of:
        return Verdict(
            False,
            "note-replica",
            "is a replica of another database and was left out; availability is the plan's",
        )
    engine, family = database.engine, database.family
    named = engine or family
    if named and not _is_postgres(named):
        return Verdict(
            False,
            "note-other-engine",
            f"runs {shown(named)} and was left out; the centre has PostgreSQL only",
        )
    if engine and family and not _is_postgres(family):
        fact = f"says engine {shown(engine)} and family {shown(family)}; taken as PostgreSQL"
        return Verdict(True, "note-engine-contradiction", fact)
    return Verdict(True) if engine else _guessed(family, database.version)


def _guessed(family: str | None, version: str | None) -> Verdict:
    """The verdict on a database that names no engine and whose family, if any, is PostgreSQL's."""
    if family:
        return Verdict(
            True, "note-engine-guessed", f"names no engine; taken as PostgreSQL by its family {shown(family)}"
        )
    if version and not _POSTGRES_VERSION.fullmatch(version):
        fact = f"names no engine, and version {shown(version)} is not PostgreSQL's; it was left out"
        return Verdict(False, "note-other-engine", fact)
    by = f"by its version {shown(version)}" if version else "which the estate's platform gives by default"
    return Verdict(True, "note-engine-guessed", f"names neither engine nor family; taken as PostgreSQL, {by}")
