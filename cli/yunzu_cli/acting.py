"""Who runs the command. Whoever runs it on the centre's machine is its operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yunzu_cli.options import settings

if TYPE_CHECKING:
    from yunzu.model.actors import Actor
    from yunzu.services.requests.office import Office


@dataclass(frozen=True)
class Acting:
    """Who acts, where."""

    office: "Office"
    actor: "Actor"


@contextmanager
def acting(home: Path | None) -> Iterator[Acting]:
    """The office of the running centre and who comes to it. Raises UnreachableError when it is down."""
    from yunzu.model.actors import Actor
    from yunzu.services.environments import acting_account
    from yunzu.services.requests.office import Office
    from yunzu_stacks.centre import records_of

    chosen, account = settings(home), acting_account()
    actor = Actor(account, account, frozenset({"operator"}), None, "local", "this machine")
    with records_of(chosen) as records:
        yield Acting(Office(records, prefix=chosen.request_prefix), actor)
