"""Start servers in parallel, each as soon as those it needs are ready."""

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event

from yunzu.embedded.programs import Progress, ServerProgram
from yunzu.embedded.supervision import Supervisor
from yunzu.errors import InterruptError, UnreachableError

READY_SECONDS = 90.0  # for one server; an idle machine needs 1 to 5
_FAILING_SECONDS = 15.0  # one that by then still ends at once will not come
_PAUSE = 0.05


def start_all(servers: Sequence[ServerProgram], *, supervisor: Supervisor, progress: Progress) -> None:
    """Return when every probe passes.

    Raises UnreachableError naming the first server that does not come and its log; the others stay
    as they are.
    """
    start = _Start(supervisor, progress, {server.name: Event() for server in servers})
    with ThreadPoolExecutor(max_workers=max(1, len(servers))) as pool:
        futures = [pool.submit(start.bring_up, server) for server in servers]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            start.stop.set()


class _Start:
    """One call of `start_all`: who is ready, and whether the others should give up."""

    def __init__(self, supervisor: Supervisor, progress: Progress, ready: dict[str, Event]) -> None:
        self.stop = Event()
        self._supervisor = supervisor
        self._progress = progress
        self._ready = ready

    def bring_up(self, server: ServerProgram) -> None:
        for name in server.after:
            if name not in self._ready:
                continue  # was started before
            while not self._ready[name].wait(_PAUSE):
                self._give_up_if_stopped()
        began = time.monotonic()
        self._progress(server.name, "start", "")
        if server.prepare:
            server.prepare()
        self._supervisor.start_server(server.name)
        self._await(server, began)
        if server.settle:
            server.settle()
        self._ready[server.name].set()
        self._progress(server.name, "done", f"{time.monotonic() - began:.1f} s")

    def _await(self, server: ServerProgram, began: float) -> None:
        while True:
            try:
                server.probe()
            except UnreachableError as error:
                self._give_up_if_stopped()
                self._give_up_if_failing(server, time.monotonic() - began, error)
            else:
                return
            time.sleep(_PAUSE)

    def _give_up_if_stopped(self) -> None:
        if self.stop.is_set():
            raise InterruptError("start", "was stopped", "run yunzu up again")

    def _give_up_if_failing(self, server: ServerProgram, seconds: float, error: UnreachableError) -> None:
        failing = seconds > _FAILING_SECONDS and self._supervisor.state(server.name) == "BACKOFF"
        if failing or seconds > READY_SECONDS:
            fact = "ends as soon as it is started" if failing else f"is not ready ({error.fact})"
            log = self._supervisor.log(server.name)
            raise UnreachableError(server.name, f"{fact}, after {seconds:.0f} s", f"see {log}") from error
