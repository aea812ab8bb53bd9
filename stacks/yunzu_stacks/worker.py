"""A worker: takes what is due from one of the centre's queues and does it, until it is asked to stop.

`python -m yunzu_stacks.worker --queue delivery --name worker-delivery` is how the supervisor starts one, with
the settings of the last `up`.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from yunzu.embedded import beats, given
from yunzu.embedded.home import Home
from yunzu.errors import YunzuError
from yunzu.settings import Settings
from yunzu_stacks.centre import records_of

QUEUES = ("delivery", "background")


def work(settings: Settings, queue: str, *, name: str | None = None) -> None:
    """Work until SIGTERM or SIGINT. `name`: of a supervised one, which shows itself to `yunzu status`."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with records_of(settings):
        sys.stdout.write(f"at work on the queue {queue}\n")
        sys.stdout.flush()
        while True:
            if name is not None:
                beats.beat(Home(settings.home), name)
            if stop.wait(beats.EVERY_S):
                return


def main() -> int:
    """The module as a command."""
    parser = argparse.ArgumentParser(prog="yunzu_stacks.worker")
    parser.add_argument("--queue", choices=QUEUES, required=True)
    parser.add_argument("--name", required=True)
    asked = parser.parse_args()
    try:
        work(given.read(Path(os.environ["YUNZU_HOME"])), asked.queue, name=asked.name)
    except YunzuError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
