"""Every template, in both languages, with hostile values."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from tests.support.messages import LINK, payload
from yunzu.errors import YunzuError
from yunzu.model.messages import EVENT_NAMES, EVENTS, LANGUAGES, Event, Language
from yunzu.services.messages import rendering
from yunzu.services.messages.rendering import TEMPLATE_OF, TEMPLATES, Templates, visible

HOSTILE = "a\r\nBcc: all@city.example\r\n\r\n<b>\u202e{{ 7*7 }}\x1b[2J"
CHINESE = re.compile("[\u4e00-\u9fff]")

every_event = pytest.mark.parametrize("event", EVENT_NAMES)
both_languages = pytest.mark.parametrize("language", LANGUAGES)


@every_event
@both_languages
def test_every_event_renders(event: Event, language: Language) -> None:
    text = Templates().render(event, payload(event), language)
    assert text.title.isprintable()
    assert 10 < len(text.title) <= 200
    assert LINK in text.body
    assert "\n\n\n" not in text.body
    assert text.body.endswith("\n")
    words = text.title + text.body.replace("审核", "")
    assert bool(CHINESE.search(words)) == (language == "zh")


@every_event
@both_languages
def test_optional_facts_may_be_missing(event: Event, language: Language) -> None:
    bare = payload(event, link=None, reason=None, step=None, item_en=None)
    text = Templates().render(event, bare, language)
    assert "None" not in text.title + text.body
    assert "\n\n\n" not in text.body


@every_event
@both_languages
def test_no_value_begins_a_header_or_a_line(event: Event, language: Language) -> None:
    names = {"about", "department", "request", "item_zh", "item_en", "step", "reason", "meter", "unit"}
    calm = Templates().render(event, payload(event, **dict.fromkeys(names, "calm")), language)
    text = Templates().render(event, payload(event, **dict.fromkeys(names, HOSTILE)), language)
    assert text.title.isprintable()
    assert text.body.count("\n") == calm.body.count("\n")
    assert all(character.isprintable() or character == "\n" for character in text.body)
    assert not re.search("^Bcc", text.body, re.MULTILINE)
    assert "49" not in text.title + text.body  # a value is never itself a template


def test_what_a_payload_did_not_clean_the_template_does(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = payload("waiting_for_me").model_copy(update={"item_zh": HOSTILE})
    text = Templates().render("waiting_for_me", raw, "zh")
    assert text.title.startswith("待办：a\\r\\nBcc: all@city.example\\r\\n\\r\\n<b>\\u202e")


@every_event
@both_languages
def test_a_template_names_only_the_facts_of_its_event(event: Event, language: Language) -> None:
    environment = rendering.environment(rendering.SHANGHAI)
    names, seen = [f"{language}/{TEMPLATE_OF[event]}.txt"], set()
    while names:
        source = (TEMPLATES / names.pop()).read_text("utf-8")
        tree = environment.parse(source)
        seen |= find_undeclared_variables(tree)
        names += [name for name in find_referenced_templates(tree) if name]
    assert seen <= set(visible(payload(event), language))
    assert set(visible(payload(event), language)) <= set(EVENTS[event].model_fields) | {"item"}


def test_every_template_is_used() -> None:
    used = {f"{language}/{name}.txt" for language in LANGUAGES for name in TEMPLATE_OF.values()}
    files = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}
    assert files - used == {"zh/request.txt", "en/request.txt"}


def test_what_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rendering.environment(rendering.SHANGHAI)
    with pytest.raises(UndefinedError):
        made.from_string("{{ password }}").render(visible(payload("decided"), "zh"))
    for source in ("{{ link }}", "{{ lipsum() }}", "{{ self.__class__ }}"):
        facts = visible(payload("decided", link=None), "zh")
        with pytest.raises(Exception, match=r"prints text|undefined"):
            made.from_string(source).render(facts)
    monkeypatch.setitem(rendering.TEMPLATE_OF, "decided", "delivered")
    with pytest.raises(YunzuError, match=r"zh/delivered\.txt: cannot be rendered"):
        Templates().render("decided", payload("decided"), "zh")


def test_moments_are_those_of_the_centre() -> None:
    late = payload("delivered", delivered_at=datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    assert "2027-01-01 00:30 UTC+08:00" in Templates().render("delivered", late, "zh").body
    there = Templates(ZoneInfo("America/St_Johns")).render("delivered", late, "en").body
    assert "2026-12-31 13:00 UTC-03:30" in there


def test_the_item_is_named_in_its_language() -> None:
    for language, name in (("zh", "新建环境"), ("en", "A new environment")):
        assert name in Templates().render("overdue", payload("overdue"), language).title
    assert "新建环境" in Templates().render("overdue", payload("overdue", item_en=None), "en").title


@pytest.mark.parametrize(
    ("decision", "chinese"), [("granted", "准予"), ("denied", "不予许可"), ("refused", "不予受理")]
)
def test_a_decision_is_said_with_its_reason(decision: str, chinese: str) -> None:
    made = payload("decided", decision=decision, reason="配额不足")
    text = Templates().render("decided", made, "zh")
    assert chinese in text.title
    assert "说明：配额不足" in text.body
    assert decision in Templates().render("decided", made, "en").title


def test_a_lease_and_a_full_quota_say_what_follows() -> None:
    templates = Templates()
    assert "暂停" in templates.render("lease_ending", payload("lease_ending"), "zh").body
    escalated = templates.render("lease_ending", payload("lease_ending", then="escalated"), "en").body
    assert "escalated" in escalated
    assert "full" in templates.render("quota_100", payload("quota_100", percent=100), "en").body
    assert "full" not in templates.render("quota_90", payload("quota_90", percent=99), "en").body
