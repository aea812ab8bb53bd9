"""How accounts and tokens look."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.actors import Actor
    from yunzu.records.tokens import Token


def actor(one: "Actor", *, json: bool) -> None:
    from yunzu.model.labels import ROLE_LABELS

    if json:
        print_json(
            {
                "account": one.account,
                "name": one.name,
                "roles": sorted(one.roles),
                "department": one.department,
                "authenticated": one.authenticated,
                "origin": one.origin,
                "scope": one.scope,
                "confirmed_until": one.confirmed_until,
            }
        )
        return
    rows = [
        ("account", f"{one.account} ({one.name})"),
        ("roles", ", ".join(str(ROLE_LABELS[role]) for role in sorted(one.roles))),
        ("department", one.department or "the centre"),
        ("proved by", f"{one.authenticated}, on {one.origin}"),
        ("may", "look" if one.scope == "read" else "act"),
    ]
    if one.confirmed_until is not None:
        rows.append(("confirmed until", f"{one.confirmed_until.astimezone():%Y-%m-%d %H:%M}"))
    print_table(("WHAT", "VALUE"), rows)


def issued(token: "Token", text: str, zone: ZoneInfo, *, json: bool) -> None:
    """The one time that a token's text is shown: alone on stdout, so that a file or variable can take it."""
    if json:
        print_json(_document(token, zone) | {"token": text})
        return
    print_line(text)
    until = token.expires_at.astimezone(zone)
    stderr(f"token {token.id} of {token.account}, valid until {until:%Y-%m-%d %H:%M}; it is not shown again")


def tokens(found: Sequence["Token"], zone: ZoneInfo, *, json: bool) -> None:
    if json:
        print_json({"items": [_document(one, zone) for one in found]})
        return
    if not found:
        stderr("no token; `yunzu login` and `yunzu token new` make one")
        return
    columns = ("TOKEN", "ACCOUNT", "SCOPE", "LABEL", "EXPIRES", "LAST USED", "REVOKED")
    rows = [
        (
            *(one.id, one.account, one.scope, one.label),
            *(_shown(at, zone) for at in (one.expires_at, one.last_used_at, one.revoked_at)),
        )
        for one in found
    ]
    print_table(columns, rows)


def _document(token: "Token", zone: ZoneInfo) -> dict[str, Any]:
    moments = {
        name: None if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")
        for name in ("created_at", "expires_at", "last_used_at", "revoked_at", "confirmed_until")
        for at in (getattr(token, name),)
    }
    return {name: getattr(token, name) for name in ("id", "account", "label", "scope")} | moments


def _shown(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
