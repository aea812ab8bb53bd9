"""How accounts and tokens look."""

from datetime import datetime
from typing import Any

from yunzu_cli.output import print_json, print_line, print_table, stderr


def actor(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.tokens import ActorAnswer
    from yunzu.model.labels import ROLE_LABELS

    if json:
        print_json(body)
        return
    one = understood(ActorAnswer, body)
    rows = [
        ("account", f"{one.account} ({one.name})"),
        ("roles", ", ".join(str(ROLE_LABELS[role]) for role in one.roles)),
        ("department", one.department or "the centre"),
        ("proved by", f"{one.authenticated}, on {one.origin}"),
        ("may", "look" if one.scope == "read" else "act"),
    ]
    if one.confirmed_until is not None:
        rows.append(("confirmed until", f"{one.confirmed_until.astimezone():%Y-%m-%d %H:%M}"))
    print_table(("WHAT", "VALUE"), rows)


def issued(body: Any, *, json: bool) -> None:
    """The one time that a token's text is shown: alone on stdout, so that a file or variable can take it."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.tokens import IssuedTokenAnswer

    if json:
        print_json(body)
        return
    one = understood(IssuedTokenAnswer, body)
    print_line(one.token)
    until = _shown(one.expires_at)
    stderr(f"token {one.id} of {one.account}, valid until {until}; it is not shown again")


def tokens(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.tokens import TokensAnswer

    if json:
        print_json(body)
        return
    found = understood(TokensAnswer, body).items
    if not found:
        stderr("no token; `yunzu login` and `yunzu token new` make one")
        return
    columns = ("TOKEN", "ACCOUNT", "SCOPE", "LABEL", "EXPIRES", "LAST USED", "REVOKED")
    rows = [
        (
            *(one.id, one.account, one.scope, one.label),
            *(_shown(at) for at in (one.expires_at, one.last_used_at, one.revoked_at)),
        )
        for one in found
    ]
    print_table(columns, rows)


def _shown(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
