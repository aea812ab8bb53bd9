"""Workers in tests: the supervised one kept from working, and one that works in this process."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from procrastinate import App, PsycopgConnector

from tests.support.engine import wait_for
from yunzu.embedded.own import WORKERS
from yunzu.embedded.status import status
from yunzu.records import queue
from yunzu.records.database import Records
from yunzu.settings import Settings
from yunzu_stacks.centre import records_of
from yunzu_stacks.tasks import Retry
from yunzu_stacks.worker import Worker


@contextmanager
def resting(settings: Settings, name: str = "worker-delivery") -> Iterator[int]:
    """The supervised worker stands still meanwhile, with nothing under way and no lock; gives its pid."""
    [pid] = [one.pid for one in status(settings).servers if one.name == name]
    assert pid
    with records_of(settings) as records:
        wait_for(partial(_stopped, pid, WORKERS[name], records), seconds=120)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


_BUSY = f"""
SELECT (SELECT count(*) FROM {queue.SCHEMA}.procrastinate_jobs WHERE status = 'doing' AND queue_name = %s)
     + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < %s)
"""  # noqa: S608 - a constant


def _stopped(pid: int, queue_name: str, records: Records) -> bool:
    """Whether it stopped between two jobs and two transactions; it goes on where it did not."""
    os.kill(pid, signal.SIGSTOP)
    with records.connect() as session:
        session.autocommit = True
        at = session.execute("SELECT clock_timestamp()").fetchone()
        assert at
        for _ in range(5):  # transactions of other processes end meanwhile
            if session.execute(_BUSY, [queue_name, at[0]]).fetchone() == (0,):
                return True
            time.sleep(0.1)
    os.kill(pid, signal.SIGCONT)
    return False


@contextmanager
def working_here(settings: Settings) -> Iterator[None]:
    """A worker of deliveries in this process, where a test may patch, instead of the supervised one."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.1):
            deliver_here(settings)

    with resting(settings):
        thread = threading.Thread(target=work, name="worker here")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(60)


def deliver_here(settings: Settings) -> None:
    """Deliver what is due, as a worker that ends when there is no more."""
    Worker(settings, "delivery").work(wait=False)


def drain(records: Records, deliver: Callable[[str], object]) -> None:
    """Call `deliver` with each request that is queued, in the queue's order, as long as there is one."""

    def perform(subject: str) -> object:
        return deliver(subject)

    async def run() -> None:
        app = App(connector=PsycopgConnector(kwargs=queue.session(records.postgres, "delivery", "of a test")))
        app.task(name=queue.DELIVER, queue="delivery", retry=Retry())(perform)
        async with app.open_async():
            await app.run_worker_async(
                queues=["delivery"],
                wait=False,
                listen_notify=False,
                install_signal_handlers=False,
                delete_jobs="always",
            )

    asyncio.run(run())
