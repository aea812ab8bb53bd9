"""What a PostgreSQL server says to whom it does not let in, whatever language it speaks."""

import re

import psycopg

_ANSWER = re.compile(r"(?:^|failed: )[^:\n]{1,40}:  (.+)", re.MULTILINE)
_QUOTES = "\"'«»„“”「"  # those that stand before a name in PostgreSQL's catalogues
_FULL = "too many connections"  # of the login or the database; in other languages it counts as a refusal


def answer(error: psycopg.OperationalError) -> str | None:
    """What a server said to a connection that failed; None where none answered.

    libpq tells no SQLSTATE of it. It writes the server's severity, which is in the server's language, and
    two spaces after its colon; its own messages have one.
    """
    found = _ANSWER.search(str(error)) if error.sqlstate is None else None
    return found[1].strip() if found else None


def is_about(error: psycopg.OperationalError, *names: str) -> bool:
    """Whether a server refused a login for what one of these names may do, in whatever language it says so.

    A server that starts, stops or is full names nobody.
    """
    return _FULL not in (answer(error) or "") and speaks_of(error, *names)


def speaks_of(error: psycopg.OperationalError, *names: str) -> bool:
    """Whether a server's answer to a connection is about one of these, be it only that they are full.

    A name stands in quotes, or after a colon: a login called `system` is not what "the database system is
    starting up" speaks of.
    """
    text = answer(error) or ""
    return any(re.search(rf"[{_QUOTES}:]\s*{re.escape(name)}(?![\w-])", text) for name in names)


def said(error: psycopg.Error) -> str:
    """What the server or the library said, in one line."""
    text = error.diag.message_primary or str(error)
    return " ".join(text.split()) or type(error).__name__
