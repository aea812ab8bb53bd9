"""How campaigns look: a table each, or a document."""

from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.answers.leases import CampaignLineAnswer

_HEADING = ("环境\nenvironment", "部门\ndepartment", "答复\nanswer", "办件编号\nrequest", "状态\nstate")
_ANSWERS = {
    "environment.renew": "续期 renew",
    "environment.resize": "缩减 shrink",
    "environment.retire": "退出 retire",
}


def campaigns(body: Any, *, json: bool) -> None:
    """Each with its lines."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.leases import CampaignsAnswer

    if json:
        print_json(body)
        return
    found = understood(CampaignsAnswer, body)
    if found.dry_run:
        stderr("nothing was changed; it would then be")
    if not found.items:
        stderr("no campaign was opened; an operator does: `yunzu campaign renew --until DATE`")
    for one in found.items:
        print_line(
            f"{one.id} · 续期至 until {one.until} · 答复截止 by {one.answer_by} · "
            f"未答复 unanswered {one.unanswered}/{one.asked}"
        )
        print_table(_HEADING, [_row(line) for line in one.lines])


def _row(line: "CampaignLineAnswer") -> tuple[object, ...]:
    answer = _ANSWERS.get(line.item, line.item) if line.item else "未答复 unanswered"
    return (line.environment, line.department, answer, line.request, line.state)
