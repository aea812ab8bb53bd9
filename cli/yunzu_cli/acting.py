"""Where the command asks, and as whom: the bearer of a token, or an operator on the centre's machine.

A token comes from `--token-file`, else from YUNZU_TOKEN, else from the last `yunzu login` at this centre.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.options import settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from yunzu.clients.api import Api, Proof
    from yunzu.model.actors import Actor
    from yunzu.services.requests.office import Office
    from yunzu.settings import Settings

TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="File with a personal token.  [env YUNZU_TOKEN; default of `yunzu login`]",
    ),
]
_LONGEST_TOKEN = 1000  # characters


@contextmanager
def asking(home: Path | None, token_file: Path | None) -> "Iterator[Api]":
    """The API: that of YUNZU_URL, else that of the centre in the home.

    Raises UnreachableError when there is none or it is down; its own errors come with each call.
    """
    from contextlib import closing

    from yunzu.clients.api import Api
    from yunzu_cli import kept_token

    chosen = settings(home)
    text = _token(chosen, token_file)
    if chosen.url is not None:
        text = kept_token.read(kept_token.name_of(chosen.url)) if text is None else text
        api = Api(chosen.url, ca=chosen.ca_file, proof=None if text is None else _bearer(text))
    else:
        from yunzu.embedded import bootstrap

        found = bootstrap.reached(chosen)
        text = kept_token.read(bootstrap.recalled(chosen).centre) if text is None else text
        proof = _operator(found.operator_key) if text is None else _bearer(text)
        api = Api(found.url, ca=found.ca, proof=proof)
    with closing(api):
        yield api


def _bearer(text: str) -> "Proof":
    """An empty token is none that is valid: a variable that was not filled must not make an operator."""
    from yunzu.clients.api import bearer

    return bearer(text)


def _operator(key: "SecretStr") -> "Proof":
    from yunzu.clients.api import operator

    return operator(login(), key)


@dataclass(frozen=True)
class Acting:
    """Who acts, where."""

    settings: "Settings"
    office: "Office"
    actor: "Actor"


@contextmanager
def acting(home: Path | None, token_file: Path | None, *, dry_run: bool = False) -> Iterator[Acting]:
    """The office of the running centre and who comes to it; with `dry_run`, all of it is undone at the end.

    Raises UnreachableError when the centre is down, RefusedError for a token that is not valid.
    """
    with office_at(home) as (chosen, office, centre):
        actor = actor_at(office, chosen, token_file, centre=centre)
        if not dry_run:
            yield Acting(chosen, office, actor)
            return
        with office.records.rehearsal() as rehearsed:
            yield Acting(chosen, replace(office, records=rehearsed), actor)


@contextmanager
def office_at(home: Path | None) -> "Iterator[tuple[Settings, Office, str]]":
    """The office of the running centre and the centre's id, before anybody says who they are."""
    from yunzu.embedded import bootstrap
    from yunzu.services.requests.office import office_of
    from yunzu_stacks.centre import records_of

    chosen = settings(home)
    with records_of(chosen) as records:
        yield chosen, office_of(chosen, records), bootstrap.connections(chosen).centre


def actor_at(office: "Office", chosen: "Settings", token_file: Path | None, *, centre: str) -> "Actor":
    """Who comes to the office of that centre. Raises RefusedError for a token that is not valid."""
    from yunzu_cli import kept_token

    text = _token(chosen, token_file)
    return _actor(kept_token.read(centre) if text is None else text, office)


def _token(chosen: "Settings", file: Path | None) -> str | None:
    from yunzu.errors import UsageError

    if file is None:
        return None if chosen.token is None else chosen.token.get_secret_value()
    with file.open(encoding="utf-8") as opened:
        try:
            return opened.read(_LONGEST_TOKEN).strip()
        except UnicodeDecodeError as error:
            raise UsageError(str(file), "holds no token") from error


def _actor(token: str | None, office: "Office") -> "Actor":
    """An empty token is none that is valid: a variable that was not filled must not make an operator."""
    from yunzu.model.actors import local_operator
    from yunzu.services.requests.office import actor_of_token

    host = origin()
    if token is not None:
        return actor_of_token(office, token, origin=host)
    return local_operator(login(), host)


def login() -> str:
    """The operating system's account; not $USER, which anybody sets."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def origin() -> str:
    """Where the command runs, as the records say it."""
    import socket

    return socket.gethostname()
