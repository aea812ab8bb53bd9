"""A client that dies after its k-th side effect, as if the process had been killed there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import sql

from yunzu.clients.postgres import Connection, Server


class Killed(BaseException):
    """The process is gone; no `except` of the product may catch it."""


class Countdown:
    """Counts side effects and dies after the k-th; 0 never dies."""

    def __init__(self, after: int = 0) -> None:
        self.after = after
        self.count = 0

    def happened(self) -> None:
        """One side effect took place."""
        self.count += 1
        if self.count == self.after:
            raise Killed(f"after side effect {self.count}")


class _Watched:
    """A connection whose changing statements are counted."""

    def __init__(self, connection: Connection, countdown: Countdown) -> None:
        self._connection = connection
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: Any, *arguments: Any) -> Any:
        text = query.as_string(None) if isinstance(query, sql.Composable) else query
        result = self._connection.execute(query, *arguments)
        if not text.lstrip().startswith("SELECT"):
            self._countdown.happened()
        return result


class CrashingServer(Server):
    """PostgreSQL administration that dies after a changing statement."""

    countdown = Countdown()

    @contextmanager
    def session(self) -> Iterator[Any]:
        with super().session() as connection:
            yield _Watched(connection, self.countdown)

    @contextmanager
    def database_session(self, database: str) -> Iterator[Any]:
        with super().database_session(database) as connection:
            yield _Watched(connection, self.countdown)


class Crashing:
    """Any client whose methods in `changing` are side effects; dies after the k-th of them."""

    def __init__(self, client: Any, countdown: Countdown, changing: frozenset[str]) -> None:
        self._client, self._countdown, self._changing = client, countdown, changing

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name not in self._changing:
            return found

        def watched(*arguments: Any, **named: Any) -> Any:
            result = found(*arguments, **named)
            self._countdown.happened()
            return result

        return watched


class Recorded:
    """Intents kept in memory; implements `yunzu.clients.ownership.Intents`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def intend(self, kind: str, name: str) -> None:
        """Record it."""
        self.seen.append((kind, name))

    def intended(self, kind: str, name: str) -> bool:
        """Whether it was recorded."""
        return (kind, name) in self.seen
