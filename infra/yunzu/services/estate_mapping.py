"""Turn one record of an estate into an environment of ours, and say what did not come along."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from yunzu import naming
from yunzu.model.blueprints import misfits
from yunzu.model.estate import KNOWN_KEYS, PLAIN_MODULES, EstateRecord, database_verdict
from yunzu.model.faults import sentence
from yunzu.model.identifiers import identifier
from yunzu.model.manifests import BucketClaim, DatabaseClaim, Department, Environment, Lease
from yunzu.model.plans import Plan
from yunzu.model.quantities import millicores, size_in_bytes
from yunzu.model.stages import stage_of
from yunzu.model.text import escaped, shown
from yunzu.services.estate_reading import Line

GUESSED_STORAGE_GB = 10  # what three of four databases of the known estate have

Remark = tuple[str, str, str]
"""Path inside the record, stable code, sentence. A code that begins with `note-` stops nothing."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a record became: nothing (`environment` is None) if any remark is not a note."""

    line: Line
    department: Department | None
    environment: Environment | None
    remarks: tuple[Remark, ...]


def department_id(business_unit: str) -> str:
    """A business unit as a department's id: `Central Digital` -> `central-digital`. Raises ValueError."""
    slug = re.sub("[^a-z0-9]+", "-", business_unit.lower()).strip("-")
    return identifier(naming.shortened(slug))


def _claim(position: int) -> str:
    """Names of an estate's databases and buckets, which have none: `main`, `main-2`, `main-3` …"""
    return "main" if position == 1 else f"main-{position}"


def _databases(record: EstateRecord, remarks: list[Remark]) -> list[DatabaseClaim]:
    claims: list[DatabaseClaim] = []
    for index, database in enumerate(record.databases):
        verdict, path = database_verdict(database), f"databases[{index}]"
        if verdict.code:
            remarks.append((path, verdict.code, verdict.fact))
        if not verdict.kept:
            continue
        if database.storage_gb is None:
            fact = f"names no size; taken as {GUESSED_STORAGE_GB} GB"
            remarks.append((path, "note-size-guessed", fact))
        size = f"{database.storage_gb or GUESSED_STORAGE_GB}Gi"
        claims.append(DatabaseClaim(name=_claim(len(claims) + 1), size=size))
    return claims


def _buckets(record: EstateRecord, remarks: list[Remark]) -> list[BucketClaim]:
    for index, bucket in enumerate(record.buckets):
        if bucket.lifecycle:
            fact = "has lifecycle rules, which a manifest cannot say; set them in the bucket again"
            remarks.append((f"buckets[{index}]", "note-lifecycle", fact))
    return [
        BucketClaim(name=_claim(position), versioning=bucket.versioning)
        for position, bucket in enumerate(record.buckets, start=1)
    ]


def _left_behind(line: Line) -> Iterator[Remark]:
    record = line.record
    modules = [f"{escaped(name)[:40]} ({n})" for name, n in sorted(record.other_modules.items())[:40]]
    noted = [text for text in modules if text.split(" ")[0] not in PLAIN_MODULES]
    if noted:
        yield "other_modules", "note-modules", f"uses what the centre does not offer: {', '.join(noted)}"
    if record.egress_policy:
        yield "egress_policy", "note-egress", "has egress rules of its own; only the plan's are made here"
    unknown = sorted(set(line.raw) - KNOWN_KEYS)
    if unknown:
        names = ", ".join(shown(name) for name in unknown[:10])
        yield "", "note-unknown-key", f"holds what the importer does not know: {names}"


def _quota_misfits(quota: Mapping[str, str], plan: Plan) -> Iterator[str]:
    """What of the record's own quota is more than the plan has. Raises ValueError for what is no quantity."""
    if "pods" in quota:
        if not re.fullmatch("[0-9]{1,6}", quota["pods"]):
            raise ValueError(f"pods: {shown(quota['pods'])} is not a number of pods")
        if int(quota["pods"]) > plan.pods:
            yield f"{quota['pods']} pods, and plan {plan.id} has {plan.pods}"
    for group, have in (("requests", plan.requests), ("limits", plan.limits)):
        cpu, memory = quota.get(f"{group}.cpu"), quota.get(f"{group}.memory")
        if cpu is not None and millicores(cpu) > millicores(have.cpu):
            yield f"{group} of {cpu} CPU, and plan {plan.id} has {have.cpu}"
        if memory is not None and size_in_bytes(memory) > size_in_bytes(have.memory):
            yield f"{group} of {memory} memory, and plan {plan.id} has {have.memory}"


def smallest_plan(
    environment: Environment, quota: Mapping[str, str], plans: Sequence[Plan]
) -> tuple[Plan | None, list[str]]:
    """The first of `plans` (cheapest first) that holds the environment, or why the last one does not."""
    reasons: list[str] = []
    for plan in plans:
        reasons = [*_quota_misfits(quota, plan), *(fact for _, _, fact in misfits(environment, plan))]
        if not reasons:
            return plan, []
    return None, reasons


def _built(values: Mapping[str, Any]) -> Environment | list[Remark]:
    try:
        return Environment.model_validate(values)
    except ValidationError as error:
        return [sentence(detail, Environment, {}) for detail in error.errors(include_url=False)]


def _identity(record: EstateRecord) -> tuple[str, str] | list[Remark]:
    """Department and environment id, or why they cannot be had."""
    remarks: list[Remark] = []
    department = name = ""
    try:
        department = department_id(record.business_unit)
    except ValueError as error:
        remarks.append(("business_unit", "not-an-id", f"{shown(record.business_unit)} makes no id: {error}"))
    try:
        if len(record.namespace) > naming.MAX_IDENTIFIER:
            identifier(record.namespace, 253)
        name = identifier(naming.shortened(record.namespace))
    except ValueError as error:
        remarks.append(("namespace", "not-an-id", str(error)))
    return remarks or (department, name)


def mapped(line: Line, plans: Sequence[Plan], lease: Lease) -> Mapped:
    """One record as department and environment; `plans` cheapest first."""
    record = line.record
    identity = _identity(record)
    if isinstance(identity, list):
        return Mapped(line, None, None, tuple(identity))
    department, name = identity
    remarks: list[Remark] = []
    stage, code, fact = stage_of(record.environment, record.is_production)
    if code:
        remarks.append(("environment", code, fact))
    if not record.quota:
        fact = "names no quota; the plan is chosen by databases and buckets alone"
        remarks.append(("quota", "note-quota-missing", fact))
    title = record.application or record.namespace
    values = {
        "kind": "Environment",
        "id": naming.environment_id(department, name),
        "system": {"zh": title, "en": title},
        "stage": stage,
        "plan": plans[0].id if plans else "none-yet",
        "lease": {"from": lease.start, "until": lease.until},
        "databases": _databases(record, remarks),
        "buckets": _buckets(record, remarks),
    }
    remarks.extend(_left_behind(line))
    return _planned(line, _built(values), plans, remarks)


def _planned(
    line: Line, built: Environment | list[Remark], plans: Sequence[Plan], remarks: list[Remark]
) -> Mapped:
    """Give the environment its plan and department, or say why it has none."""
    if isinstance(built, list):
        return Mapped(line, None, None, (*remarks, *built))
    try:
        plan, reasons = smallest_plan(built, line.record.quota or {}, plans)
    except ValueError as error:
        return Mapped(line, None, None, (*remarks, ("quota", "invalid", str(error))))
    if plan is None:
        why = "; ".join(reasons) or "there is no plan"
        return Mapped(line, None, None, (*remarks, ("quota", "no-plan", f"fits no plan: {why}")))
    try:
        unit = line.record.business_unit
        department = Department.model_validate(
            {"kind": "Department", "id": built.department, "title": {"zh": unit, "en": unit}}
        )
    except ValidationError as error:
        faults = [sentence(detail, Department, {}) for detail in error.errors(include_url=False)]
        invalid = dict.fromkeys(("business_unit", code, fact) for _, code, fact in faults)
        return Mapped(line, None, None, (*remarks, *invalid))
    return Mapped(line, department, built.model_copy(update={"plan": plan.id}), tuple(remarks))
