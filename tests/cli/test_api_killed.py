"""The API killed while people file: each request is filed, once, and nobody has to say it again."""

import json
import os
import signal

from tests.support.bureau import Bureau
from tests.support.engine import wait_for
from yunzu.embedded.status import status
from yunzu.records import requests
from yunzu.settings import Settings

NAMES = ("one", "two", "three", "four", "five", "six")


def test_no_filing_is_lost_or_doubled(bureau: Bureau, centre_settings: Settings) -> None:
    """Killed once one is filed, while others file; and while the rest begins to, where nobody answers."""
    files = {name: bureau.manifest(name, plan="large", databases=[], buckets=[]) for name in NAMES}
    words = ("request", "new", "environment.new", "--no-wait", "--json", "--manifest")
    before = _pid(centre_settings)
    started = []
    for name in NAMES:
        started.append(bureau.command.process(*words, files[name], YUNZU_TOKEN=bureau.tokens["applicant"]))
        if len(started) == len(NAMES) // 2:
            wait_for(lambda: _filed(bureau), 120)
            os.kill(before, signal.SIGKILL)
    ended = [(one.communicate(timeout=120), one.returncode) for one in started]
    assert [code for _, code in ended] == [0] * len(NAMES), ended
    numbers = {json.loads(out)["id"] for (out, _), _ in ended}
    assert sorted(_filed(bureau)) == sorted(numbers)
    assert len(numbers) == len(NAMES)
    assert _pid(centre_settings) != before
    for number in numbers:
        bureau("applicant", "request", "withdraw", number)


def _filed(bureau: Bureau) -> list[str]:
    """Numbers of what the records have of these."""
    subjects = {f"{bureau.id}/{name}" for name in NAMES}
    with bureau.tenants.centre.records.transaction() as connection:
        found = requests.listed(connection, department=bureau.id)
    return [one.number for one in found if one.subject in subjects]


def _pid(settings: Settings) -> int:
    [found] = [one.pid for one in status(settings).servers if one.name == "api"]
    assert found
    return found
