"""How leases look that end: a table, a document."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_json, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.answers.leases import LeaseAnswer

_HEADING = (
    "环境\nenvironment",
    "阶段\nstage",
    "止\nuntil",
    "剩余天数\ndays left",
    "使用权\nlease",
    "限期\ndue",
    "说明\nnote",
)


def leases(body: Any, *, json: bool) -> None:
    """As a list."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.leases import LeasesAnswer

    if json:
        print_json(body)
        return
    found = understood(LeasesAnswer, body)
    if found.dry_run:
        stderr("nothing was changed; it would then be")
    if not found.items:
        stderr("no right of use ends soon; `yunzu lease list --all` shows every one")
        return
    table(found.items)


def table(found: "Iterable[LeaseAnswer]") -> None:
    """One line each."""
    print_table(_HEADING, [_row(one) for one in found])


def _row(one: "LeaseAnswer") -> tuple[object, ...]:
    from yunzu.model.leases import STANDING_NAMES

    words = f"{STANDING_NAMES[one.standing]} {one.standing}"
    return (one.environment, one.stage, one.until, one.days_left, words, one.due, _note(one))


def _note(one: "LeaseAnswer") -> str:
    if one.standing == "tolerated":
        return one.reason or ""
    if one.standing == "ended" and one.stage == "prod":
        return "待确认 waits for `yunzu lease confirm`"
    if one.standing == "reclaimable":
        return "可申请退出 ask for environment.retire"
    return ""
