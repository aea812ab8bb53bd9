"""`yunzu manifests …`: approved manifests as files, what differs, and asking for what was edited."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from yunzu_cli.acting import TokenFileOption, actor_at
from yunzu_cli.bringing import ApplicantOption, Way
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, TenantsOption, settings

if TYPE_CHECKING:
    from yunzu.model.actors import Actor
    from yunzu.services.manifests import Catalogue
    from yunzu.services.requests.office import Office
    from yunzu.services.requests.working_copy import Copy, Pushed, StaleError
    from yunzu.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The working copy: pull what is approved, diff, push edits.")


@app.command("pull")
def manifests_pull(
    home: HomeOption = None,
    tenants: TenantsOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write the approved manifests into the directory, and remember what each was written from."""
    from yunzu.services.requests import working_copy
    from yunzu_cli.output import print_json, print_line

    chosen = settings(home, tenants)
    files = _files(chosen)
    with _office(chosen, token_file) as (office, actor):
        copies = working_copy.compare(chosen.tenants, files, actor=actor, office=office)
    written = working_copy.pull(chosen.tenants, copies, dry_run=dry_run)
    if json:
        print_json({"ok": True, "dry_run": dry_run, "items": [_document(one) for one in written]})
        return
    for one in written:
        print_line(f"{'would write' if dry_run else 'wrote'} {one.path}")
    same = sum(one.state == "same" for one in copies)
    print_line(f"{len(written)} files differed, {same} say what is approved")


@app.command("diff")
def manifests_diff(
    home: HomeOption = None,
    tenants: TenantsOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the files say differently from what is approved."""
    from yunzu.services.requests import working_copy
    from yunzu_cli.output import print_file, print_json, print_line

    chosen = settings(home, tenants)
    files = _files(chosen)
    with _office(chosen, token_file) as (office, actor):
        copies = working_copy.compare(chosen.tenants, files, actor=actor, office=office)
    differing = [one for one in copies if one.state != "same"]
    if json:
        print_json({"ok": True, "items": [_document(one) for one in differing]})
        return
    for one in differing:
        print_line(f"{one.kind} {one.id}: {one.state}" + (", STALE" if one.is_stale else ""))
        print_file(one.three_ways() if one.is_stale and one.base_text else one.difference())
    if not differing:
        print_line("every file says what is approved")


@app.command("push")
def manifests_push(
    home: HomeOption = None,
    tenants: TenantsOption = None,
    applicant: ApplicantOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Ask for what was edited, as one bundle; what rules grant is delivered and proven."""
    from yunzu.services.requests import working_copy

    way = Way(token_file, applicant)
    chosen = settings(home, tenants)
    files = _files(chosen)
    with _office(chosen, token_file, dry_run=dry_run) as (office, actor):
        copies = working_copy.compare(chosen.tenants, files, actor=actor, office=office)
        try:
            pushed = working_copy.push(copies, way.asking(office, actor))
        except working_copy.StaleError as error:
            _show_stale(error, json=json)
            raise
    if not dry_run:
        pushed = _delivered(pushed, way, chosen)
        with _office(chosen, token_file) as (office, actor):
            found = working_copy.compare(chosen.tenants, files, actor=actor, office=office)
        working_copy.rebase(chosen.tenants, found)
    _show_pushed(pushed, json=json)


@contextmanager
def _office(
    chosen: "Settings", token_file: Path | None, *, dry_run: bool = False
) -> "Iterator[tuple[Office, Actor]]":
    """The office of the running centre and who comes to it; with `dry_run`, all of it is undone at the end.

    Raises UnreachableError when the centre is down, RefusedError for a token that is not valid.
    """
    from dataclasses import replace

    from yunzu.embedded import bootstrap
    from yunzu.services.requests.office import office_of
    from yunzu_stacks.centre import records_of

    with records_of(chosen) as records:
        office = office_of(chosen, records)
        actor = actor_at(office, chosen, token_file, centre=bootstrap.connections(chosen).centre)
        if not dry_run:
            yield office, actor
            return
        with office.records.rehearsal() as rehearsed:
            yield replace(office, records=rehearsed), actor


def _files(chosen: "Settings") -> "Catalogue":
    """The files, all checked; none where the directory is not there yet."""
    from yunzu.services.manifests import Catalogue
    from yunzu_cli import show

    return show.catalogue(chosen) if chosen.tenants.exists() else Catalogue({}, {}, {})


def _delivered(pushed: "list[Pushed]", way: Way, chosen: "Settings") -> "list[Pushed]":
    """The same, after what is granted was delivered; what stopped one is why the rest of it is left."""
    from dataclasses import replace

    from yunzu.errors import YunzuError
    from yunzu_cli.steps import steps
    from yunzu_stacks.centre import opened

    if not pushed:
        return []
    found = []
    with opened(chosen) as centre, steps("push") as on_event:
        by = way.bringing(chosen, centre, on_event)
        for one in pushed:
            requests, left = list(one.requests), one.left
            for index, request in enumerate(one.requests):
                if left:
                    break
                try:
                    requests[index] = by.deliver(request)
                except YunzuError as error:
                    left = str(error)
            found.append(replace(one, requests=tuple(requests), left=left))
    return found


def _document(one: "Copy") -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.id,
        "file": str(one.path),
        "state": one.state,
        "stale": one.is_stale,
        "base": one.base,
        "approved": one.approved_hash,
        "diff": one.three_ways() if one.is_stale and one.base_text else one.difference(),
    }


def _show_stale(error: "StaleError", *, json: bool) -> None:
    """The three ways of each file that was overtaken."""
    from yunzu_cli import show
    from yunzu_cli.output import print_json, stderr

    if json:
        items = [_document(one) for one in error.stale]
        print_json({"ok": False, "items": items, "error": show.error_document(error)})
        return
    for one in error.stale:
        stderr(f"{one.kind} {one.id}:\n{one.three_ways()}")


def _show_pushed(pushed: "list[Pushed]", *, json: bool) -> None:
    from yunzu_cli.output import print_json, print_line, print_table

    if json:
        items = [
            {
                "kind": one.copy.kind,
                "id": one.copy.id,
                "requests": [{"id": r.number, "item": r.item, "state": r.state} for r in one.requests],
                "left": one.left or None,
            }
            for one in pushed
        ]
        bundles = {request.bundle for one in pushed for request in one.requests}
        print_json({"ok": True, "bundle": next(iter(bundles), None), "items": items})
        return
    if not pushed:
        print_line("every file says what is approved; nothing was asked for")
        return
    rows = [
        (one.copy.id, request.number, request.item, request.state, one.left)
        for one in pushed
        for request in one.requests
    ]
    print_table(("MANIFEST", "REQUEST", "ITEM", "STATE", "LEFT"), rows)
