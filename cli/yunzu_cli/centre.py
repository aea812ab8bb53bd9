"""`yunzu up`, `status`, `logs`, `down`: the centre's servers on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.options import HomeOption, JsonOption, settings

if TYPE_CHECKING:
    from yunzu.embedded.status import Status

_UNREACHABLE = 5


def up(home: HomeOption = None, json: JsonOption = False) -> None:
    """Start the centre's servers, or those that do not run; doing it twice changes nothing."""
    from yunzu.embedded import bootstrap, status
    from yunzu.services import preparing

    chosen = settings(home)
    with _steps("up", bootstrap.servers(chosen)) as progress:
        connections = bootstrap.up(chosen, progress=progress)
        progress("records and roles", "start", "")
        remarks = preparing.prepare(connections, bootstrap.administrator(chosen))
    _show_remarks(remarks)
    _show(status.status(chosen), json=json)


def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Ask every server whether it works. Ends with 5 if one does not."""
    from yunzu.embedded import status as asking

    found = asking.status(settings(home))
    _show(found, json=json)
    if not found.ok:
        raise typer.Exit(_UNREACHABLE)


def down(home: HomeOption = None, json: JsonOption = False) -> None:
    """Stop the centre's servers cleanly. Data stay."""
    from yunzu.embedded import bootstrap
    from yunzu_cli.output import print_json

    with _steps("down", []) as progress:
        stopped = bootstrap.down(settings(home), progress=progress)
    if json:
        print_json({"ok": True, "stopped": stopped})


def logs(
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Omitted: all of them.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of each.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    home: HomeOption = None,
) -> None:
    """Print what the servers wrote to their logs."""
    from yunzu.embedded import logs as kept
    from yunzu_cli.output import print_line

    files = kept.files(settings(home), server)
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
            "yes" if server.tls else "NO",
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
