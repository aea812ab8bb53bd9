"""Where the command asks, and as whom: the bearer of a token, or an operator on the centre's machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yunzu_cli.options import settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from yunzu.clients.api import Api, Proof
    from yunzu.settings import Settings

TokenFileOption = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="File with a personal token.  [env YUNZU_TOKEN]"),
]
_LONGEST_TOKEN = 1000  # characters


@contextmanager
def asking(home: Path | None, token_file: Path | None) -> "Iterator[Api]":
    """The API: that of YUNZU_URL, else that of the centre in the home.

    Raises UnreachableError when there is none or it is down; its own errors come with each call.
    """
    from contextlib import closing

    from yunzu.clients.api import Api

    chosen = settings(home)
    text = _token(chosen, token_file)
    if chosen.url is not None:
        api = Api(chosen.url, ca=chosen.ca_file, proof=None if text is None else _bearer(text))
    else:
        from yunzu.embedded import bootstrap

        found = bootstrap.reached(chosen)
        proof = _operator(found.operator_key) if text is None else _bearer(text)
        api = Api(found.url, ca=found.ca, proof=proof)
    with closing(api):
        yield api


def _token(chosen: "Settings", file: Path | None) -> str | None:
    from yunzu.errors import UsageError

    if file is None:
        return None if chosen.token is None else chosen.token.get_secret_value()
    with file.open(encoding="utf-8") as opened:
        try:
            return opened.read(_LONGEST_TOKEN).strip()
        except UnicodeDecodeError as error:
            raise UsageError(str(file), "holds no token") from error


def _bearer(text: str) -> "Proof":
    """An empty token is none that is valid: a variable that was not filled must not make an operator."""
    from yunzu.clients.api import bearer

    return bearer(text)


def _operator(key: "SecretStr") -> "Proof":
    import os
    import pwd

    from yunzu.clients.api import operator

    try:
        login = pwd.getpwuid(os.getuid()).pw_name  # not $USER, which anybody sets
    except KeyError:
        login = str(os.getuid())
    return operator(login, key)
