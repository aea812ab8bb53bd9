"""How logins, one-time codes and accounts look. What is secret goes to stderr, or alone to stdout, once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from yunzu_cli.output import print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.model.actors import Actor
    from yunzu.records.deputies import Deputyship
    from yunzu.services.accounts.codes import OneTimeCode
    from yunzu.services.accounts.directory import Account, Particulars
    from yunzu.services.accounts.disabling import Switched
    from yunzu.services.accounts.signing_in import Enrolment, SignedIn
    from yunzu.services.accounts.stranded import Stranded


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


def code(one: "OneTimeCode", zone: ZoneInfo, *, json: bool, rehearsed: bool) -> None:
    """A new code: alone on stdout. A rehearsed one is no code, and is not shown."""
    about = {"account": one.account, "expires_at": _iso(one.expires_at, zone)}
    if json:
        print_json(about | ({"dry_run": True} if rehearsed else {"code": one.text}))
        return
    if rehearsed:
        print_line(f"{one.account} would get a code; nothing was changed")
        return
    print_line(one.text)
    until = f"{one.expires_at.astimezone(zone):%Y-%m-%d %H:%M}"
    stderr(f"one-time code of {one.account} ({one.name}), good once, until {until}; it is not shown again")


def enrolment(one: "Enrolment") -> None:
    """What goes into the authenticator; the person has to see it before they can go on."""
    stderr("enter this in an authenticator (TOTP); it is not shown again:")
    stderr(f"  secret  {one.secret}")
    stderr(f"  address {one.address}")


def signed_in(done: "SignedIn", kept: Path, zone: ZoneInfo, *, json: bool) -> None:
    if json:
        print_json(
            {
                "account": done.actor.account,
                "token": done.token.id,
                "expires_at": _iso(done.token.expires_at, zone),
                "confirmed_until": _iso(done.token.confirmed_until, zone),
                "kept": str(kept),
            }
        )
        return
    until = f"{done.token.expires_at.astimezone(zone):%Y-%m-%d}"
    print_line(f"logged in as {done.actor.account} ({done.actor.name}) until {until}")
    stderr(f"the token is kept in {kept}; `yunzu logout` ends it")


def confirmed(actor: "Actor", until: datetime, zone: ZoneInfo, *, json: bool) -> None:
    if json:
        print_json({"account": actor.account, "confirmed_until": _iso(until, zone)})
        return
    print_line(f"{actor.account} may decide until {until.astimezone(zone):%H:%M}")


def signed_out(was_in: bool, *, json: bool) -> None:
    if json:
        print_json({"ok": True, "was_logged_in": was_in})
        return
    print_line("logged out" if was_in else "nobody was logged in here")


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")


def accounts(found: Sequence["Account"], zone: ZoneInfo, *, json: bool) -> None:
    from yunzu.model.labels import ROLE_LABELS

    if json:
        print_json({"items": [_account(one, zone) for one in found]})
        return
    columns = ("ACCOUNT", "NAME", "WHERE", "ROLES", "SECOND FACTOR", "TOKENS", "LAST USED", "")
    rows = [
        (
            *(one.account, one.name, one.department or "the centre"),
            ", ".join(str(ROLE_LABELS[role]) for role in one.roles),  # type: ignore[index]
            *("yes" if one.second_factor else "", one.tokens, _shown(one.last_used_at, zone)),
            "DISABLED" if one.disabled else "",
        )
        for one in found
    ]
    print_table(columns, rows)


def particulars(found: "Particulars", zone: ZoneInfo, *, json: bool) -> None:
    if json:
        handed_out = [
            {"uid": one.uid, "binding": one.binding, "slot": one.slot, "at": _iso(one.at, zone)}
            for one in found.handed_out
        ]
        events = [
            {name: getattr(one, name) for name in _EVENT} | {"at": _iso(one.at, zone)} for one in found.events
        ]
        print_json(
            _account(found.account, zone)
            | {"deputies": [_deputy(one, zone) for one in found.deputies]}
            | {"handed_out": handed_out, "events": events}
        )
        return
    accounts([found.account], zone, json=False)
    if found.account.disabled:
        print_line(f"disabled by {found.account.disabled.disabled_by}: {found.account.disabled.reason}")
    for one in found.handed_out:
        print_line(f"was handed {one.binding}, slot {one.slot}, of environment {one.uid}")
    if found.deputies:
        deputies(found.deputies, zone, json=False)
    rows = [(_shown(one.at, zone), one.event, one.by, one.origin, one.reason or "") for one in found.events]
    print_table(("WHEN", "WHAT", "BY", "FROM", "REASON"), rows)


def deputies(found: Sequence["Deputyship"], zone: ZoneInfo, *, json: bool) -> None:
    if json:
        print_json({"items": [_deputy(one, zone) for one in found]})
        return
    if not found:
        stderr("no deputy; `yunzu deputy new` names one")
        return
    columns = ("DEPUTY", "OF", "BY", "FROM", "UNTIL", "NAMED BY", "REVOKED")
    rows = [
        (one.id, one.of, one.by, one.start, one.until, one.named_by, _shown(one.revoked_at, zone))
        for one in found
    ]
    print_table(columns, rows)


def switched(
    done: "Switched",
    after: "Particulars",
    left: Sequence["Stranded"],
    zone: ZoneInfo,
    *,
    json: bool,
    rehearsed: bool,
) -> None:
    """What was disabled or enabled, what ended with it, what is left to do."""
    steps = [{"request": one.request, "step": one.step, "by": one.by} for one in left]
    shared = [{"uid": one.uid, "binding": one.binding, "slot": one.slot} for one in after.handed_out]
    is_disabled = after.account.disabled is not None
    if json:
        document = {"account": done.account, "disabled": is_disabled, "changed": done.changed}
        ended = (
            {"revoked_tokens": done.ended.tokens, "ended_deputies": done.ended.deputies} if done.ended else {}
        )
        print_json(document | ended | {"rotate": shared, "stranded": steps, "dry_run": rehearsed})
        return
    state = "disabled" if is_disabled else "enabled"
    print_line(f"{done.account} {'would be' if rehearsed else 'is'} {state}")
    if done.ended:
        print_line(f"{done.ended.tokens} tokens and {done.ended.deputies} deputies ended")
        for one in shared:
            print_line(
                f"rotate {one['binding']}, slot {one['slot']}, of environment {one['uid']}: it was handed out"
            )
    print_stranded(left, zone)


def print_stranded(left: Sequence["Stranded"], zone: ZoneInfo) -> None:
    for one in left:
        due = _shown(one.due_at, zone)
        stderr(f"note: nobody can take step {one.step} ({one.by}) of {one.request}, due {due}")


_EVENT = ("account", "event", "by", "authenticated", "origin", "reason", "detail")


def _account(one: "Account", zone: ZoneInfo) -> dict[str, Any]:
    names = ("account", "name", "department", "second_factor", "tokens")
    disabled = one.disabled
    return {name: getattr(one, name) for name in names} | {
        "roles": list(one.roles),
        "last_used_at": _iso(one.last_used_at, zone),
        "disabled": None
        if disabled is None
        else {
            "at": _iso(disabled.disabled_at, zone),
            "by": disabled.disabled_by,
            "reason": disabled.reason,
        },
    }


def _deputy(one: "Deputyship", zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": one.id,
        "of": one.of,
        "by": one.by,
        "from": one.start,
        "until": one.until,
        "named_by": one.named_by,
        "named_at": _iso(one.named_at, zone),
        "revoked_at": _iso(one.revoked_at, zone),
        "revoked_by": one.revoked_by,
    }


def _shown(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
