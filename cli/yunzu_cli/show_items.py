"""How items look: what can be asked for, with its limits and steps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.items import Item, Step
    from yunzu.model.limits import Limit
    from yunzu.services.requests.offering import Offer

_UNITS = {"minute": "分钟 minutes", "hour": "小时 hours", "workday": "个工作日 working days"}


def items(offers: Sequence["Offer"], *, json: bool) -> None:
    from yunzu.model.labels import CASE_KIND_LABELS

    if json:
        print_json({"items": [_document(one) for one in offers]})
        return
    if not offers:
        stderr("no item; `yunzu up` takes those of centre/items into a new centre")
        return
    rows = [
        (
            one.item.id,
            title(one.item),
            CASE_KIND_LABELS[one.item.case_kind],
            limit(one.item.promised),
            len(one.item.steps),
            "yes" if one.offered else "not yet",
        )
        for one in offers
    ]
    print_table(("ITEM", "TITLE", "KIND", "PROMISED", "STEPS", "OFFERED"), rows)


def item(offer: "Offer", *, json: bool) -> None:
    from yunzu.model.labels import CASE_KIND_LABELS, STEP_ROLE_LABELS, SUBJECT_LABELS

    if json:
        print_json(_document(offer))
        return
    one = offer.item
    rows = [
        ("item", one.id),
        ("title", title(one)),
        ("kind", CASE_KIND_LABELS[one.case_kind]),
        ("about", SUBJECT_LABELS[one.subject]),
        ("promised", limit(one.promised)),
        ("statutory", " ".join(part for part in (limit(one.statutory), one.statutory.basis) if part)),
        ("offered", "yes" if offer.offered else "not yet"),
    ]
    print_table(("WHAT", "VALUE"), rows)
    print_line("")
    steps = [
        (step.id, title(step), STEP_ROLE_LABELS[step.by], limit(step.promised), _rule(step))
        for step in one.steps
    ]
    print_table(("STEP", "TITLE", "BY", "PROMISED", "UNLESS A RULE PASSES IT"), steps)


def title(one: "Item | Step") -> str:
    """Chinese, and English where there is one."""
    return " ".join(part for part in (one.title.zh, one.title.en) if part)


def limit(one: "Limit") -> str:
    """`5 个工作日 working days`."""
    return f"{one.n} {_UNITS[one.unit]}"


def _rule(step: "Step") -> str:
    from yunzu.model.labels import RULE_LABELS

    return f"{step.rule} ({RULE_LABELS[step.rule]})" if step.rule else ""


def _document(offer: "Offer") -> dict[str, Any]:
    one = offer.item
    return {
        "id": one.id,
        "title": {"zh": one.title.zh, "en": one.title.en},
        "kind": one.case_kind,
        "subject": one.subject,
        "promised": {"n": one.promised.n, "unit": one.promised.unit},
        "statutory": {"n": one.statutory.n, "unit": one.statutory.unit},
        "second_signatory": one.second_signatory,
        "offered": offer.offered,
        "steps": [
            {
                "id": step.id,
                "title": {"zh": step.title.zh, "en": step.title.en},
                "by": step.by,
                "promised": {"n": step.promised.n, "unit": step.promised.unit},
                "rule": step.rule,
            }
            for step in one.steps
        ],
    }
