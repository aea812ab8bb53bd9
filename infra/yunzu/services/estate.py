"""Import another platform's estate: each record becomes a manifest, or a finding that says why not."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from yunzu.errors import UsageError
from yunzu.findings import Finding
from yunzu.model.files import UnreadableError
from yunzu.model.manifests import Environment, Lease
from yunzu.model.plans import Plan
from yunzu.model.reading import parse_manifest
from yunzu.model.text import escaped, shown
from yunzu.services.estate_mapping import Mapped, mapped
from yunzu.services.estate_reading import read_lines, select
from yunzu.services.estate_writing import (
    department_text,
    environment_text,
    is_unchanged_import,
    present_text,
    write_files,
)
from yunzu.services.manifest_tree import DEPARTMENT_FILE, ENVIRONMENTS

NOTE = "note-"
EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did (or, with `dry_run`, would do). Notes inform; any other finding stops it all."""

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    files: Mapping[Path, str]

    @property
    def faults(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.code.startswith(NOTE))

    @property
    def ok(self) -> bool:
        return not self.faults


def year_from(start: date) -> Lease:
    """A lease of one year that begins on `start`; both days inclusive."""
    leap_day = (start.month, start.day) == (2, 29)
    next_start = date(start.year + 1, 3, 1) if leap_day else start.replace(year=start.year + 1)
    return Lease.model_validate({"from": start, "until": next_start - timedelta(days=1)})


def import_estate(
    file: Path,
    into: Path,
    *,
    plans: Mapping[str, Plan],
    where: Sequence[str] = (),
    limit: int | None = None,
    lease_from: date | None = None,
    today: date,
    dry_run: bool = False,
) -> Outcome:
    """Write departments and environments under `into`, all of them or, with any fault, none.

    Without `lease_from` a manifest imported earlier keeps its lease and a new one begins `today`, so
    that the same import has the same bytes on any day. Raises UsageError for `where` and `limit`,
    RefusedError where a file cannot be written.
    """
    if limit is not None and limit < 1:
        raise UsageError("--limit", f"is {limit}", "give a number from 1")
    lines, findings = read_lines(file)
    ordered = sorted(plans.values(), key=lambda plan: (plan.price.month, plan.pods, plan.id))
    wanted = _wanted_plans(where, plans)
    chosen = select(lines, [text for text in where if not text.startswith(_OF_PLAN)])
    results = [mapped(line, ordered, year_from(lease_from or today)) for line in chosen]
    results = [one for one in results if all(_plan(one) in each for each in wanted)][:limit]
    name = escaped(str(file))
    findings += [finding for result in results for finding in _findings(name, result)]
    findings += _collisions(name, results)
    writing = _Writing(into, keep_lease=lease_from is None)
    for result in results:
        if result.environment:
            writing.add(result)
    findings += writing.findings
    outcome = Outcome(tuple(findings), _counts(len(lines), results, findings, writing), writing.files)
    if outcome.ok and not dry_run:
        write_files(outcome.files.items())
    return outcome


_OF_PLAN = "plan="


def _wanted_plans(where: Sequence[str], plans: Mapping[str, Plan]) -> list[set[str]]:
    """What `plan=ID,ID` asks for: the plan that a record would get, which the record itself does not know."""
    found = [set(text.removeprefix(_OF_PLAN).split(",")) for text in where if text.startswith(_OF_PLAN)]
    for wanted in found:
        if unknown := sorted(wanted - set(plans)):
            fact = f"there is no plan {', '.join(map(shown, unknown))}"
            raise UsageError("--where", fact, f"plans: {', '.join(sorted(plans))}")
    return found


def _plan(result: Mapped) -> str | None:
    return result.environment.plan if result.environment else None


def _findings(file: str, result: Mapped) -> Iterator[Finding]:
    for path, code, fact in result.remarks:
        place = f"{result.line.number}:{path}" if path else str(result.line.number)
        yield Finding(file, place, code, f"{shown(result.line.record.namespace)}: {fact}")


def _collisions(file: str, results: Sequence[Mapped]) -> Iterator[Finding]:
    """Two records, or two spellings of a business unit, that would become one id."""
    kinds: tuple[tuple[str, str, Callable[[Mapped], tuple[str, str]]], ...] = (
        ("namespace", "environment", lambda one: (_id(one), f"line {one.line.number}")),
        ("business_unit", "department", lambda one: (_department(one), one.line.record.business_unit)),
    )
    for path, kind, pair in kinds:
        first: dict[str, str] = {}
        for result in results:
            if result.environment is None:
                continue
            key, source = pair(result)
            other = first.setdefault(key, source)
            if other != source:
                fact = f"{kind} '{key}' is also made from {shown(other)}; rename one of them"
                yield Finding(file, f"{result.line.number}:{path}", "taken", fact)


def _id(result: Mapped) -> str:
    return result.environment.id if result.environment else ""


def _department(result: Mapped) -> str:
    return result.department.id if result.department else ""


class _Writing:
    """Collects the files to write; looks at what is there already."""

    def __init__(self, into: Path, *, keep_lease: bool) -> None:
        self.into = into
        self.keep_lease = keep_lease
        self.files: dict[Path, str] = {}
        self.findings: list[Finding] = []
        self.departments: set[str] = set()
        self.unchanged = 0

    def add(self, result: Mapped) -> None:
        department, environment = result.department, result.environment
        if department is None or environment is None:
            return
        folder = self.into / department.id
        if department.id not in self.departments:
            self.departments.add(department.id)
            self._add_department(folder / DEPARTMENT_FILE, department_text(department))
        self._add_environment(
            folder / ENVIRONMENTS / f"{environment.name}.yaml", environment, result.line.record.namespace
        )

    def _present(self, path: Path) -> str | None:
        try:
            return present_text(path, self.into)
        except UnreadableError as error:
            self.findings.append(error.finding(path))
            return ""

    def _add_department(self, path: Path, text: str) -> None:
        """A department that is there stays: people are added to it by hand."""
        if self._present(path) is None:
            self.files[path] = text
        else:
            self.unchanged += 1

    def _add_environment(self, path: Path, environment: Environment, namespace: str) -> None:
        present = self._present(path)
        if present and is_unchanged_import(present):
            environment = self._with_lease_of(present, environment)
        text = environment_text(environment, namespace)
        if present == text:
            self.unchanged += 1
        elif present is None or is_unchanged_import(present):
            self.files[path] = text
        elif present:
            fact = "was changed or written by somebody else; move it away to import it again"
            self.findings.append(Finding(escaped(str(path)), "", EDITED, fact))

    def _with_lease_of(self, present: str, environment: Environment) -> Environment:
        earlier, _ = parse_manifest(Environment, present, "")
        if earlier is None or not self.keep_lease:
            return environment
        return environment.model_copy(update={"lease": earlier.lease})


def _counts(
    records: int, results: Sequence[Mapped], findings: Sequence[Finding], writing: _Writing
) -> dict[str, int]:
    environments = [result.environment for result in results if result.environment]
    codes = Counter(finding.code for finding in findings)
    notes = sum(count for code, count in codes.items() if code.startswith(NOTE))
    return {
        "records": records,
        "selected": len(results),
        "departments": len({environment.department for environment in environments}),
        "environments": len(environments),
        "databases": sum(len(environment.databases) for environment in environments),
        "buckets": sum(len(environment.buckets) for environment in environments),
        "replicas_left_out": codes["note-replica"],
        "other_engines_left_out": codes["note-other-engine"],
        "notes": notes,
        "faults": len(findings) - notes,
        "files": len(writing.files),
        "unchanged": writing.unchanged,
    }
