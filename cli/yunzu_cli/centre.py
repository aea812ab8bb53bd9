"""`yunzu up`, `status`, `logs`, `down`: the centre's servers on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.options import DryRunOption, HomeOption, JsonOption, settings

if TYPE_CHECKING:
    from yunzu.embedded.foreseeing import Foreseen
    from yunzu.embedded.status import Status
    from yunzu.settings import Settings

_UNREACHABLE = 5


def up(home: HomeOption = None, dry_run: DryRunOption = False, json: JsonOption = False) -> None:
    """Start the centre's servers, or those that do not run; doing it twice changes nothing."""
    chosen = settings(home)
    if dry_run:
        from yunzu.embedded import foreseeing

        _foresee("yunzu up", chosen, foreseeing.up(chosen), json=json)
        return
    from yunzu.embedded import bootstrap, status
    from yunzu.services import preparing
    from yunzu.services.requests import opening

    if bootstrap.is_new(chosen):
        opening.check(chosen)
    with _steps("up", bootstrap.servers(chosen)) as progress:
        connections = bootstrap.up(chosen, progress=progress)
        progress("records and roles", "start", "")
        remarks = preparing.prepare(connections, bootstrap.administrator(chosen))
        remarks += _opened(chosen)
        bootstrap.start_own(chosen, progress=progress)
    _show_remarks(remarks)
    _show(status.status(chosen), json=json)


def _opened(chosen: "Settings") -> list[str]:
    """A new centre takes what its files say, and its officers get their first one-time codes."""
    from yunzu.services.accounts import codes
    from yunzu.services.requests import opening
    from yunzu.services.requests.office import office_of
    from yunzu_cli import show_accounts
    from yunzu_stacks.centre import records_of

    with records_of(chosen) as records:
        office = office_of(chosen, records)
        remarks = opening.adopt(chosen, office)
        show_accounts.ceremony(codes.ceremony(office), office.zone)
        return remarks


def serve(home: HomeOption = None) -> None:
    """Run the API in the foreground, to look at it; `yunzu up` keeps one running by itself."""
    import os
    import sys

    words = [sys.executable, "-m", "yunzu_portal"]
    os.execve(words[0], words, os.environ | {"YUNZU_HOME": str(settings(home).home.resolve())})  # noqa: S606


def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Ask every server whether it works. Ends with 5 if one does not."""
    from yunzu.embedded import status as asking

    found = asking.status(settings(home))
    _show(found, json=json)
    if not found.ok:
        raise typer.Exit(_UNREACHABLE)


def down(home: HomeOption = None, dry_run: DryRunOption = False, json: JsonOption = False) -> None:
    """Stop the centre's servers cleanly. Data stay."""
    from yunzu.embedded import bootstrap, foreseeing
    from yunzu_cli.output import print_json

    chosen = settings(home)
    if dry_run:
        _foresee("yunzu down", chosen, foreseeing.down(chosen), json=json)
        return
    with _steps("down", []) as progress:
        stopped = bootstrap.down(chosen, progress=progress)
    if json:
        print_json({"ok": True, "stopped": stopped})


def logs(
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Omitted: all of them.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of each.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Print what the servers wrote to their logs."""
    from yunzu.embedded import logs as kept
    from yunzu.errors import UsageError
    from yunzu_cli.output import print_json, print_line

    if json and follow:
        raise UsageError("logs", "--json is one document, and --follow never ends", "leave one of them out")
    files = kept.files(settings(home), server)
    if json:
        read = ((name, line) for name, path in files.items() for line in kept.last(path, lines))
        print_json({"items": [{"server": name, "line": line} for name, line in read]})
        return
    prefix = server is None
    for name, path in files.items():
        for line in kept.last(path, lines):
            print_line(f"{name}: {line}" if prefix else line)
    if follow:
        for name, line in kept.follow(files):
            print_line(f"{name}: {line}" if prefix else line)


@contextmanager
def _steps(task: str, servers: list[str]) -> Iterator[Callable[[str, str, str], None]]:
    """A progress callback of the embedded room, shown as one bar, or as plain lines."""
    from yunzu_cli.progress import shown

    done: set[str] = set()
    with shown() as bars:

        def progress(step: str, state: str, detail: str = "") -> None:
            if state == "done" and step in servers:
                done.add(step)
            words = " ".join(word for word in (step, detail if state == "done" else "…") if word)
            bars.update(task, len(done), len(servers), words)

        yield progress


def _foresee(command: str, chosen: "Settings", found: "Foreseen", *, json: bool) -> None:
    from yunzu_cli import show

    names = {"start": found.start, "keep": found.keep, "stop": found.stop}
    about = {"home": str(chosen.home), "processes": found.processes}
    if found.processes and not json:
        names["end"] = (f"{found.processes} processes",)
    show.foreseen(command, about, names, json=json)


def _show(found: "Status", *, json: bool) -> None:
    from yunzu_cli.output import print_json, print_line, print_table

    if json:
        print_json(found.as_json())
        return
    print_line(f"centre {found.centre} in {found.home}")
    rows = (
        (
            "ok" if server.ok else "DOWN",
            server.name + (" (simulated)" if server.simulated else ""),
            server.origin,
            server.version,
            server.address,
            "" if not server.address else "yes" if server.tls else "NO",
            f"{server.rss_bytes // 2**20} MB" if server.rss_bytes else "",
            (server.certificate_expires or "")[:10],
            server.detail,
        )
        for server in found.servers
    )
    columns = ("", "SERVER", "ORIGIN", "VERSION", "ADDRESS", "TLS", "MEMORY", "CERTIFICATE UNTIL", "")
    print_table(columns, rows)
    for one in found.certificates[:1]:
        print_line(
            f"certificates: {len(found.certificates)}; the earliest ends {one.ends:%Y-%m-%d} ({one.name})"
        )
    for one in found.certificates:
        if one.advice:
            print_line(f"ENDS SOON: {one.name} on {one.ends:%Y-%m-%d}: {one.advice}")


def _show_remarks(remarks: list[str]) -> None:
    from yunzu_cli.output import stderr

    for remark in remarks:
        stderr(f"note: {remark}")
