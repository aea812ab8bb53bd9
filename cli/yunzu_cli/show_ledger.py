"""How the ledger of rights of use looks: a table, a document, rows for a spreadsheet."""

from typing import TYPE_CHECKING, Any

from yunzu_cli.csv_output import Cell, print_csv
from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.services.ledger import Ledger, Right

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
_COLUMNS = (
    "所有权人 owner",
    "部门 department",
    "部门名称 title",
    "环境 environment",
    "资源 kind",
    "名称 name",
    "服务器上名称 external name",
    "套餐 plan",
    "环境月价 price of the environment",
    "币种 currency",
    "起 from",
    "止 until",
    "状态 state",
    "数据保留 retained",
    "到期天数 expired days",
    "使用权 lease",
    "暂缓至 tolerated until",
    "保留至 held until",
    "办件编号 request",
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


def ledger(found: "Ledger", *, json: bool, csv: bool) -> None:
    """In one of the three forms."""
    if json:
        print_json(_document(found))
    elif csv:
        _rows(found)
    else:
        _table(found)


def _state(right: "Right") -> str:
    """What is with it, and how long its lease has been over."""
    words = [_STATES.get(right.state, right.state)]
    words += ["数据保留 data retained"] if right.retained else []
    words += [f"已到期 expired {right.expired_days} d"] if right.expired else []
    if right.standing == "tolerated":
        words.append(f"暂缓至 tolerated until {right.tolerated_until}")
    elif right.standing == "held":
        words.append(f"保留至 held until {right.held_until}")
    elif right.standing == "reclaimable":
        words.append("可回收 reclaimable")
    return " · ".join(words)


def _document(found: "Ledger") -> dict[str, Any]:
    return {
        "day": found.day,
        "items": [_item(one, found) for one in found.rights],
        "expired": sum(one.expired for one in found.rights),
        "price_month": {"month": found.month, "currency": "CNY"},
    }


def _item(one: "Right", found: "Ledger") -> dict[str, Any]:
    price = None if one.price is None else {"month": one.price.month, "currency": one.price.currency}
    return {
        "owner": one.owner,
        "department": one.department,
        "title": found.title(one),
        "environment": one.environment,
        "kind": one.kind,
        "name": one.name,
        "external_name": one.external,
        "plan": one.plan,
        "price": price,
        "from": one.start,
        "until": one.until,
        "state": one.state,
        "retained": one.retained,
        "expired": one.expired,
        "expired_days": one.expired_days,
        "lease": one.standing,
        "tolerated_until": one.tolerated_until,
        "held_until": one.held_until,
        "request": one.request,
    }


def _table(found: "Ledger") -> None:
    if not found.rights:
        stderr("nobody has a right of use yet; `yunzu onboard DEPT_DIR` brings a department's up")
        return
    owner = found.rights[0].owner
    print_line(f"使用权台账 rights of use on {found.day} · 所有权人 owner: 云中心 centre {owner}")
    rows = [
        (
            one.environment,
            f"{_KINDS[one.kind]} {one.kind}",
            one.external or f"({one.name})",
            one.plan,
            f"{one.price.month} {one.price.currency}" if one.price else "—",
            one.start,
            one.until,
            _state(one),
        )
        for one in found.rights
    ]
    print_table(_HEADING, rows)
    environments = {one.environment for one in found.rights}
    expired = {one.environment for one in found.rights if one.expired}
    print_line(
        f"{len(environments)} 个环境 environments, {len(found.rights)} 项资源 resources, "
        f"{len(expired)} 个环境已到期 expired; 每月合计 {found.month} CNY a month"
    )


def _rows(found: "Ledger") -> None:
    rows: list[list[Cell]] = [
        [
            one.owner,
            one.department,
            found.title(one),
            one.environment,
            one.kind,
            one.name,
            one.external,
            one.plan,
            one.price.month if one.price else None,
            one.price.currency if one.price else None,
            str(one.start or ""),
            str(one.until or ""),
            one.state,
            "yes" if one.retained else "no",
            one.expired_days,
            one.standing,
            str(one.tolerated_until or ""),
            str(one.held_until or ""),
            one.request,
        ]
        for one in found.rights
    ]
    print_csv(_COLUMNS, rows)
