"""How items look: what can be asked for, with its limits and steps."""

from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.answers.common import Span, Title
    from yunzu.model.answers.items import ItemStep, StatutorySpan

_UNITS = {"minute": "分钟 minutes", "hour": "小时 hours", "workday": "个工作日 working days"}


def items(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.items import ItemsAnswer
    from yunzu.model.labels import CASE_KIND_LABELS

    if json:
        print_json(body)
        return
    found = understood(ItemsAnswer, body).items
    if not found:
        stderr("no item; `yunzu up` takes those of centre/items into a new centre")
        return
    rows = [
        (
            one.id,
            title(one.title),
            CASE_KIND_LABELS[one.kind],
            limit(one.promised),
            len(one.steps),
            "yes" if one.offered else "not yet",
        )
        for one in found
    ]
    print_table(("ITEM", "TITLE", "KIND", "PROMISED", "STEPS", "OFFERED"), rows)


def item(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.items import ItemAnswer
    from yunzu.model.labels import CASE_KIND_LABELS, STEP_ROLE_LABELS, SUBJECT_LABELS

    if json:
        print_json(body)
        return
    one = understood(ItemAnswer, body)
    rows = [
        ("item", one.id),
        ("title", title(one.title)),
        ("kind", CASE_KIND_LABELS[one.kind]),
        ("about", SUBJECT_LABELS[one.subject]),
        ("promised", limit(one.promised)),
        ("statutory", _statutory(one.statutory)),
        ("offered", "yes" if one.offered else "not yet"),
    ]
    print_table(("WHAT", "VALUE"), rows)
    print_line("")
    by_law = ["STATUTORY"] if any(step.statutory for step in one.steps) else []
    steps = [
        (
            *(step.id, title(step.title), STEP_ROLE_LABELS[step.by], limit(step.promised)),
            *(_statutory(step.statutory) for _ in by_law),
            _rule(step),
        )
        for step in one.steps
    ]
    print_table(("STEP", "TITLE", "BY", "PROMISED", *by_law, "UNLESS A RULE PASSES IT"), steps)


def title(one: "Title") -> str:
    """Chinese, and English where there is one."""
    return " ".join(part for part in (one.zh, one.en) if part)


def limit(one: "Span") -> str:
    """`5 个工作日 working days`."""
    return f"{one.n} {_UNITS[one.unit]}"


def _statutory(one: "StatutorySpan | None") -> str:
    """The limit that the law sets, and the law."""
    return " ".join(part for part in (limit(one), one.basis) if part) if one else ""


def _rule(step: "ItemStep") -> str:
    from yunzu.model.labels import RULE_LABELS

    return f"{step.rule} ({RULE_LABELS[step.rule]})" if step.rule else ""
