"""What workers do: deliver requests, and what is done every minute."""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from procrastinate import App, BaseRetryStrategy, RetryDecision
from sqlalchemy import Connection

from yunzu.errors import InterruptError, YunzuError
from yunzu.records import deliveries, jobs
from yunzu.records.deliveries import Progress
from yunzu.records.queue import ADMIT, DELIVER, PERFORM, PUT_RIGHT, SHUT_OUT, Queue
from yunzu.services import background
from yunzu.services.background import Background
from yunzu.services.jobs import performing
from yunzu.services.probes import Probe
from yunzu.services.requests import delivering
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.office import office_of
from yunzu.settings import Settings
from yunzu_stacks.centre import opened, records_of
from yunzu_stacks.steps import Steps

PAUSES_S = (5, 15, 45, 120)  # between tries of a delivery; the next ones of its subject wait meanwhile
_JITTER = 0.25
_TELL_EVERY_S = 0.3


Enter = Callable[[Connection, str, Progress], None]

_ON_SERVERS: Mapping[str, tuple[Callable[..., object], Enter | None]] = {
    DELIVER: (delivering.deliver, deliveries.enter),
    PERFORM: (performing.perform, jobs.tell),
    ADMIT: (delivering.apply_people, None),
    SHUT_OUT: (delivering.shut_out, None),
    PUT_RIGHT: (delivering.put_right, None),
}
"""Task -> what does it to its subject, and where progress is entered for whoever waits."""


def register(app: App, queue: Queue, settings: Settings) -> None:
    """Give the worker's application the tasks of its queue."""
    if queue == "delivery":
        for name, (act, enter) in _ON_SERVERS.items():

            def work(subject: str, act: Any = act, enter: Enter | None = enter) -> None:
                with opened(settings) as centre:
                    using = Delivery(office_of(settings, centre.records), centre)
                    act(subject, with_=_told(subject, using, enter) if enter else using)

            app.task(name=name, queue=queue, retry=Retry())(work)
        return
    for name, duty in background.EVERY_MINUTE.items():

        def perform(timestamp: int, duty: background.Duty = duty) -> None:  # noqa: ARG001 - procrastinate's
            with records_of(settings) as records:
                duty(Background(settings, office_of(settings, records)))

        task = app.task(name=name, queue=queue, queueing_lock=name, lock=name)(perform)
        app.periodic(cron="* * * * *", periodic_id=name)(task)


class Retry(BaseRetryStrategy):
    """Another try of what may pass, after pauses that grow and end: a waiting one holds its subject up."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        if isinstance(exception, InterruptError):
            return RetryDecision(retry_in={"seconds": 0})
        if not isinstance(exception, delivering.PASSING) or job.attempts >= len(PAUSES_S):
            return None
        pause = PAUSES_S[job.attempts] * (1 + _JITTER * random.random())  # noqa: S311 - spreads, hides nothing
        return RetryDecision(retry_in={"seconds": round(pause)})


def _told(subject: str, using: Delivery, enter: Enter) -> Delivery:
    """Enters its progress for whoever waits for it, a few times a second at most."""
    last = [0.0]

    def tell(done: int, total: int, doing: str) -> None:
        if time.monotonic() - last[0] < _TELL_EVERY_S:
            return
        last[0] = time.monotonic()
        with suppress(YunzuError), using.office.records.transaction() as connection:
            enter(connection, subject, Progress(done, total, doing))

    steps = Steps(tell)

    def say(probe: Probe) -> None:
        steps.say(f"prove: {probe.name.partition(': ')[0]}")  # what follows may name a neighbour

    return replace(using, on_event=steps, on_probe=say)
