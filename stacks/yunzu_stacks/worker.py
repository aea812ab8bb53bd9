"""A worker: takes what is due from one of the centre's queues and does it, until it is asked to stop.

`python -m yunzu_stacks.worker --queue delivery --name worker-delivery` is how the supervisor starts one, with
the settings of the last `up`. As many as one likes work beside each other, on as many machines: nothing but
the queue coordinates them. What a dead or hanging one had under way is another's soon.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker as QueueWorker

from yunzu.embedded import beats, given
from yunzu.embedded.home import Home
from yunzu.errors import UnreachableError, YunzuError
from yunzu.records import queue as jobs
from yunzu.records.database import Records, subject
from yunzu.records.queue import Queue
from yunzu.settings import Settings
from yunzu_stacks import tasks
from yunzu_stacks.centre import records_of

GRACE_S = 10.0  # for what is under way when it has to stop; what takes longer is another worker's then
CONCURRENCY = 2  # the Pulumi CLI runs one at a time in a process; proving goes on beside it
_LOOK_S = 2.0  # for what no notification tells of: the next try of something
_STALLED_EVERY_S = 3.0


@dataclass(frozen=True)
class Worker:
    """One worker of one queue. `name`: of a supervised one, which shows itself to `yunzu status`."""

    settings: Settings
    queue: Queue
    concurrency: int = CONCURRENCY
    name: str | None = None

    def work(self, *, wait: bool = True) -> None:
        """Work until SIGTERM or SIGINT; with `wait` False, until nothing is due.

        Raises UnreachableError when the records are gone: whoever started it starts it again.
        """
        with records_of(self.settings) as records:
            try:
                asyncio.run(self._run(records, wait=wait))
            except ConnectorException as error:
                fact = f"ended the worker's session ({error.__cause__})"
                raise UnreachableError(subject(records.postgres), fact, "start the worker again") from error

    async def _run(self, records: Records, *, wait: bool) -> None:
        place = f"{socket.gethostname()} {os.getpid()}"
        session = jobs.session(records.postgres, self.queue, place)
        app = App(connector=PsycopgConnector(kwargs=session, min_size=1, max_size=4))
        tasks.register(app, self.queue, self.settings)
        async with app.open_async():
            worker = QueueWorker(
                app,
                queues=[self.queue],
                name=self.name or f"worker {place}",
                concurrency=self.concurrency,
                wait=wait,
                fetch_job_polling_interval=_LOOK_S,
                delete_jobs="always",  # requests and messages are the record of what was done
                install_signal_handlers=False,
                update_heartbeat_interval=jobs.HEARTBEAT_S,
                stalled_worker_timeout=jobs.STALLED_S,
            )
            beside = [asyncio.create_task(one) for one in (self._beat(), self._return_stalled(records))]
            for number in (signal.SIGTERM, signal.SIGINT) if _is_main() else ():
                asyncio.get_running_loop().add_signal_handler(number, self._stop, worker, records)
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                for one in beside:
                    one.cancel()

    async def _beat(self) -> None:
        while self.name is not None:
            beats.beat(Home(self.settings.home), self.name)
            await asyncio.sleep(beats.EVERY_S)

    async def _return_stalled(self, records: Records) -> None:
        def look() -> None:
            with suppress(YunzuError), records.transaction() as connection:
                jobs.return_stalled(connection, self.queue)

        while True:
            await asyncio.to_thread(look)
            await asyncio.sleep(_STALLED_EVERY_S)

    def _stop(self, worker: QueueWorker, records: Records) -> None:
        """Take nothing more, and wait for what is under way, though not for ever.

        What is left then goes on from any point, so the process ends at once, and the Pulumi CLI with it.
        """
        worker.stop()  # type: ignore[no-untyped-call]
        late = threading.Timer(GRACE_S, self._leave, [worker.worker_id, records])
        late.daemon = True
        late.start()

    def _leave(self, worker: int, records: Records) -> None:
        with suppress(YunzuError), records.transaction() as connection:
            jobs.return_own(connection, self.queue, worker)
        logging.warning("stopped with work under way; another worker goes on with it")
        os._exit(0)


def _is_main() -> bool:
    """Whether signals come to this thread."""
    return threading.current_thread() is threading.main_thread()


def main() -> int:
    """The module as a command."""
    parser = argparse.ArgumentParser(prog="yunzu_stacks.worker")
    parser.add_argument("--queue", choices=("delivery", "background"), required=True)
    parser.add_argument("--name", required=True)
    asked = parser.parse_args()
    begin_log()
    try:
        Worker(given.read(Path(os.environ["YUNZU_HOME"])), asked.queue, name=asked.name).work()
    except YunzuError as error:
        logging.error("%s", error)
        return error.exit_code
    return 0


def begin_log() -> None:
    """Say what is done on stderr, one line each."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("procrastinate.periodic").setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
