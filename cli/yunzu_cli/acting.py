"""Where the command asks, and as whom: the bearer of a token, or an operator on the centre's machine.

A token comes from `--token-file`, else from YUNZU_TOKEN, else from the last `yunzu login` at this centre.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.options import settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from yunzu.clients.api import Api, Proof
    from yunzu.model.actors import Actor
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


@dataclass(frozen=True)
class Place:
    """An API: where it is, and under which name the token of the last login there is kept.

    `operator`: what proves an operator of the machine; None where it is another machine's.
    """

    url: str
    ca: Path | None
    kept_as: str
    operator: "Proof | None" = None

    @contextmanager
    def asked(self, proof: "Proof | None") -> "Iterator[Api]":
        """A connection of whoever that proves; None: of nobody."""
        from contextlib import closing

        from yunzu.clients.api import Api

        with closing(Api(self.url, ca=self.ca, proof=proof)) as api:
            yield api


def place(chosen: "Settings") -> Place:
    """That of YUNZU_URL, else that of the centre in the home. Raises UnreachableError when there is none."""
    if chosen.url is not None:
        from yunzu_cli import kept_token

        return Place(chosen.url, chosen.ca_file, kept_token.name_of(chosen.url))
    from yunzu.embedded import bootstrap

    found = bootstrap.reached(chosen)
    return Place(found.url, found.ca, bootstrap.recalled(chosen).centre, _operator(found.operator_key))


@contextmanager
def asking(home: Path | None, token_file: Path | None) -> "Iterator[Api]":
    """The API, as whoever the token that was given or kept is of, else as an operator of the machine.

    Raises UnreachableError when there is none or it is down; its own errors come with each call.
    """
    from yunzu_cli import kept_token

    chosen = settings(home)
    text = _token(chosen, token_file)
    where = place(chosen)
    text = kept_token.read(where.kept_as) if text is None else text
    with where.asked(where.operator if text is None else bearer(text)) as api:
        yield api


def bearer(text: str) -> "Proof":
    """What proves whose token it is. An empty one is none that is valid: a variable that was not filled must
    not make an operator."""
    from yunzu.clients import api

    return api.bearer(text)


def _operator(key: "SecretStr") -> "Proof":
    from yunzu.clients.api import operator

    return operator(login(), key)


def _token(chosen: "Settings", file: Path | None) -> str | None:
    from yunzu.errors import UsageError

    if file is None:
        return None if chosen.token is None else chosen.token.get_secret_value()
    with file.open(encoding="utf-8") as opened:
        try:
            return opened.read(_LONGEST_TOKEN).strip()
        except UnicodeDecodeError as error:
            raise UsageError(str(file), "holds no token") from error


def local_actor() -> "Actor":
    """Whoever works on the centre's machine."""
    from yunzu.model.actors import local_operator

    return local_operator(login(), origin())


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
