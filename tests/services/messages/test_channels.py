"""The channels that the settings name."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.webhook_sink import SECRET
from yunzu.errors import UsageError
from yunzu.services.messages.channels import channels
from yunzu.settings import Settings

HOOK = {"url": "https://office.example/hook", "secret": SECRET}


def test_nothing_configured_is_nothing_sent() -> None:
    assert channels(Settings()) == {}


def test_channels_are_named_as_preferences_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUNZU_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("YUNZU_SMTP_FROM", "cloud@nantong.example")
    monkeypatch.setenv("YUNZU_WEBHOOKS", json.dumps({"office": HOOK, "sms-gateway": HOOK}))
    assert sorted(channels(Settings())) == ["mail", "webhook/office", "webhook/sms-gateway"]


def test_they_may_stand_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["[webhooks.office]", f'url = "{HOOK["url"]}"', f'secret = "{SECRET}"']
    Path("yunzu.toml").write_text("\n".join(lines), "utf-8")
    assert list(channels(Settings())) == ["webhook/office"]


def test_what_is_incomplete_is_told(tmp_path: Path) -> None:
    url = "smtp://u:hidden-word@mail.example"
    with pytest.raises(UsageError, match="smtp_from: is missing"):
        channels(Settings.model_validate({"smtp_url": url}))
    gone = tmp_path / "gone.pem"
    given = {"smtp_url": url, "smtp_from": "c@n.example", "smtp_ca": gone}
    with pytest.raises(UsageError, match=r"smtp_ca: .* is not a file"):
        channels(Settings.model_validate(given))
    with pytest.raises(UsageError, match=r"webhooks\.office\.ca: .* is not a file"):
        channels(Settings.model_validate({"webhooks": {"office": {**HOOK, "ca": gone}}}))


@pytest.mark.parametrize("name", ["Office", "", "a" * 31, "office/sms", "büro"])
def test_a_name_that_no_preference_can_hold_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a webhook's name"):
        Settings.model_validate({"webhooks": {name: HOOK}})


def test_secrets_are_in_no_text_of_the_settings() -> None:
    made = Settings.model_validate(
        {"smtp_url": "smtp://u:hidden-word@mail.example", "webhooks": {"office": HOOK}}
    )
    assert "hidden-word" not in repr(made)
    assert SECRET not in repr(made)
    assert HOOK["url"] not in repr(made)
