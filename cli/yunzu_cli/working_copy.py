"""`yunzu manifests …`: approved manifests as files, what differs, and asking for what was edited."""

from typing import TYPE_CHECKING, Any, cast

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, TenantsOption, settings
from yunzu_cli.request import ApplicantOption

if TYPE_CHECKING:
    from pathlib import Path

    from yunzu.clients.api import Api
    from yunzu.model.answers.manifests import ManifestAnswer
    from yunzu.services.manifests import Catalogue
    from yunzu.services.requests.working_copy import Approvals, Ask, Copy, Filed, Kept, Pushed, StaleError

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

    directory = settings(home, tenants).tenants
    files = _files(directory)
    with asking(home, token_file) as api:
        copies = working_copy.compare(directory, files, _approvals(api))
    written = working_copy.pull(directory, copies, dry_run=dry_run)
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

    directory = settings(home, tenants).tenants
    files = _files(directory)
    with asking(home, token_file) as api:
        copies = working_copy.compare(directory, files, _approvals(api))
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

    directory = settings(home, tenants).tenants
    files = _files(directory)
    with asking(home, token_file) as api:
        copies = working_copy.compare(directory, files, _approvals(api))
        try:
            pushed = working_copy.push(copies, _ask(api, applicant, dry_run=dry_run))
        except working_copy.StaleError as error:
            _show_stale(error, json=json)
            raise
        if not dry_run:
            pushed = [_delivered(one, api) for one in pushed]
            working_copy.rebase(directory, working_copy.compare(directory, files, _approvals(api)))
    _show_pushed(pushed, json=json)


def _files(directory: "Path") -> "Catalogue":
    """The files, all checked; none where the directory is not there yet."""
    from yunzu.services.manifests import Catalogue, load_tenants

    return load_tenants(directory) if directory.exists() else Catalogue({}, {}, {})


def _approvals(api: "Api") -> "Approvals":
    """What is approved, as far as whoever asks may see it."""
    from yunzu.clients.api import path_part, understood
    from yunzu.errors import NotFoundError
    from yunzu.model.answers.manifests import ManifestAnswer, ManifestsAnswer
    from yunzu.services.requests.working_copy import Approvals

    def past(kind: str, content_hash: str) -> "Kept | None":
        try:
            body = api.get(f"/manifests/{kind}/{path_part(content_hash)}")
        except NotFoundError:
            return None
        return _kept(understood(ManifestAnswer, body))

    found = understood(ManifestsAnswer, api.get("/manifests"))
    return Approvals(found.department, {(one.kind, one.id): _kept(one) for one in found.items}, past)


def _kept(one: "ManifestAnswer") -> "Kept":
    from yunzu.services.requests.truth import parsed

    return cast("Kept", parsed(one.kind, one.content))


def _ask(api: "Api", applicant: str | None, *, dry_run: bool) -> "Ask":
    from yunzu.clients.api import understood
    from yunzu.model.answers.manifests import AskedAnswer
    from yunzu.model.hashes import content

    def ask(one: "Copy", before: "tuple[Kept, ...]", bundle: str) -> AskedAnswer:
        words: dict[str, Any] = {
            "manifest": content(cast("Kept", one.mine)),
            "base": one.base or "",
            "applicant": applicant,
            "bundle": bundle,
        }
        if dry_run:  # nothing of what was asked for before is there
            words["after"] = [content(one) for one in before]
        return understood(AskedAnswer, api.post("/manifests", words, {"dry_run": dry_run}))

    return ask


def _delivered(one: "Pushed", api: "Api") -> "Pushed":
    """The same, after what is granted was delivered; what stopped one is why the rest of it is left."""
    from dataclasses import replace

    from yunzu.errors import InterruptError, YunzuError

    requests, left = list(one.requests), one.left
    for index, request in enumerate(one.requests):
        if left:
            break
        try:
            requests[index] = _deliver(request, api)
        except InterruptError:
            raise
        except YunzuError as error:
            left = str(error)
    return replace(one, requests=tuple(requests), left=left)


def _deliver(request: "Filed", api: "Api") -> "Filed":
    """As it is after its delivery. Raises what stopped that."""
    from dataclasses import replace

    from yunzu.clients.api import understood
    from yunzu.model.answers.requests import RequestAnswer
    from yunzu_cli import waiting

    number = request.number or ""
    waiting.delivered(number, request.state, api)
    return replace(request, state=understood(RequestAnswer, api.get(f"/requests/{number}")).state)


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
