"""Messages of every event, for the tests."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from yunzu.model.letters import Letter
from yunzu.model.messages import EVENT_NAMES, EVENTS, Event, Payload

DUE = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 15:00 in Shanghai
LINK = "https://cloud.nantong.example/requests/NT20261123-0007"
DELIVERY = UUID("0b2a0b9e-7d1d-4c55-9a0e-3b1f6c6d1f00")

_ALL: dict[str, Any] = {
    "department": "health",
    "about": "health/beds-prod",
    "link": LINK,
    "request": "NT20261123-0007",
    "item_zh": "新建环境",
    "item_en": "A new environment",
    "step": "审核",
    "due_at": DUE,
    "reason": None,
    "decision": "granted",
    "delivered_at": DUE,
    "until": date(2026, 12, 31),
    "days_left": 30,
    "then": "suspended",
    "status": "suspended",
    "answer_by": date(2026, 12, 10),
    "unanswered": 3,
    "meter": "cpu",
    "used": "8.5",
    "granted": "10",
    "unit": "cores",
    "percent": 85,
    "operator": "jiangyunkai",
    "change": "extended",
}


def payload(event: Event, **changes: Any) -> Payload:
    """A payload of that event, with other values where given."""
    kind = EVENTS[event]
    return kind(**{name: value for name, value in (_ALL | changes).items() if name in kind.model_fields})


def letter(**changes: Any) -> Letter:
    """A letter about a request that waits."""
    values: dict[str, Any] = {
        "delivery": DELIVERY,
        "event": "waiting_for_me",
        "subject": "NT20261123-0007/review",
        "recipient": "wang",
        "address": "wang@health.example",
        "language": "zh",
        "created_at": DUE,
        "title": "待办：新建环境（NT20261123-0007）",
        "text": "“新建环境”正在等待您处理。\n",
        "payload": payload("waiting_for_me").model_dump(mode="json"),
    }
    return Letter(**(values | changes))


__all__ = ["DELIVERY", "DUE", "EVENT_NAMES", "LINK", "letter", "payload"]
