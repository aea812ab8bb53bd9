"""The API killed while people file: each request is filed, once, and nobody has to say it again."""

import json
import os
import signal
import time

from tests.support.bureau import Bureau
from yunzu.embedded.status import status
from yunzu.settings import Settings

NAMES = ("one", "two", "three", "four", "five", "six")


def test_no_filing_is_lost_or_doubled(bureau: Bureau, centre_settings: Settings) -> None:
    files = {name: bureau.manifest(name, plan="large", databases=[], buckets=[]) for name in NAMES}
    words = ("request", "new", "environment.new", "--no-wait", "--json", "--manifest")
    before = _pid(centre_settings)
    started = []
    for name in NAMES:
        started.append(bureau.command.process(*words, files[name], YUNZU_TOKEN=bureau.tokens["applicant"]))
        if len(started) == len(NAMES) // 2:
            time.sleep(1.0)  # the first of them ask by now
            os.kill(before, signal.SIGKILL)
    ended = [(one.communicate(timeout=120), one.returncode) for one in started]
    assert [code for _, code in ended] == [0] * len(NAMES), ended
    numbers = {json.loads(out)["id"] for (out, _), _ in ended}
    listed = bureau("applicant", "request", "list", "--json").items
    filed = [one["id"] for one in listed if one["subject"].partition("/")[2] in NAMES]
    assert sorted(filed) == sorted(numbers)
    assert len(numbers) == len(NAMES)
    assert _pid(centre_settings) != before
    for number in numbers:
        bureau("applicant", "request", "withdraw", number)


def _pid(settings: Settings) -> int:
    [found] = [one.pid for one in status(settings).servers if one.name == "api"]
    assert found
    return found
