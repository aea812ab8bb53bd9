"""Where manifests lie: `<department>/department.yaml`, `<department>/environments/<name>.yaml`, and
the centre's plans, items and calendars.

Only places are looked at here; what is in the files is read by `yunzu.model.reading`. Symbolic links
are not followed inside the tree: departments write it, and a link reaches files that are not theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yunzu.findings import Finding
from yunzu.model.text import escaped

DEPARTMENT_FILE = "department.yaml"
ENVIRONMENTS = "environments"
MAX_ENTRIES = 20_000  # of one directory; a centre has hundreds

# Kinds of manifest that other parts of the platform read (ARCHITECTURE.md, rooms).
_OTHER_KINDS = frozenset({"datasets", "shares", "publications", "apps"})
_NOTES = frozenset({"README.md"})


@dataclass(slots=True)
class Places:
    """The manifest files of a tree, in order of their names, and what lies where nothing is expected."""

    departments: list[Path] = field(default_factory=list)
    environments: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def complain(self, path: Path, code: str, message: str) -> None:
        self.findings.append(Finding(escaped(str(path)), "", code, message))


def _entries(directory: Path, places: Places) -> list[Path]:
    """What lies in a directory, sorted, without hidden entries; with a finding where it cannot be listed."""
    if directory.is_symlink():
        places.complain(directory, "not-a-file", "is a symbolic link; put the directory itself here")
        return []
    return _listed(directory, places)


def _listed(directory: Path, places: Places) -> list[Path]:
    try:
        found = [path for path in directory.iterdir() if not path.name.startswith(".")]
    except NotADirectoryError:
        places.complain(directory, "not-a-directory", "is not a directory; a directory is expected here")
    except FileNotFoundError:
        places.complain(directory, "missing", "does not exist; give a directory of manifests")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        places.complain(directory, "unreadable", f"cannot be listed: {reason}")
    else:
        if len(found) <= MAX_ENTRIES:
            return sorted(found)
        places.complain(directory, "too-many", f"holds {len(found)} entries; at most {MAX_ENTRIES} are read")
    return []


def _manifest_files(directory: Path, places: Places) -> Iterator[Path]:
    for path in _entries(directory, places):
        if path.suffix == ".yaml":
            yield path
        elif path.name not in _NOTES:
            advice = (
                f"rename it to {escaped(path.stem)}.yaml" if path.suffix == ".yml" else "move it elsewhere"
            )
            places.complain(path, "unexpected-file", f"is not a manifest (<name>.yaml); {advice}")


def _department(directory: Path, places: Places) -> None:
    entries = _entries(directory, places)
    if directory.is_symlink() or not directory.is_dir():
        return
    names = {path.name for path in entries}
    if DEPARTMENT_FILE not in names:
        places.complain(directory, "missing", f"has no {DEPARTMENT_FILE}; every department's folder has one")
    for path in entries:
        if path.name == DEPARTMENT_FILE:
            places.departments.append(path)
        elif path.name == ENVIRONMENTS:
            places.environments.extend(_manifest_files(path, places))
        elif path.name not in _OTHER_KINDS | _NOTES:
            places.complain(
                path,
                "unexpected-file",
                f"is not expected in a department's folder; it holds {DEPARTMENT_FILE} and {ENVIRONMENTS}/",
            )


def department_places(tenants: Path) -> Places:
    """All departments and environments under `tenants`; or of one, if it is a department's folder itself."""
    places = Places()
    if (tenants / DEPARTMENT_FILE).is_file():
        _department(tenants, places)
        return places
    for path in _listed(tenants, places):
        if path.is_dir() or path.is_symlink():
            _department(path, places)
        elif path.name not in _NOTES:
            places.complain(path, "unexpected-file", "is not a department's folder; move it elsewhere")
    return places


def plan_places(plans: Path) -> tuple[list[Path], list[Finding]]:
    """The files of plans."""
    return _flat_places(plans, "a plan (<id>.yaml)")


def item_places(items: Path) -> tuple[list[Path], list[Finding]]:
    """The files of items."""
    return _flat_places(items, "an item (<id>.yaml)")


def calendar_places(calendars: Path) -> tuple[list[Path], list[Finding]]:
    """The files of calendars."""
    return _flat_places(calendars, "a calendar (<year>.yaml)")


def _flat_places(directory: Path, what: str) -> tuple[list[Path], list[Finding]]:
    """The files of a directory that holds manifests of one kind and nothing else."""
    places = Places()
    files = [path for path in _listed(directory, places) if path.name not in _NOTES]
    for path in files:
        if path.suffix != ".yaml":
            places.complain(path, "unexpected-file", f"is not {what}; move it elsewhere")
    return [path for path in files if path.suffix == ".yaml"], places.findings
