"""Who waits for a delivery: how that ends, and that the delivery does not end with it."""

import pytest

from tests.support.bureau import Bureau
from tests.support.workers import resting
from yunzu.settings import Settings


def test_waiting_ends_without_a_worker_and_with_ctrl_c_and_the_delivery_does_not(
    bureau: Bureau, centre_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(_: float) -> None:
        raise KeyboardInterrupt

    with resting(centre_settings):
        ended = bureau.ask("unattended", databases=[], buckets=[])
        assert (ended.code, ended.document["state"]) == (5, "granted")
        assert "no worker has looked for 5 s; `yunzu up` starts them" in ended.err
        number = ended.document["id"]
        with monkeypatch.context() as patched:
            patched.setattr("yunzu_cli.waiting.time.sleep", press)
            interrupted = bureau("applicant", "request", "deliver", number, "--json")
    assert (interrupted.code, interrupted.out) == (130, "")
    assert f"yunzu request watch {number}" in interrupted.err
    assert bureau("applicant", "request", "watch", number).code == 0
