"""How the ledger of rights of use looks as a table."""

from typing import TYPE_CHECKING

from yunzu_cli.output import print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.answers.ledger import LedgerAnswer, RightAnswer

_HEADING = (
    "环境\nenvironment",
    "资源\nresource",
    "名称\nname",
    "套餐\nplan",
    "月价(整个环境)\nprice a month",
    "起\nfrom",
    "止\nuntil",
    "状态\nstate",
)
_STATES = {
    "granted": "准予未交付 granted",
    "provisioning": "交付中 provisioning",
    "active": "在用 active",
    "suspended": "暂停 suspended",
    "failed": "交付失败 failed",
    "destroyed": "已拆除 destroyed",
}
_KINDS = {"namespace": "命名空间", "database": "数据库", "bucket": "存储桶"}


def table(found: "LedgerAnswer") -> None:
    """For people."""
    if not found.items:
        stderr("nobody has a right of use yet; `yunzu onboard DEPT_DIR` brings a department's up")
        return
    owner = found.items[0].owner
    print_line(f"使用权台账 rights of use on {found.day} · 所有权人 owner: 云中心 centre {owner}")
    rows = [
        (
            one.environment,
            f"{_KINDS[one.kind]} {one.kind}",
            one.external_name or f"({one.name})",
            one.plan,
            f"{one.price.month} {one.price.currency}" if one.price else "—",
            one.start,
            one.until,
            _state(one),
        )
        for one in found.items
    ]
    print_table(_HEADING, rows)
    environments = {one.environment for one in found.items}
    expired = {one.environment for one in found.items if one.expired}
    print_line(
        f"{len(environments)} 个环境 environments, {len(found.items)} 项资源 resources, "
        f"{len(expired)} 个环境已到期 expired; 每月合计 {found.price_month.month} CNY a month"
    )


def _state(right: "RightAnswer") -> str:
    """What is with it, and how long its lease has been over."""
    words = [_STATES.get(right.state, right.state)]
    words += ["数据保留 data retained"] if right.retained else []
    words += [f"已到期 expired {right.expired_days} d"] if right.expired else []
    if right.lease == "tolerated":
        words.append(f"暂缓至 tolerated until {right.tolerated_until}")
    elif right.lease == "held":
        words.append(f"保留至 held until {right.held_until}")
    elif right.lease == "reclaimable":
        words.append("可回收 reclaimable")
    return " · ".join(words)
