"""Messages as people read them: Chinese and English, from the templates beside this module.

A template is one file: the title on its first line, an empty line, the text. It sees the payload's facts
and nothing else. Whatever it prints is made fit to be shown, so no value can begin a header or a line.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, Undefined, select_autoescape

from yunzu.errors import YunzuError
from yunzu.model.messages import Event, Language, Payload, presentable

TEMPLATES = Path(__file__).parent / "templates"
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # one offset since 1991

_LONGEST_TITLE = 200  # characters

TEMPLATE_OF: dict[Event, str] = {
    "waiting_for_me": "waiting_for_me",
    "due_soon": "due_soon",
    "overdue": "overdue",
    "decided": "decided",
    "delivered": "delivered",
    "lease_ending": "lease_ending",
    "lease_ended": "lease_ended",
    "campaign": "campaign",
    "quota_80": "quota",
    "quota_90": "quota",
    "quota_100": "quota",
    "emergency": "emergency",
    "clock": "clock",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A message in one language. The title is one line."""

    title: str
    body: str


class Templates:
    """The templates, loaded once. Moments are shown in `zone`."""

    def __init__(self, zone: tzinfo = SHANGHAI) -> None:
        self._environment = environment(zone)

    def render(self, event: Event, payload: Payload, language: Language) -> Text:
        """Raises YunzuError when template and payload do not fit each other."""
        name = f"{language}/{TEMPLATE_OF[event]}.txt"
        try:
            text = self._environment.get_template(name).render(visible(payload, language))
        except TemplateError as error:
            raise YunzuError(f"template {name}", f"cannot be rendered ({type(error).__name__})") from error
        title, _, body = text.partition("\n")
        return Text(title.strip()[:_LONGEST_TITLE], body.strip() + "\n")


def environment(zone: tzinfo) -> Environment:
    """Jinja without any of its global functions, and strict: what is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html", "xml"), default_for_string=False),
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.clear()
    made.filters = {"moment": partial(_moment, zone=zone), "day": _day}
    return made


def visible(payload: Payload, language: Language) -> dict[str, Any]:
    """What a template sees: the payload's fields, and of an item's two titles the one of its language."""
    facts = payload.model_dump()
    if "item_zh" in facts:
        chinese, english = facts.pop("item_zh"), facts.pop("item_en")
        facts["item"] = english if language == "en" and english else chinese
    return facts


def _printed(value: object) -> object:
    if isinstance(value, Undefined):
        return value  # raises when it is printed
    if not isinstance(value, str | int):
        raise TemplateError(f"a template prints text, not {type(value).__name__}")
    return presentable(str(value))


def _moment(value: datetime, *, zone: tzinfo) -> str:
    local = value.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M} UTC{offset[:3]}:{offset[3:5]}"


def _day(value: date) -> str:
    return value.isoformat()
