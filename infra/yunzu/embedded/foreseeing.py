"""What `up` would start and `down` would stop. Looks only: no directory is made, no process touched."""

from dataclasses import dataclass

from yunzu.embedded import bootstrap, external, orphans
from yunzu.embedded.home import Home
from yunzu.embedded.processes import Process
from yunzu.embedded.supervision import RUNNING, Supervisor
from yunzu.errors import UnreachableError
from yunzu.settings import Settings


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Servers by name, and how many processes would be ended."""

    start: tuple[str, ...]
    keep: tuple[str, ...]
    stop: tuple[str, ...]
    processes: int


def up(settings: Settings) -> Foreseen:
    """What `up` would start and what runs already; a server that is now given from outside is stopped.

    One that runs is started anew where its certificate is due or its settings have changed: that is
    known only to `up` itself. Raises UsageError as `up` does.
    """
    external.check(settings)
    supervisor, running = _running(settings)
    wanted = bootstrap.servers(settings)
    return Foreseen(
        start=tuple(name for name in wanted if name not in running),
        keep=tuple(name for name in wanted if name in running),
        stop=tuple(name for name in running if name not in wanted),
        processes=len(orphans.orphans(Home(settings.home), supervisor)),
    )


def down(settings: Settings) -> Foreseen:
    """What `down` would stop: servers by name, and processes, which also a dead supervisor leaves behind."""
    _, running = _running(settings)
    left = orphans.orphans(Home(settings.home), None)
    return Foreseen(start=(), keep=(), stop=tuple(running), processes=len(left))


def _running(settings: Settings) -> tuple[Process | None, list[str]]:
    """The supervisor, and the servers that it keeps running; nobody where it does not answer."""
    home = Home(settings.home)
    decided = home.read_centre()
    if decided is None:
        return None, []
    supervisor = Supervisor(home, decided.centre)
    try:
        states = supervisor.states()
    except UnreachableError:
        return None, []
    return supervisor.process(), [name for name, one in states.items() if one["statename"] in RUNNING]
