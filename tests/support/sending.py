"""A sender in a process of its own, as a worker is one.

    python -m tests.support.sending FAULT < ADDRESSES

FAULT is `none`, or `kill`: it ends itself after its first mail, before it can say that it was sent.
ADDRESSES is a JSON object with the records database and the mail server. Prints the counts.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from yunzu.clients.smtp import MailChannel
from yunzu.model.connections import Postgres
from yunzu.model.letters import Channel, Letter
from yunzu.model.message_channels import MailServer
from yunzu.records.database import Records
from yunzu.services.messages.rendering import Templates
from yunzu.services.messages.sending import send_due

ROOT = Path(__file__).parents[2]


class Killed:
    """Sends, and is gone."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def send(self, letter: Letter, now: datetime) -> None:
        self._channel.send(letter, now)
        os.kill(os.getpid(), signal.SIGKILL)


def start(fault: str, records: Postgres, server: MailServer) -> subprocess.Popen[str]:
    """The process; its output is the counts as JSON."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.sending", fault],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    json.dump({"records": _open(records), "server": _open(server)}, process.stdin)
    process.stdin.close()
    process.stdin = None
    return process


def _open(model: Postgres | MailServer) -> dict[str, Any]:
    values = {name: str(value) if isinstance(value, Path) else value for name, value in model}
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in values.items()
    }


def main() -> None:
    given = json.load(sys.stdin)
    channel: Channel = MailChannel(MailServer.model_validate(given["server"]))
    if sys.argv[1] == "kill":
        channel = Killed(channel)
    with Records(Postgres.model_validate(given["records"])) as records:
        counts = send_due(
            records,
            {"mail": channel},
            templates=Templates(),
            now=lambda: datetime.now(UTC) + timedelta(minutes=1),
        )
    print(json.dumps(asdict(counts)))  # noqa: T201 - it is the result


if __name__ == "__main__":
    main()
