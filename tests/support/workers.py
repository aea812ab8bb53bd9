"""Workers in tests: the supervised one kept from working, and one that works in this process."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from procrastinate import App, PsycopgConnector

from yunzu.embedded.status import status
from yunzu.records import queue
from yunzu.records.database import Records
from yunzu.settings import Settings
from yunzu_stacks.tasks import Retry
from yunzu_stacks.worker import Worker


@contextmanager
def resting(settings: Settings, name: str = "worker-delivery") -> Iterator[int]:
    """The supervised worker stands still meanwhile; gives its pid."""
    [pid] = [one.pid for one in status(settings).servers if one.name == name]
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


def deliver_here(settings: Settings) -> None:
    """Deliver what is due, as a worker that ends when there is no more."""
    Worker(settings, "delivery").work(wait=False)


def drain(records: Records, deliver: Callable[[str], object]) -> None:
    """Call `deliver` with each request that is queued, in the queue's order, as long as there is one."""

    async def run() -> None:
        app = App(connector=PsycopgConnector(kwargs=queue.session(records.postgres, "delivery", "of a test")))
        app.task(name=queue.DELIVER, queue="delivery", retry=Retry())(deliver)
        async with app.open_async():
            await app.run_worker_async(
                queues=["delivery"],
                wait=False,
                listen_notify=False,
                install_signal_handlers=False,
                delete_jobs="always",
            )

    asyncio.run(run())
