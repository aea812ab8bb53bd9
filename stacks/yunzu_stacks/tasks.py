"""What workers do: deliver requests, and what is done every minute."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from procrastinate import App, BaseRetryStrategy, RetryDecision

from yunzu.errors import InterruptError, YunzuError
from yunzu.records import deliveries
from yunzu.records.deliveries import Progress
from yunzu.records.queue import ADMIT, DELIVER, Queue
from yunzu.services import background
from yunzu.services.background import Background
from yunzu.services.requests import delivering
from yunzu.services.requests.delivering import Delivery
from yunzu.services.requests.office import Office, office_of
from yunzu.settings import Settings
from yunzu_stacks.centre import opened, records_of
from yunzu_stacks.steps import Steps

PAUSES_S = (5, 15, 45, 120)  # between tries of a delivery; the next ones of its subject wait meanwhile
_JITTER = 0.25
_TELL_EVERY_S = 0.3


def register(app: App, queue: Queue, settings: Settings) -> None:
    """Give the worker's application the tasks of its queue."""
    if queue == "delivery":

        def deliver(number: str) -> None:
            with opened(settings) as centre:
                office = office_of(settings, centre.records)
                with _told(number, office) as steps:
                    delivering.deliver(
                        number,
                        with_=Delivery(
                            office,
                            centre,
                            on_event=steps,
                            on_probe=lambda probe: steps.say(f"prove: {probe.name}"),
                        ),
                    )

        def admit(department: str) -> None:
            with opened(settings) as centre:
                using = Delivery(office_of(settings, centre.records), centre)
                delivering.apply_people(department, with_=using)

        app.task(name=DELIVER, queue=queue, retry=Retry())(deliver)
        app.task(name=ADMIT, queue=queue, retry=Retry())(admit)
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


@contextmanager
def _told(number: str, office: Office) -> Iterator[Steps]:
    """Progress of a delivery, written for whoever waits for it, a few times a second at most."""
    last = [0.0]

    def tell(done: int, total: int, doing: str) -> None:
        if time.monotonic() - last[0] < _TELL_EVERY_S:
            return
        last[0] = time.monotonic()
        with suppress(YunzuError), office.records.transaction() as connection:
            deliveries.enter(connection, number, Progress(done, total, doing))

    yield Steps(tell, 0)
