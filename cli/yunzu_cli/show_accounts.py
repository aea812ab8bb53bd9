"""How logins, one-time codes and accounts look. What is secret goes to stderr, or alone to stdout, once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.answers.accounts import AccountAnswer, DeputyAnswer, EnrolmentAnswer, SignedInAnswer
    from yunzu.services.accounts.codes import OneTimeCode


def ceremony(codes: Sequence["OneTimeCode"], zone: ZoneInfo) -> None:
    """The officers' first codes, on stderr: each is for one person's eyes."""
    from yunzu.model.labels import ROLE_LABELS

    if not codes:
        return
    until = codes[0].expires_at.astimezone(zone)
    stderr(
        f"one-time codes, shown this once, good once, until {until:%Y-%m-%d %H:%M}; hand each to its officer:"
    )
    for one in codes:
        roles = ", ".join(str(ROLE_LABELS[role]) for role in one.roles)  # type: ignore[index]
        stderr(f"  {one.text}  {one.account} ({one.name}), {roles}")
    stderr("each logs in with `yunzu login --account ACCOUNT` and enrols a second factor")


def code(body: Any, *, json: bool) -> None:
    """A new code: alone on stdout."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import IssuedCodeAnswer

    if json:
        print_json(body)
        return
    one = understood(IssuedCodeAnswer, body)
    print_line(one.code)
    until = _shown(one.expires_at)
    stderr(f"one-time code of {one.account} ({one.name}), good once, until {until}; it is not shown again")


def rehearsed_code(body: Any, *, json: bool) -> None:
    """That somebody would get one: a rehearsed one is no code."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import CodeAnswer

    if json:
        print_json(body)
        return
    print_line(f"{understood(CodeAnswer, body).account} would get a code; nothing was changed")


def enrolment(one: "EnrolmentAnswer") -> None:
    """What goes into the authenticator; the person has to see it before they can go on."""
    stderr("enter this in an authenticator (TOTP); it is not shown again:")
    stderr(f"  secret  {one.secret}")
    stderr(f"  address {one.address}")


def signed_in(done: "SignedInAnswer", kept: Path, *, json: bool) -> None:
    """Who is in and where the token is kept; never its text."""
    if json:
        about = done.model_dump(mode="json", include={"account", "expires_at", "confirmed_until"})
        print_json(about | {"token": done.id, "kept": kept})
        return
    print_line(f"logged in as {done.account} ({done.name}) until {done.expires_at:%Y-%m-%d}")
    stderr(f"the token is kept in {kept}; `yunzu logout` ends it")


def confirmed(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import ConfirmedAnswer

    if json:
        print_json(body)
        return
    one = understood(ConfirmedAnswer, body)
    print_line(f"{one.account} may decide until {one.confirmed_until:%H:%M}")


def signed_out(was_in: bool, *, json: bool) -> None:
    if json:
        print_json({"ok": True, "was_logged_in": was_in})
        return
    print_line("logged out" if was_in else "nobody was logged in here")


def accounts(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import AccountsAnswer

    if json:
        print_json(body)
        return
    _print_accounts(understood(AccountsAnswer, body).items)


def _print_accounts(found: "Sequence[AccountAnswer]") -> None:
    from yunzu.model.labels import ROLE_LABELS

    columns = ("ACCOUNT", "NAME", "WHERE", "ROLES", "SECOND FACTOR", "TOKENS", "LAST USED", "")
    rows = [
        (
            *(one.account, one.name, one.department or "the centre"),
            ", ".join(str(ROLE_LABELS[role]) for role in one.roles),
            *("yes" if one.second_factor else "", one.tokens, _shown(one.last_used_at)),
            "DISABLED" if one.disabled else "",
        )
        for one in found
    ]
    print_table(columns, rows)


def particulars(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import ParticularsAnswer

    if json:
        print_json(body)
        return
    found = understood(ParticularsAnswer, body)
    _print_accounts([found])
    if found.disabled:
        print_line(f"disabled by {found.disabled.by}: {found.disabled.reason}")
    for one in found.handed_out:
        print_line(f"was handed {one.binding}, slot {one.slot}, of environment {one.uid}")
    if found.deputies:
        _print_deputies(found.deputies)
    rows = [(_shown(one.at), one.event, one.by, one.origin, one.reason or "") for one in found.events]
    print_table(("WHEN", "WHAT", "BY", "FROM", "REASON"), rows)


def deputies(body: Any, *, json: bool) -> None:
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import DeputiesAnswer

    if json:
        print_json(body)
        return
    found = understood(DeputiesAnswer, body)
    if found.dry_run:
        stderr("nothing was changed; it would then be")
    if not found.items:
        stderr("no deputy; `yunzu deputy new` names one")
        return
    _print_deputies(found.items)


def _print_deputies(found: "Sequence[DeputyAnswer]") -> None:
    columns = ("DEPUTY", "OF", "BY", "FROM", "UNTIL", "NAMED BY", "REVOKED")
    rows = [
        (one.id, one.of, one.by, one.start, one.until, one.named_by, _shown(one.revoked_at)) for one in found
    ]
    print_table(columns, rows)


def switched(body: Any, *, json: bool) -> None:
    """What was disabled or enabled, what ended with it, what is left to do."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import SwitchedAnswer
    from yunzu_cli import show_requests

    if json:
        print_json(body)
        return
    done = understood(SwitchedAnswer, body)
    state = "disabled" if done.disabled else "enabled"
    print_line(f"{done.account} {'would be' if done.dry_run else 'is'} {state}")
    if done.disabled:
        print_line(f"{done.revoked_tokens} tokens and {done.ended_deputies} deputies ended")
        for one in done.rotate:
            print_line(f"rotate {one.binding}, slot {one.slot}, of environment {one.uid}: it was handed out")
    show_requests.stranded(done.stranded)


def _shown(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
