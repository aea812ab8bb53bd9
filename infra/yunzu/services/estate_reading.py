"""Read an estate file (JSON Lines) and choose records from it. Every line is a stranger's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from yunzu.errors import UsageError
from yunzu.findings import Finding
from yunzu.model.estate import KNOWN_KEYS, EstateRecord, database_verdict
from yunzu.model.faults import sentence
from yunzu.model.files import UnreadableError, read_plain
from yunzu.model.text import escaped, shown

ESTATE_BYTES = 64 * 2**20  # the largest estate known to us has 1 MiB
LINE_CHARACTERS = 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """A record and where it stands; `raw` is what conditions are compared with."""

    number: int
    record: EstateRecord
    raw: dict[str, Any]


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise ValueError("a key is there twice")
    return built


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse(text: str) -> dict[str, Any]:
    """Raises ValueError with a sentence."""
    if len(text) > LINE_CHARACTERS:
        raise ValueError(f"has {len(text)} characters; a record has at most {LINE_CHARACTERS}")
    try:
        value = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg.lower()} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("is not a record: it is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"is not JSON that can be taken: {escaped(str(error))[:80]}") from error
    if not isinstance(value, dict):
        raise ValueError(f"is not a record: {shown(value)} stands where keys and values are expected")
    return value


def read_lines(file: Path) -> tuple[list[Line], list[Finding]]:
    """All records that could be read, and a finding for each fault of each other."""
    name = escaped(str(file))
    try:
        text = read_plain(file, ESTATE_BYTES, links=True)
    except UnreadableError as error:
        return [], [error.finding(file)]
    lines: list[Line] = []
    findings: list[Finding] = []
    for number, raw_line in enumerate(text.split("\n"), start=1):
        if not raw_line.strip():
            continue
        try:
            raw = _parse(raw_line)
            lines.append(Line(number, EstateRecord.model_validate(raw), raw))
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                path, code, fact = sentence(detail, EstateRecord, {})
                findings.append(Finding(name, f"{number}:{path}", code, fact))
        except ValueError as error:
            findings.append(Finding(name, str(number), "malformed", str(error)))
    if not lines and not findings:
        findings.append(Finding(name, "", "empty", "holds no record; one JSON object per line is expected"))
    return lines, findings


def _counts(wanted: str, have: int) -> bool:
    return have > 0 if wanted == "yes" else have == 0 if wanted == "no" else str(have) == wanted


def _has(wanted: str, record: EstateRecord) -> bool:
    """Whether the environment would hold each of `database` and `bucket` that is asked for."""
    held = {
        "database": any(database_verdict(one).kept for one in record.databases),
        "bucket": bool(record.buckets),
    }
    unknown = set(wanted.split(",")) - set(held)
    if unknown:
        raise UsageError("--where", f"has={shown(wanted)} asks for what is not known", "has=database,bucket")
    return all(held[one] for one in wanted.split(","))


def _matches(line: Line, key: str, wanted: str) -> bool:
    if key == "has":
        return _has(wanted, line.record)
    if key in {"databases", "buckets"}:
        return _counts(wanted, len(getattr(line.record, key)))
    value = line.raw.get(key)
    if value is None or isinstance(value, bool):
        return wanted.lower() == ("null" if value is None else str(value).lower())
    return wanted == str(value)


def select(lines: Sequence[Line], where: Sequence[str]) -> list[Line]:
    """The records that meet every `KEY=VALUE`. Raises UsageError for what is none.

    `databases` and `buckets` take `yes`, `no` or how many the record lists; `has=database,bucket` asks
    for what can be hosted here, so a replica or another engine's database does not count.
    """
    conditions = [_condition(text, lines) for text in where]
    return [line for line in lines if all(_matches(line, key, wanted) for key, wanted in conditions)]


def _condition(text: str, lines: Sequence[Line]) -> tuple[str, str]:
    key, equals, wanted = text.partition("=")
    if not equals:
        raise UsageError("--where", f"{shown(text)} has no '='", "write KEY=VALUE, e.g. business_unit=HQ")
    if key != "has" and lines and not any(key in line.raw for line in lines):
        known = ", ".join(sorted(KNOWN_KEYS))
        raise UsageError("--where", f"no record has the key {shown(key)}", f"known keys: {known}, has, plan")
    return key, wanted
