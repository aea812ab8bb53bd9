"""Start servers in parallel, each as soon as those it needs are ready."""

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event

from yunzu.embedded.programs import Progress, ServerProgram
from yunzu.embedded.supervision import Supervisor, log_file
from yunzu.embedded.home import Home
from yunzu.errors import InterruptError, UnreachableError

READY_SECONDS = 90.0  # for one server; an idle machine needs 1 to 5
_PAUSE = 0.05


def start_all(
    servers: Sequence[ServerProgram], *, supervisor: Supervisor, home: Home, progress: Progress
) -> None:
    """Return when every probe passes. Raises the first server's error; the others stay as they are."""
    ready = {server.name: Event() for server in servers}
    stop = Event()

    def bring_up(server: ServerProgram) -> None:
        for name in server.after:
            _await(ready[name], stop)
        began = time.monotonic()
        progress(server.name, "start", "")
        if server.prepare:
            server.prepare()
        supervisor.start_server(server.name)
        _await_probe(server, home, stop)
        if server.settle:
            server.settle()
        ready[server.name].set()
        progress(server.name, "done", f"{time.monotonic() - began:.1f} s")

    with ThreadPoolExecutor(max_workers=max(1, len(servers))) as pool:
        futures = [pool.submit(bring_up, server) for server in servers]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            stop.set()


def _await(event: Event, stop: Event) -> None:
    while not event.wait(_PAUSE):
        if stop.is_set():
            raise InterruptError("start", "was stopped", "run yunzu up again")


def _await_probe(server: ServerProgram, home: Home, stop: Event) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            server.probe()
        except UnreachableError as error:
            if stop.is_set():
                raise InterruptError("start", "was stopped", "run yunzu up again") from error
            if time.monotonic() > deadline:
                raise UnreachableError(
                    server.name,
                    f"is not ready after {READY_SECONDS:.0f} s ({error.fact})",
                    f"see {log_file(home, server.name)}",
                ) from error
            time.sleep(_PAUSE)
        else:
            return
