"""Write imported manifests: the same bytes for the same input, whole files only, nobody's edits lost.

An imported environment begins with a line that holds the hash of what follows. As long as it is right,
the file is ours and a new import may rewrite it; a person's change makes it theirs.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from yunzu.errors import RefusedError
from yunzu.model.files import UnreadableError, read_plain
from yunzu.model.manifests import Department, Environment
from yunzu.model.text import escaped

_MARK = re.compile(
    r"# imported from namespace [a-z0-9-]+ of an estate; unchanged while sha256 is ([0-9a-f]{64})"
)


def _yaml(document: dict[str, Any]) -> str:
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=4096)
    return text


def department_text(department: Department) -> str:
    """The file of an imported department."""
    title = department.title.model_dump(exclude_none=True)
    return _yaml({"kind": "Department", "id": department.id, "title": title})


def environment_text(environment: Environment, namespace: str) -> str:
    """The file of an imported environment, with its mark."""
    body = _yaml(
        {
            "kind": "Environment",
            "id": environment.id,
            "system": environment.system.model_dump(exclude_none=True),
            "stage": environment.stage,
            "plan": environment.plan,
            "lease": {"from": environment.lease.start, "until": environment.lease.until},
            "databases": [claim.model_dump(exclude_none=True) for claim in environment.databases],
            "buckets": [claim.model_dump(exclude_none=True) for claim in environment.buckets],
        }
    )
    digest = hashlib.sha256(body.encode()).hexdigest()
    return f"# imported from namespace {namespace} of an estate; unchanged while sha256 is {digest}\n{body}"


def is_unchanged_import(text: str) -> bool:
    """Whether a file was written by an import and not touched since."""
    mark, _, body = text.partition("\n")
    match = _MARK.fullmatch(mark)
    return match is not None and match[1] == hashlib.sha256(body.encode()).hexdigest()


def present_text(path: Path, into: Path) -> str | None:
    """What lies at `path` inside `into`, or None. Raises UnreadableError, also for a linked directory:
    the import must not write outside the directory it was given."""
    for parent in path.parents:
        if parent == into:
            break
        if parent.is_symlink():
            raise UnreadableError("not-a-file", f"lies behind the symbolic link {escaped(str(parent))}")
    if not os.path.lexists(path):
        return None
    return read_plain(path)


def write_files(files: Iterable[tuple[Path, str]]) -> None:
    """Write each file whole or not at all. Raises RefusedError naming the one that cannot be written."""
    for path, text in files:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".import-", text=False)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    os.fchmod(file.fileno(), 0o644)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise RefusedError(
                escaped(str(path)), f"cannot be written: {reason}", "put it right and run the import again"
            ) from error
