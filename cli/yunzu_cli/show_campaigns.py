"""How campaigns look: a table each, or a document."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.records.campaigns import Line
    from yunzu.services.leases.campaigns import Sheet

_HEADING = ("环境\nenvironment", "部门\ndepartment", "答复\nanswer", "办件编号\nrequest", "状态\nstate")
_ANSWERS = {
    "environment.renew": "续期 renew",
    "environment.resize": "缩减 shrink",
    "environment.retire": "退出 retire",
}


def sheets(
    found: "Sequence[Sheet]", *, json: bool, only_unanswered: bool = False, rehearsed: bool = False
) -> None:
    """Each with its lines. `rehearsed`: nothing was changed."""
    if json:
        items = [_document(one, only_unanswered) for one in found]
        print_json({"items": items} | ({"dry_run": True} if rehearsed else {}))
        return
    if rehearsed:
        stderr("nothing was changed; it would then be")
    if not found:
        stderr("no campaign was opened; an operator does: `yunzu campaign renew --until DATE`")
    for one in found:
        print_line(
            f"{one.campaign.id} · 续期至 until {one.campaign.until} · 答复截止 by {one.campaign.answer_by} · "
            f"未答复 unanswered {len(one.unanswered)}/{len(one.lines)}"
        )
        print_table(_HEADING, [_row(line) for line in _lines(one, only_unanswered)])


def _lines(one: "Sheet", only_unanswered: bool) -> "Sequence[Line]":
    return one.unanswered if only_unanswered else one.lines


def _row(line: "Line") -> tuple[object, ...]:
    answer = _ANSWERS.get(line.item, line.item) if line.item else "未答复 unanswered"
    return (line.environment, line.department, answer, line.request, line.state)


def _document(one: "Sheet", only_unanswered: bool) -> dict[str, Any]:
    from yunzu.records.campaigns import bundle
    from yunzu.services.leases.campaigns import is_answered

    return {
        "id": one.campaign.id,
        "until": one.campaign.until,
        "answer_by": one.campaign.answer_by,
        "opened_by": one.campaign.account,
        "opened_at": one.campaign.at.isoformat(),
        "unanswered": len(one.unanswered),
        "lines": [
            {
                "environment": line.environment,
                "department": line.department,
                "bundle": bundle(one.campaign.id, line.department),
                "item": line.item,
                "answered": is_answered(line),
                "request": line.request,
                "state": line.state,
            }
            for line in _lines(one, only_unanswered)
        ],
    }
