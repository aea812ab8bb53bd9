"""How requests look: one with its clock and history, many as a table, what waits for somebody."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from yunzu_cli.output import print_json, print_line, print_table, stderr
from yunzu_cli.show_contents import contents

if TYPE_CHECKING:
    from yunzu.model.answers.requests import CaseAnswer, MoveAnswer, RequestAnswer, StrandedAnswer
    from yunzu.model.requests import State


def request(body: Any, *, json: bool) -> None:
    """One request, as it is or, rehearsed, as it would be."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.requests import RequestAnswer

    if json:
        print_json(body)
        return
    one = understood(RequestAnswer, body)
    if one.dry_run:
        print_line("nothing was changed; the request would be")
    print_table(("WHAT", "VALUE"), [row for row in _rows(one) if row[1] not in (None, "")])
    contents(one)
    _dated(one)
    print_line("")
    by_law = ["DUE BY LAW"] if any(step.statutory_due_at for step in one.steps) else []
    print_table(("STEP", "BY", "BEGUN", "DUE", *by_law, "ENDED", "HOW"), _steps(one, bool(by_law)))
    if one.pauses:
        print_line("")
        rows = [
            (pause.kind, _at(pause.started_at), _at(pause.ended_at), pause.reason, pause.approved_by)
            for pause in one.pauses
        ]
        print_table(("CLOCK STOOD", "FROM", "UNTIL", "REASON", "APPROVED BY"), rows)
    print_line("")
    print_table(("WHEN", "MOVE", "BY", "REASON"), [_move(move) for move in one.moves])


def _dated(one: "RequestAnswer") -> None:
    """What it would have the environment have beside its plan: whoever signs has to see it."""
    from yunzu.model.dated import ITEMS

    key = next((key for key, item in ITEMS.items() if item == one.item), None)
    if key is None:
        return
    rows = [
        (
            f"{entry['to']} {entry['protocol']} {', '.join(map(str, entry['ports']))}"
            if key == "egress"
            else f"{entry['account']} {entry['role']}",
            entry["until"],
            entry["reason"],
        )
        for entry in one.requested.get(key, ())
    ]
    print_line("")
    print_table(("WAY OUT" if key == "egress" else "ACCESS", "UNTIL", "REASON"), rows or [("none", "", "")])


def _rows(one: "RequestAnswer") -> list[tuple[str, str | None]]:
    from yunzu_cli.show_items import limit, title

    filed_by = f"{one.applicant}, by agent {one.agent} (代办)" if one.agent else one.applicant
    due = _at(one.due_at)
    if due:
        due += (" provisional 暂定" if one.provisional else "") + (" OVERDUE 超期" if one.overdue else "")
    promised = one.promised_seconds
    used = None if promised is None else f"{_length(one.used_seconds)} of {_length(promised)}"
    elapsed = None if one.elapsed_seconds is None else _length(one.elapsed_seconds)
    return [
        ("request", one.id),
        ("item", f"{one.item} {title(one.title)}"),
        ("about", one.subject),
        ("state", _state(one.state)),
        ("reason", one.reason),
        ("emergency 紧急", one.emergency),
        ("department", one.department or "the centre"),
        ("applicant", filed_by),
        ("bundle", one.bundle),
        ("needs", ", ".join(one.needs)),
        ("submitted", _at(one.submitted_at)),
        ("accepted", _at(one.accepted_at)),
        ("promised", limit(one.promised)),
        ("due", due),
        ("done", _at(one.done_at)),
        ("time used", used),
        ("from filing to end", elapsed),
        ("rule", f"{one.rule}: {(one.ruling or {}).get('sentence', '')}" if one.rule else _why(one)),
        ("rating", f"{one.rating} of 5 (1: very satisfied)" if one.rating else None),
    ]


def _why(one: "RequestAnswer") -> str | None:
    """Why no rule has decided it, as long as that is of interest."""
    ruling = one.ruling
    if ruling is None or ruling["verdict"] == "grant" or one.state not in ("submitted", "accepted"):
        return None
    return f"{ruling['rule']} leaves it to people: {ruling['sentence']}"


def _steps(one: "RequestAnswer", with_law: bool) -> list[tuple[object, ...]]:
    from yunzu.model.labels import STEP_ROLE_LABELS

    roles = cast("Mapping[str, object]", STEP_ROLE_LABELS)
    rows: list[tuple[object, ...]] = []
    for step in one.steps:
        by = _whose(step.account, step.principal) or (f"rule {step.rule}" if step.rule else "")
        how = " ".join(part for part in (_ACTIONS.get(step.action or ""), by, step.opinion) if part)
        by_law = [_at(step.statutory_due_at) + (" OVERDUE 超期" if step.overdue else "")] * with_law
        moments = (_at(step.started_at), _at(step.due_at), *by_law, _at(step.ended_at))
        rows.append((f"{step.title or ''} {step.step}".strip(), roles.get(step.by, step.by), *moments, how))
    return rows


_ACTIONS = {
    "": "waits",
    "pass": "通过 passed",
    "skip": "免 left out",
    "return": "退回 returned",
    "refuse": "不予受理 refused",
    "deny": "不予许可 denied",
}


def _move(one: "MoveAnswer") -> tuple[str, str, str, str | None]:
    by = _whose(one.account, one.principal) if one.authenticated != "system" else one.origin
    return _at(one.at), _labelled_move(one.move), by, one.reason


def _whose(account: str | None, principal: str | None) -> str:
    """Who did it, and in whose place."""
    return (account or "") if principal is None else f"{account} for {principal}"


def move_line(one: "MoveAnswer") -> str:
    """A move as it comes, on one line."""
    at, move, by, reason = _move(one)
    return f"{at}  {move} by {by}, now {_state(one.state)}" + (f": {reason}" if reason else "")


def _labelled_move(move: str) -> str:
    from yunzu.model.labels import MOVE_LABELS

    labels = cast("Mapping[str, object]", MOVE_LABELS)
    return str(labels.get(move, {"rate": "评价 rate", "recompute": "重算期限 recompute"}.get(move, move)))


def cases(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.requests import CasesAnswer

    if json:
        print_json(body)
        return
    page = understood(CasesAnswer, body)
    found = page.items
    if not found:
        stderr("no request; `yunzu item list` shows what can be asked for")
        return
    rows = [
        (
            one.id,
            one.title.zh,
            one.subject,
            _state(one.state) + (" 紧急" if one.emergency else ""),
            one.applicant,
            _due(one),
        )
        for one in found
    ]
    print_table(("REQUEST", "ITEM", "ABOUT", "STATE", "APPLICANT", "DUE"), rows)
    if page.next is not None:
        stderr(f"there are older ones: --before {page.next}")


def _due(one: "CaseAnswer") -> str:
    return _at(one.due_at) + (" 暂定" if one.provisional else "") + (" 超期" if one.overdue else "")


def inbox(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.requests import InboxAnswer
    from yunzu_cli import show_leases

    if json:
        print_json(body)
        return
    found = understood(InboxAnswer, body)
    rows = [
        (one.id, one.item, one.subject, one.step, _at(one.due_at), ", ".join(one.moves))
        for one in found.items
    ]
    if rows:
        print_table(("REQUEST", "ITEM", "ABOUT", "STEP", "DUE", "YOU MAY"), rows)
    elif not found.leases:
        stderr("nothing waits for you")
    if found.leases:
        show_leases.table(found.leases)
    stranded(found.stranded)


def stranded(found: "Iterable[StrandedAnswer]") -> None:
    """Notes about steps that nobody can take."""
    for one in found:
        due = f"{one.due_at:%Y-%m-%d %H:%M}"
        stderr(f"note: nobody can take step {one.step} ({one.by}) of {one.request}, due {due}")


def _state(state: str) -> str:
    from yunzu.model.labels import STATE_LABELS

    return str(STATE_LABELS[cast("State", state)])


def _at(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _length(seconds: float) -> str:
    """`2 h 5 min`, `7.3 s`: office time where working days are promised."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min")) if n) or "0 min"
