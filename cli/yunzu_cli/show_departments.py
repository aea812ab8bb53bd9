"""How departments look: a table for people and a document for programs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.services.departments import Summary
    from yunzu.services.people_import import PeopleImport


def departments(summaries: Sequence["Summary"], *, json: bool) -> None:
    if json:
        print_json({"items": [_document(one) for one in summaries]})
        return
    if not summaries:
        stderr("no department yet; `yunzu dept new` writes the manifests of one")
        return
    rows = [
        (one.department.id, one.department.title.zh, len(one.department.people), len(one.environments))
        for one in summaries
    ]
    print_table(("DEPARTMENT", "TITLE", "PEOPLE", "ENVIRONMENTS"), rows)


def _document(one: "Summary") -> dict[str, Any]:
    return one.department.model_dump(mode="json", exclude_none=True) | {
        "environments": list(one.environments)
    }


def department(one: "Summary", *, json: bool) -> None:
    if json:
        print_json(_document(one))
        return
    found = one.department
    print_line(f"{found.id}  {found.title.zh}" + (f"  {found.title.en}" if found.title.en else ""))
    for heading, rows in (
        (("ACCOUNT", "NAME", "ROLES"), [(p.account, p.name, ", ".join(p.roles)) for p in found.people]),
        (("ENVIRONMENT",), [(identifier,) for identifier in one.environments]),
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
