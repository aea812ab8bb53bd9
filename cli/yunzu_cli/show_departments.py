"""How departments look: a table for people and a document for programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.services.people_import import PeopleImport


def departments(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.manifests import DepartmentsAnswer

    if json:
        print_json(body)
        return
    found = understood(DepartmentsAnswer, body).items
    if not found:
        stderr("no department yet; `yunzu dept new` writes the manifests of one")
        return
    rows = [(one.id, one.title.zh, len(one.people), len(one.environments)) for one in found]
    print_table(("DEPARTMENT", "TITLE", "PEOPLE", "ENVIRONMENTS"), rows)


def department(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.manifests import DepartmentAnswer

    if json:
        print_json(body)
        return
    found = understood(DepartmentAnswer, body)
    print_line(f"{found.id}  {found.title.zh}" + (f"  {found.title.en}" if found.title.en else ""))
    for heading, rows in (
        (("ACCOUNT", "NAME", "ROLES"), [(p.account, p.name, ", ".join(p.roles)) for p in found.people]),
        (("ENVIRONMENT",), [(identifier,) for identifier in found.environments]),
    ):
        if rows:
            print_line("")
            print_table(heading, rows)


def written(files: Mapping[Path, str], directory: Path, *, dry_run: bool, json: bool) -> None:
    """The new manifests of the department in `directory`, what is still to fill in, and what comes next."""
    from yunzu.services.departments import PLACEHOLDER

    if json:
        print_json({"ok": True, "files": [str(path) for path in files]})
        return
    for path, text in files.items():
        print_line(f"# {path}\n{text}" if dry_run else f"wrote {path}")
    if dry_run:
        stderr("nothing was written")
        return
    stderr(f"{PLACEHOLDER} stands for a name: put the steward's name and account into department.yaml")
    first = "" if len(files) > 1 else f"write an environment under {directory}/environments, then "
    stderr(f"next: {first}`yunzu validate {directory}`, then `yunzu onboard {directory}`")


def imported(made: "PeopleImport", *, dry_run: bool, json: bool) -> None:
    """What a spreadsheet makes of a department's people."""
    accounts = {"joining": made.joining, "changing": made.changing, "leaving": made.leaving}
    if json:
        about = {"ok": True, "findings": [], "file": str(made.file), "people": len(made.people)}
        print_json(
            about
            | {name: list(those) for name, those in accounts.items()}
            | {"ignored": list(made.ignored), "changed": made.changed, "dry_run": dry_run}
        )
        return
    for name, those in accounts.items():
        if those:
            print_line(f"{name}: {', '.join(those)}")
    for header in made.ignored:
        stderr(f"note: column {header} was not read")
    done = "is as it was" if not made.changed else "would be written" if dry_run else "written"
    print_line(f"{made.file}: {len(made.people)} people; {done}")
