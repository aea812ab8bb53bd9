"""A plain Pulumi on the centre's stacks, without our engine.

`python -m yunzu_stacks.plain pulumi preview --stack health--beds-prod` gives Pulumi what it cannot find
by itself: where the state lies, the engine's login to it, and our providers on PATH. The password is in
a file in memory that is inherited by descriptor: in no argument, environment, log or file on a disk.
There is no token of the fence with it, so a preview works and the fence refuses what would change state.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from yunzu.embedded import bootstrap
from yunzu.errors import NotFoundError, UnreachableError, UsageError, YunzuError
from yunzu.services.environments import derive, recorded
from yunzu.services.manifests import load
from yunzu.services.requests.office import office_of
from yunzu.settings import Settings
from yunzu_stacks.centre import opened
from yunzu_stacks.environment import environment_program
from yunzu_stacks.workspace import Workspace


def enter_project() -> None:
    """Go to the directory of Pulumi.yaml, to which the settings of `yunzu` are relative.

    Pulumi starts programs and plugins in the program's own directory below it.
    """
    here = Path.cwd()
    found = (place for place in (here, *here.parents) if (place / "Pulumi.yaml").is_file())
    os.chdir(next(found, here))


def program_of(stack: str) -> Callable[[], None]:
    """The program of the environment whose stack has that name. Raises NotFoundError."""
    settings = Settings()
    catalogue = load(settings.tenants, settings.plans)
    environment = next((one for one in catalogue.environments.values() if one.namespace == stack), None)
    if environment is None:
        raise NotFoundError(f"stack {stack}", "has no manifest", f"look under {settings.tenants}")
    with opened(settings) as centre:
        uid, suspended = recorded(environment, centre)
        now = catalogue.on(office_of(settings, centre.records).day)
        wanted = derive(environment.id, uid, catalogue=now, centre=centre, suspended=suspended)
        return environment_program(wanted)


def lend(command: Sequence[str]) -> NoReturn:
    """Become the command, with all that a plain Pulumi needs. Raises UnreachableError, UsageError."""
    if not command:
        raise UsageError(
            "yunzu_stacks.plain", "has no command to run", "for example `pulumi preview --stack X`"
        )
    workspace = Workspace(bootstrap.connections(Settings()))
    workspace.prepare()
    with workspace.shared_state(None) as backend:
        for descriptor in backend.descriptors:
            os.set_inheritable(descriptor, True)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {**os.environ, **workspace.plain_environment(backend), "PATH": path}
        try:
            os.execvpe(command[0], list(command), environment)  # noqa: S606 - a list, and no shell
        except OSError as error:
            raise UnreachableError(command[0], f"cannot be started ({error.strerror})") from error


def main() -> int:
    """The module as a command."""
    enter_project()
    try:
        lend(sys.argv[1:])
    except YunzuError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
