"""`yunzu login`, `yunzu confirm`, `yunzu logout`: get in, prove the second factor, get out."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from yunzu_cli.acting import TokenFileOption, asking, bearer, origin, place
from yunzu_cli.options import HomeOption, JsonOption, settings

_LONGEST_CODE = 200  # characters
_DAYS, _MOST_DAYS = 90, 365

CodeFileOption = Annotated[
    Path | None,
    typer.Option("--code-file", metavar="FILE", help="File with the one-time code, instead of typing it."),
]


def login(
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="Yours.")],
    code_file: CodeFileOption = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=_MOST_DAYS, help="Until the token expires.")
    ] = _DAYS,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Log in with a one-time code, typed or as a line on stdin; officers enrol their second factor.

    The token is kept in your own configuration and used where no other is given. Older ones end.
    """
    from yunzu.clients.api import understood
    from yunzu.model.answers.accounts import BegunAnswer, SignedInAnswer
    from yunzu_cli import kept_token, show_accounts

    where = place(settings(home))
    words: dict[str, Any] = {"account": account}
    with where.asked(None) as api:
        words["code"] = _from_file(code_file) if code_file else _asked("one-time code")
        needed = understood(BegunAnswer, api.post("/login/begin", words)).enrolment
        if needed is not None:
            show_accounts.enrolment(needed)
            words["proof"] = _asked("code of the second factor")
        words |= {"label": f"login on {origin()}"[:60], "days": days}
        done = understood(SignedInAnswer, api.post("/login/finish", words))
    show_accounts.signed_in(done, kept_token.keep(where.kept_as, done.token), json=json)


def confirm(home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False) -> None:
    """Prove your second factor, typed or as a line on stdin: you may decide for a quarter of an hour."""
    from yunzu_cli import show_accounts

    with asking(home, token_file) as api:
        code = _asked("code of the second factor")
        show_accounts.confirmed(api.post("/confirm", {"code": code}), json=json)


def logout(home: HomeOption = None, json: JsonOption = False) -> None:
    """Revoke the token that the last login kept here, and remove it."""
    from yunzu.errors import RefusedError
    from yunzu_cli import kept_token, show_accounts

    where = place(settings(home))
    try:
        text = kept_token.read(where.kept_as)
        if text is not None:
            with where.asked(bearer(text)) as api:
                api.post("/logout")
    except RefusedError:
        pass  # it opens nothing any more, or was not ours to use; it goes all the same
    show_accounts.signed_out(kept_token.forget(where.kept_as), json=json)


def _asked(what: str) -> str:
    """A secret from the terminal, unseen, or the next line of stdin. Raises UsageError for none."""
    from yunzu.errors import UsageError

    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{what}: ").strip()
    line = sys.stdin.readline(_LONGEST_CODE).strip()
    if not line:
        raise UsageError(what, "is missing", "type it, or give it as a line on stdin")
    return line


def _from_file(file: Path) -> str:
    from yunzu.errors import UsageError

    with file.open(encoding="utf-8") as opened:
        try:
            return opened.readline(_LONGEST_CODE).strip()
        except UnicodeDecodeError as error:
            raise UsageError(str(file), "holds no code") from error
