"""Webhooks, posted to a real HTTPS server that verifies their signature."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.mail_sink import mute_server
from tests.support.messages import DUE, letter
from tests.support.postgres import certificate
from tests.support.webhook_sink import PATH, SECRET, HookSink, hook_sink
from yunzu.clients.webhook import WebhookChannel, signature
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.message_channels import Webhook


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HookSink]:
    with hook_sink(tmp_path / "hook").running() as running:
        yield running


def moved(target: Webhook, port: int) -> Webhook:
    return Webhook.model_validate({**dict(target), "url": f"https://127.0.0.1:{port}{PATH}"})


def test_a_message_arrives_signed(server: HookSink) -> None:
    WebhookChannel("office", server.target).send(letter(), DUE)
    (posted,) = server.posted
    assert posted.path == PATH
    assert posted.is_genuine()
    assert not posted.is_genuine(b"another key of the same length..")
    assert posted.id == "msg_0b2a0b9e7d1d4c559a0e3b1f6c6d1f00"
    assert posted.headers["webhook-timestamp"] == str(int(DUE.timestamp()))
    assert posted.headers["content-type"] == "application/json"
    document = json.loads(posted.body)
    assert (document["type"], document["timestamp"]) == ("waiting_for_me", "2026-11-24T07:00:00+00:00")
    assert document["data"]["recipient"] == "wang"
    assert document["data"]["title"] == "待办：新建环境（NT20261123-0007）"
    assert document["data"]["payload"]["request"] == "NT20261123-0007"


def test_an_attempt_repeated_has_its_id_and_a_new_timestamp(server: HookSink) -> None:
    channel = WebhookChannel("office", server.target)
    channel.send(letter(), DUE)
    channel.send(letter(), DUE + timedelta(hours=1))
    first, second = server.posted
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert second.is_genuine()


def test_the_signature_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries' own tests."""
    import base64

    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, YunzuError) for status in (301, 307, 400, 410, 500)),
        *((status, UnreachableError) for status in (429, 502, 503)),
    ],
)
def test_an_answer_other_than_2xx_is_no_delivery(
    server: HookSink, status: int, error: type[YunzuError]
) -> None:
    server.status = status
    server.headers = {"Location": "https://127.0.0.1/elsewhere"}
    with pytest.raises(YunzuError, match=f"answered {status}") as caught:
        WebhookChannel("office", server.target).send(letter(), DUE)
    assert type(caught.value) is error
    assert len(server.posted) == 1


def test_a_redirect_is_not_followed(server: HookSink, tmp_path: Path) -> None:
    with hook_sink(tmp_path / "elsewhere").running() as elsewhere:
        server.status = 307
        server.headers = {"Location": elsewhere.target.url.get_secret_value()}
        with pytest.raises(YunzuError, match="a redirect"):
            WebhookChannel("office", server.target).send(letter(), DUE)
        assert elsewhere.posted == []


def test_a_certificate_of_somebody_else_is_refused(server: HookSink, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    target = server.target.model_copy(update={"ca": other})
    with pytest.raises(UnreachableError, match="certificate is not valid"):
        WebhookChannel("office", target).send(letter(), DUE)
    assert server.posted == []


def test_faults_are_told_without_address_and_secret(tmp_path: Path) -> None:
    target = hook_sink(tmp_path / "hook").target
    told = []
    with mute_server() as mute:
        for where, timeout in ((target, 5.0), (moved(target, mute), 0.3)):
            with pytest.raises(UnreachableError) as caught:
                WebhookChannel("office", where, timeout=timeout).send(letter(), DUE)
            told.append(str(caught.value))
    assert "Connection refused" in told[0]
    for text in told:
        assert text.startswith("webhook office at 127.0.0.1: does not answer")
        assert PATH not in text
        assert SECRET not in text
