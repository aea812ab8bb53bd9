"""How requests look: one with its clock and history, many as a table, what waits for somebody."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.requests import State
    from yunzu.records.request_history import Moved
    from yunzu.services.requests.reading import Case, View, Waiting


def request(view: "View", zone: ZoneInfo, *, json: bool, rehearsed: bool = False) -> None:
    """One request; `rehearsed`: as it would be."""
    if json:
        print_json(document(view, zone) | ({"dry_run": True} if rehearsed else {}))
        return
    if rehearsed:
        print_line("nothing was changed; the request would be")
    print_table(("WHAT", "VALUE"), [row for row in _rows(view, zone) if row[1] not in (None, "")])
    print_line("")
    print_table(("STEP", "BY", "BEGUN", "DUE", "ENDED", "HOW"), _steps(view, zone))
    if view.pauses:
        print_line("")
        rows = [
            (one.kind, _at(one.started_at, zone), _at(one.ended_at, zone), one.reason, one.approved_by)
            for one in view.pauses
        ]
        print_table(("CLOCK STOOD", "FROM", "UNTIL", "REASON", "APPROVED BY"), rows)
    print_line("")
    print_table(("WHEN", "MOVE", "BY", "REASON"), [_move(one, zone) for one in view.moves])


def _rows(view: "View", zone: ZoneInfo) -> list[tuple[str, str | None]]:
    from yunzu_cli.show_items import limit, title

    one = view.request
    filed_by = f"{one.applicant}, by agent {one.agent} (代办)" if one.agent else one.applicant
    due = _at(view.due_at, zone)
    if due:
        due += (" provisional 暂定" if view.provisional else "") + (" OVERDUE 超期" if view.overdue else "")
    used = f"{_length(view.used)} of {_length(view.length)}" if view.length is not None else None
    return [
        ("request", one.number),
        ("item", f"{one.item} {title(view.item)}"),
        ("about", one.subject),
        ("state", _state(one.state)),
        ("reason", one.reason),
        ("emergency 紧急", one.emergency),
        ("department", one.department or "the centre"),
        ("applicant", filed_by),
        ("bundle", one.bundle),
        ("needs", ", ".join(one.needs)),
        ("submitted", _at(one.submitted_at, zone)),
        ("accepted", _at(view.accepted_at, zone)),
        ("promised", limit(view.item.promised)),
        ("due", due),
        ("done", _at(one.done_at, zone)),
        ("time used", used),
        ("from filing to end", _length(one.done_at - one.submitted_at) if one.done_at else None),
        ("rule", f"{view.rule}: {(one.ruling or {}).get('sentence', '')}" if view.rule else _why(view)),
        ("rating", f"{one.rating} of 5 (1: very satisfied)" if one.rating else None),
    ]


def _why(view: "View") -> str | None:
    """Why no rule has decided it, as long as that is of interest."""
    ruling = view.request.ruling
    if ruling is None or ruling["verdict"] == "grant":
        return None
    return f"{ruling['rule']} leaves it to people: {ruling['sentence']}"


def _steps(view: "View", zone: ZoneInfo) -> list[tuple[object, ...]]:
    from yunzu.model.labels import STEP_ROLE_LABELS

    names = {step.id: step.title.zh for step in view.item.steps}
    roles = cast("Mapping[str, object]", STEP_ROLE_LABELS)
    rows: list[tuple[object, ...]] = []
    for one in view.steps:
        by = _whose(one.account, one.principal) or (f"rule {one.ruling['rule']}" if one.ruling else "")
        how = " ".join(part for part in (_ACTIONS.get(one.action or ""), by, one.opinion) if part)
        moments = (_at(at, zone) for at in (one.started_at, one.due_at, one.ended_at))
        rows.append((f"{names.get(one.step, '')} {one.step}".strip(), roles[one.by], *moments, how))
    return rows


_ACTIONS = {
    "": "waits",
    "pass": "通过 passed",
    "skip": "免 left out",
    "return": "退回 returned",
    "refuse": "不予受理 refused",
    "deny": "不予许可 denied",
}


def _move(one: "Moved", zone: ZoneInfo) -> tuple[str, str, str, str | None]:
    by = (_whose(one.account, one.principal) or "") if one.authenticated != "system" else one.origin
    return _at(one.at, zone), _labelled_move(one.move), by, one.reason


def move_line(one: "Moved", zone: ZoneInfo) -> str:
    """A move as it comes, on one line."""
    at, move, by, reason = _move(one, zone)
    return f"{at}  {move} by {by}, now {_state(one.state_after)}" + (f": {reason}" if reason else "")


def _labelled_move(move: str) -> str:
    from yunzu.model.labels import MOVE_LABELS

    labels = cast("Mapping[str, object]", MOVE_LABELS)
    return str(labels.get(move, {"rate": "评价 rate", "recompute": "重算期限 recompute"}.get(move, move)))


def cases(found: Sequence["Case"], zone: ZoneInfo, *, json: bool) -> None:
    if json:
        print_json({"items": [case_document(one, zone) for one in found]})
        return
    if not found:
        stderr("no request; `yunzu item list` shows what can be asked for")
        return
    rows = [
        (
            one.request.number,
            one.item.title.zh,
            one.request.subject,
            _state(one.request.state) + (" 紧急" if one.request.emergency else ""),
            one.request.applicant,
            _at(one.due_at, zone) + (" 暂定" if one.provisional else "") + (" 超期" if one.overdue else ""),
        )
        for one in found
    ]
    print_table(("REQUEST", "ITEM", "ABOUT", "STATE", "APPLICANT", "DUE"), rows)


def inbox(found: Sequence["Waiting"], zone: ZoneInfo, *, json: bool) -> None:
    if json:
        items = [
            {
                "id": one.request.number,
                "item": one.request.item,
                "subject": one.request.subject,
                "department": one.request.department,
                "applicant": one.request.applicant,
                "step": one.step.step,
                "due_at": _iso(one.due_at, zone),
                "moves": list(one.moves),
            }
            for one in found
        ]
        print_json({"items": items})
        return
    if not found:
        stderr("nothing waits for you")
        return
    rows = [
        (
            one.request.number,
            one.request.item,
            one.request.subject,
            one.step.step,
            _at(one.due_at, zone),
            ", ".join(one.moves),
        )
        for one in found
    ]
    print_table(("REQUEST", "ITEM", "ABOUT", "STEP", "DUE", "YOU MAY"), rows)


def case_document(case: "Case", zone: ZoneInfo) -> dict[str, Any]:
    """What a list says of one; the contract's keys that need no history."""
    one, item = case.request, case.item
    return {
        "id": one.number or None,  # a request that was not really filed has none
        "item": one.item,
        "state": one.state,
        "result": case.result,
        "applicant": one.applicant,
        "department": one.department,
        "submitted_at": _iso(one.submitted_at, zone),
        "accepted_at": _iso(case.accepted_at, zone),
        "due_at": _iso(case.due_at, zone),
        "done_at": _iso(one.done_at, zone),
        "promised": {"n": item.promised.n, "unit": item.promised.unit},
        "used_seconds": round(case.used.total_seconds(), 3),
        "subject": one.subject,
        "subject_kind": one.subject_kind,
        "agent": one.agent,
        "bundle": one.bundle,
        "needs": list(one.needs),
        "reason": one.reason,
        "emergency": one.emergency,
        "kind": item.case_kind,
        "title": {"zh": item.title.zh, "en": item.title.en},
        "promised_seconds": None if case.length is None else round(case.length.total_seconds(), 3),
        "elapsed_seconds": _elapsed(case),
        "statutory_due_at": _iso(case.statutory_due_at, zone),
        "provisional": case.provisional,
        "overdue": case.overdue,
        "rating": one.rating,
        "base_hash": one.base_hash,
        "requested_hash": one.requested_hash,
        "decided_hash": one.decided_hash,
    }


def document(view: "View", zone: ZoneInfo) -> dict[str, Any]:
    """A request as the contract has it, and more."""
    names = {step.id: step.title.zh for step in view.item.steps}
    steps = [
        {
            "step": one.step,
            "title": names.get(one.step),
            "by": one.by,
            "started_at": _iso(one.started_at, zone),
            "due_at": _iso(one.due_at, zone),
            "ended_at": _iso(one.ended_at, zone),
            "action": one.action,
            "account": one.account,
            "principal": one.principal,
            "opinion": one.opinion,
            "rule": one.ruling["rule"] if one.ruling else None,
        }
        for one in view.steps
    ]
    pauses = [
        {
            "kind": one.kind,
            "reason": one.reason,
            "started_at": _iso(one.started_at, zone),
            "ended_at": _iso(one.ended_at, zone),
            "approved_by": one.approved_by,
        }
        for one in view.pauses
    ]
    moves = [
        {
            "at": _iso(one.at, zone),
            "move": one.move,
            "state": one.state_after,
            "account": one.account,
            "principal": one.principal,
            "authenticated": one.authenticated,
            "origin": one.origin,
            "reason": one.reason,
            "detail": one.detail,
        }
        for one in view.moves
    ]
    more = {"ruling": view.request.ruling, "requested": view.request.requested, "moves": moves}
    return case_document(view, zone) | {"rule": view.rule, "steps": steps, "pauses": pauses} | more


def _whose(account: str | None, principal: str | None) -> str | None:
    """Who did it, and in whose place."""
    return account if principal is None else f"{account} for {principal}"


def _elapsed(case: "Case") -> float | None:
    """From filing to the end, by the wall clock."""
    done = case.request.done_at
    return None if done is None else round((done - case.request.submitted_at).total_seconds(), 3)


def _state(state: str) -> str:
    from yunzu.model.labels import STATE_LABELS

    return str(STATE_LABELS[cast("State", state)])


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")


def _at(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _length(length: timedelta) -> str:
    """`2 h 5 min`, `7.3 s`: office time where working days are promised."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min")) if n) or "0 min"
