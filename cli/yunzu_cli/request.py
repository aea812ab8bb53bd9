"""`yunzu request …` and `yunzu inbox`: ask, look, follow, have delivered."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, department_id, environment_id

if TYPE_CHECKING:
    from yunzu.clients.api import Api

app = typer.Typer(no_args_is_help=True, help="Requests: file, follow, decide, deliver.")

NumberArgument = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The request's, for example YZ20261126-0003.")
]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Whether to wait for the delivery of what is granted.")
]
_LOOK_EVERY_S = 0.3


ManifestOption = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="The environment or department as it should be."),
]
SubjectOption = Annotated[
    str | None,
    typer.Option(
        "--subject",
        metavar="ID",
        callback=environment_id,
        help="Instead: the environment to suspend, resume, retire or renew.",
    ),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="With --subject: the last day of a renewal."),
]
ApplicantOption = Annotated[
    str | None,
    typer.Option("--applicant", metavar="ACCOUNT", help="Who applies, where an operator files (代办)."),
]
BaseOption = Annotated[
    str | None,
    typer.Option("--base", metavar="HASH", help="The approved content that it is written against."),
]
BundleOption = Annotated[
    str | None, typer.Option("--bundle", metavar="ID", help="What it belongs to, together with others.")
]
NeedsOption = Annotated[
    list[str] | None,
    typer.Option("--needs", metavar="NUMBER", help="A request to be done before; repeatable."),
]


@app.command("new")
def request_new(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="What is asked for; see `yunzu item list`.")],
    *,
    manifest: ManifestOption = None,
    subject: SubjectOption = None,
    until: UntilOption = None,
    applicant: ApplicantOption = None,
    base: BaseOption = None,
    bundle: BundleOption = None,
    needs: NeedsOption = None,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """File a request. What a rule grants is delivered and proven at once; the rest waits for people."""
    import secrets

    from yunzu.errors import UsageError
    from yunzu.model.hashes import content
    from yunzu.services.requests import proposing
    from yunzu_cli import show_requests

    if (manifest is None) == (subject is None):
        raise UsageError("request new", "takes either --manifest FILE or --subject ID", "give one of them")
    day = until.date() if until else None
    if manifest is not None and day is not None:
        raise UsageError("request new", "--until goes with --subject", "the manifest says until when")
    asked = {
        "item": item,
        "manifest": content(proposing.read(manifest)) if manifest else None,
        "subject": subject,
        "until": None if day is None else day.isoformat(),
        "applicant": applicant,
        "base": base,
        "bundle": bundle,
        "needs": list(needs or ()),
    }
    with asking(home, token_file) as api:
        key = "" if dry_run else secrets.token_urlsafe(24)
        filed = api.post("/requests", asked, {"dry_run": dry_run}, key=key)
        if dry_run:
            show_requests.request(filed, json=json)
        else:
            finish(filed, api, wait=wait, json=json)


@app.command("list")
def request_list(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that have not ended.")] = False,
    department: Annotated[
        str | None,
        typer.Option("--department", metavar="DEPT", callback=department_id, help="Of one department."),
    ] = None,
    bundle: Annotated[
        str | None, typer.Option("--bundle", metavar="ID", help="Those that belong together (全程代办).")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="NUMBER", help="Older ones than this request.")
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """List the requests that you may see, newest first, 200 at a time."""
    from yunzu_cli import show_requests

    with asking(home, token_file) as api:
        chosen = {"open": only_open, "department": department, "bundle": bundle, "before": before}
        show_requests.cases(api.get("/requests", chosen), json=json)


@app.command("show")
def request_show(
    number: NumberArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show one request: state, clock, who signed what, which rule decided."""
    from yunzu.clients.api import path_part
    from yunzu_cli import show_requests

    with asking(home, token_file) as api:
        show_requests.request(api.get(f"/requests/{path_part(number)}"), json=json)


@app.command("deliver")
def request_deliver(
    number: NumberArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Have delivered what is granted, was cut short or has failed. Twice changes nothing."""
    from yunzu.clients.api import path_part

    with asking(home, token_file) as api:
        finish(api.post(f"/requests/{path_part(number)}/deliver"), api, wait=wait, json=json)


@app.command("watch")
def request_watch(
    number: NumberArgument,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, metavar="SECONDS", help="How long to wait for its end.")
    ] = 600,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Print each move of a request as it comes, until it has ended. Ends with 1 if time runs out first."""
    from yunzu.clients.api import path_part, understood
    from yunzu.errors import YunzuError
    from yunzu.model.answers.requests import RequestAnswer
    from yunzu_cli import show_requests
    from yunzu_cli.output import print_line, stderr

    end = time.monotonic() + timeout
    seen = 0
    with asking(home, token_file) as api:
        while True:
            body = api.get(f"/requests/{path_part(number)}")
            one = understood(RequestAnswer, body)
            for move in one.moves[seen:]:
                (stderr if json else print_line)(show_requests.move_line(move))
            seen = len(one.moves)
            if one.done_at is not None:
                break
            left = end - time.monotonic()
            if left <= 0:
                fact = f"is {one.state} and has not ended after {timeout:g} s"
                raise YunzuError(f"request {number}", fact, "watch on, or see `yunzu request show`")
            time.sleep(min(_LOOK_EVERY_S, left))
        if json:
            show_requests.request(body, json=True)


def inbox(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """List what waits for you, by due time."""
    from yunzu_cli import show_requests

    with asking(home, token_file) as api:
        show_requests.inbox(api.get("/inbox"), json=json)


def move(number: str, verb: str, words: Mapping[str, Any] | None, **options: Any) -> None:
    """Make the move, wait for the delivery of what it granted, show the request. Options as `ask_for`'s."""
    from yunzu.clients.api import path_part

    ask_for(f"/requests/{path_part(number)}/{verb}", words, **options)


def ask_for(
    path: str,
    words: Mapping[str, Any] | None,
    *,
    home: Path | None,
    token_file: Path | None,
    dry_run: bool,
    json: bool,
    wait: bool = False,
) -> None:
    """Have something done that files or moves a request, and wait for what that granted; show the request."""
    from yunzu_cli import show_requests

    with asking(home, token_file) as api:
        done = api.post(path, words, {"dry_run": dry_run})
        if dry_run:
            show_requests.request(done, json=json)
        else:
            finish(done, api, wait=wait, json=json)


def finish(body: Any, api: "Api", *, wait: bool, json: bool) -> None:
    """Wait for the delivery of what is granted, and show the request as it then is. Raises what ended it."""
    from yunzu.errors import InterruptError, YunzuError
    from yunzu_cli import show_requests, waiting

    failure = None
    if wait and body["state"] in ("granted", "delivering"):
        try:
            waiting.delivery(body["id"], api)
        except InterruptError:
            raise
        except YunzuError as error:
            failure = error
        body = api.get(f"/requests/{body['id']}")
    show_requests.request(body, json=json)
    if failure is not None:
        raise failure
