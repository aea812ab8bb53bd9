"""From a file to a manifest, or to everything that is wrong with it."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from yunzu.findings import Finding
from yunzu.model import documents
from yunzu.model.faults import sentence
from yunzu.model.files import UnreadableError, read_plain
from yunzu.model.manifests import Manifest
from yunzu.model.text import escaped

Read = TypeVar("Read", bound=Manifest)


def parse_manifest(model: type[Read], text: str, file: str) -> tuple[Read | None, list[Finding]]:
    """A manifest from its text, or None and all findings, each under the name `file`."""
    shown_file = escaped(file)
    try:
        document = documents.parse(text)
    except UnreadableError as error:
        return None, [error.finding(file)]
    findings = [fault.finding(file) for fault in document.faults]
    known = {finding.path for finding in findings if finding.path}
    manifest = None
    try:
        # by_name=False: a file says `from`, the field's Python name would be a second spelling of it
        manifest = model.model_validate(document.value, by_alias=True, by_name=False)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path, code, text = sentence(detail, model, document.written)
            if path not in known:
                findings.append(Finding(shown_file, path, code, text))
    return (None if findings else manifest), findings


def read_manifest(model: type[Read], path: Path) -> tuple[Read | None, list[Finding]]:
    """Like `parse_manifest`, from a file that strangers may have written."""
    try:
        text = read_plain(path)
    except UnreadableError as error:
        return None, [error.finding(path)]
    return parse_manifest(model, text, str(path))
