"""`yunzu request …` and `yunzu inbox`: ask, look, follow, have delivered."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.acting import Acting, TokenFileOption, acting
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, department_id, environment_id

if TYPE_CHECKING:
    from yunzu.records.requests import Request

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
    from yunzu.errors import UsageError
    from yunzu.services.requests import filing, proposing

    if (manifest is None) == (subject is None):
        raise UsageError("request new", "takes either --manifest FILE or --subject ID", "give one of them")
    if item == proposing.ERASE:
        raise UsageError(
            item, "is asked for with the id repeated", "`yunzu env destroy ID --erase-data --confirm ID`"
        )
    day = until.date() if until else None
    if manifest is not None and day is not None:
        raise UsageError("request new", "--until goes with --subject", "the manifest says until when")
    read = proposing.read(manifest) if manifest else None
    with acting(home, token_file, dry_run=dry_run) as who:
        proposed = read or proposing.of_subject(item, subject or "", day, office=who.office)
        proposal = filing.Proposal(
            item=item,
            manifest=proposed,
            applicant=proposing.applicant(applicant, proposed, who.actor),
            department=proposing.owner(proposed),
            base_hash=base,
            bundle=bundle,
            needs=tuple(needs or ()),
        )
        request = filing.file(proposal, actor=who.actor, office=who.office)
        if dry_run:
            show(request.number, who, json=json, rehearsed=True, unnumbered=True)
        else:
            finish(request, who, wait=wait, json=json)


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
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """List the requests that you may see, newest first."""
    from yunzu.services.requests import reading
    from yunzu_cli import show_requests

    with acting(home, token_file) as who:
        found = reading.listed(
            actor=who.actor,
            office=who.office,
            department=department,
            bundle=bundle,
            only_open=only_open,
        )
        show_requests.cases(found, who.office.zone, json=json)


@app.command("show")
def request_show(
    number: NumberArgument,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show one request: state, clock, who signed what, which rule decided."""
    with acting(home, token_file) as who:
        show(number, who, json=json)


@app.command("deliver")
def request_deliver(
    number: NumberArgument,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Have delivered what is granted, was cut short or has failed. Twice changes nothing."""
    from yunzu.services.requests import queueing

    with acting(home, token_file) as who:
        request = queueing.ask(number, actor=who.actor, office=who.office)
        finish(request, who, wait=wait, json=json)


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
    from yunzu.errors import YunzuError
    from yunzu.services.requests import reading
    from yunzu_cli import show_requests
    from yunzu_cli.output import print_line, stderr

    end = time.monotonic() + timeout
    seen = 0
    with acting(home, token_file) as who:
        while True:
            view = reading.show(number, actor=who.actor, office=who.office)
            for move in view.moves[seen:]:
                (stderr if json else print_line)(show_requests.move_line(move, who.office.zone))
            seen = len(view.moves)
            if view.request.done_at is not None:
                break
            left = end - time.monotonic()
            if left <= 0:
                fact = f"is {view.request.state} and has not ended after {timeout:g} s"
                raise YunzuError(f"request {number}", fact, "watch on, or see `yunzu request show`")
            time.sleep(min(_LOOK_EVERY_S, left))
        if json:
            show_requests.request(view, who.office.zone, json=True)


def inbox(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """List what waits for you, by due time; and notes what waits for a step that nobody can take."""
    from yunzu.services.accounts import stranded
    from yunzu.services.requests import reading
    from yunzu_cli import show_accounts, show_requests

    with acting(home, token_file) as who:
        found = reading.inbox(actor=who.actor, office=who.office)
        show_requests.inbox(found, who.office.zone, json=json)
        left = stranded.listed(actor=who.actor, office=who.office)
        show_accounts.print_stranded(left, who.office.zone)


def show(number: str, who: Acting, *, json: bool, rehearsed: bool = False, unnumbered: bool = False) -> None:
    """A request as the actor sees it. `rehearsed`: nothing was changed; `unnumbered`: nor was it filed."""
    from dataclasses import replace

    from yunzu.services.requests import reading
    from yunzu_cli import show_requests

    view = reading.show(number, actor=who.actor, office=who.office)
    if unnumbered:
        view = replace(view, request=replace(view.request, number=""))
    show_requests.request(view, who.office.zone, json=json, rehearsed=rehearsed)


def finish(request: "Request", who: Acting, *, wait: bool, json: bool) -> None:
    """Wait for its delivery if it is granted, and show it as it then is. Raises what stopped the delivery."""
    from yunzu.errors import YunzuError
    from yunzu_cli import waiting

    failure = None
    if wait:
        try:
            waiting.wait(request, who.office)
        except YunzuError as error:
            failure = error
    show(request.number, who, json=json)
    if failure is not None:
        raise failure


def moved(
    home: Path | None,
    token_file: Path | None,
    act: Callable[[Acting], "Request"],
    *,
    dry_run: bool,
    json: bool,
    wait: bool = False,
) -> None:
    """Make the move, wait for the delivery of what it granted, show the request."""
    with acting(home, token_file, dry_run=dry_run) as who:
        request = act(who)
        if dry_run:
            show(request.number, who, json=json, rehearsed=True)
        else:
            finish(request, who, wait=wait, json=json)
