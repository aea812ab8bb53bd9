"""Import an invented estate into a directory of a test."""

from datetime import date
from pathlib import Path
from typing import Any

from tests.support import manifest_tree as tree
from tests.support.estate import write_estate
from yunzu.model.manifests import Environment
from yunzu.services.estate import Outcome, import_estate
from yunzu.services.manifests import load, load_plans

TODAY = date(2026, 11, 23)


def imported(tmp_path: Path, records: list[Any], **options: Any) -> Outcome:
    """Import records into `tmp_path/tenants`."""
    file = write_estate(tmp_path / "estate.jsonl", records)
    given = {"plans": load_plans(tree.PLANS), "today": TODAY} | options
    return import_estate(file, tmp_path / "tenants", **given)


def one_environment(tmp_path: Path) -> Environment:
    (environment,) = load(tmp_path / "tenants", tree.PLANS).environments.values()
    return environment


def codes(outcome: Outcome) -> list[str]:
    return [finding.code for finding in outcome.findings]


def snapshot(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}
