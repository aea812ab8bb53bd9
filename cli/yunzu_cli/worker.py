"""`yunzu worker`: one more worker, on this machine or another."""

from enum import StrEnum
from typing import Annotated

import typer

from yunzu_cli.options import HomeOption, settings


class QueueChoice(StrEnum):
    """The queues."""

    DELIVERY = "delivery"
    BACKGROUND = "background"


def worker(
    queue: Annotated[
        QueueChoice, typer.Option("--queue", help="Deliveries, or what is done every minute.")
    ] = QueueChoice.DELIVERY,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=16, help="How many jobs at once.")
    ] = 2,
    home: HomeOption = None,
) -> None:
    """Work on a queue until SIGTERM or Ctrl-C, besides the workers that `yunzu up` keeps running."""
    from yunzu_stacks.worker import Worker, begin_log

    begin_log()
    Worker(settings(home), queue.value, concurrency=concurrency).work()
