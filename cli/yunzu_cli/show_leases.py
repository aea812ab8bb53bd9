"""How leases look that end: a table, a document."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_table, stderr

if TYPE_CHECKING:
    from yunzu.services.leases.tenures import Lease
    from yunzu.services.requests.office import Office

_HEADING = (
    "环境\nenvironment",
    "阶段\nstage",
    "止\nuntil",
    "剩余天数\ndays left",
    "使用权\nlease",
    "限期\ndue",
    "说明\nnote",
)


def leases(found: "Sequence[Lease]", office: "Office", *, json: bool, rehearsed: bool = False) -> None:
    """As a list. `rehearsed`: nothing was changed."""
    if json:
        document: dict[str, Any] = {"day": office.day, "items": [_item(one) for one in found]}
        print_json(document | ({"dry_run": True} if rehearsed else {}))
        return
    if rehearsed:
        stderr("nothing was changed; it would then be")
    if not found:
        stderr("no right of use ends soon; `yunzu lease list --all` shows every one")
        return
    print_table(_HEADING, [_row(one) for one in found])


def _row(one: "Lease") -> tuple[object, ...]:
    from yunzu.model.leases import STANDING_NAMES

    tenure = one.tenure
    words = f"{STANDING_NAMES[one.standing]} {one.standing}"
    return (tenure.environment, tenure.stage, tenure.until, one.days_left, words, one.due, _note(one))


def _note(one: "Lease") -> str:
    if one.standing == "tolerated" and one.decision is not None:
        return one.decision.reason or ""
    if one.standing == "ended" and one.tenure.stage == "prod":
        return "待确认 waits for `yunzu lease confirm`"
    if one.standing == "reclaimable":
        return "可申请退出 ask for environment.retire"
    return ""


def _item(one: "Lease") -> dict[str, Any]:
    tenure, decision = one.tenure, one.decision
    return {
        "environment": tenure.environment,
        "department": one.department,
        "stage": tenure.stage,
        "until": tenure.until,
        "days_left": one.days_left,
        "standing": one.standing,
        "due": one.due,
        "suspended_on": tenure.suspended_on,
        "held_until": one.held_until,
        "tolerated_until": tenure.tolerated_until,
        "decision": decision.decision if decision else None,
        "decided_by": decision.account if decision else None,
        "reason": decision.reason if decision else None,
    }
