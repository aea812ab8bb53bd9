"""Run an environment's program under a plain `pulumi up`, without our engine."""

from collections.abc import Callable

from yunzu.errors import NotFoundError
from yunzu.services.environments import derive, recorded
from yunzu.services.manifests import load
from yunzu.settings import Settings
from yunzu_stacks.centre import opened
from yunzu_stacks.environment import environment_program


def program_of(stack: str) -> Callable[[], None]:
    """The program of the environment whose stack has that name. Raises NotFoundError."""
    settings = Settings()
    catalogue = load(settings.tenants, settings.plans)
    environment = next((one for one in catalogue.environments.values() if one.namespace == stack), None)
    if environment is None:
        raise NotFoundError(f"stack {stack}", "has no manifest", f"look under {settings.tenants}")
    with opened(settings) as centre:
        uid, suspended = recorded(environment, centre)
        wanted = derive(environment.id, uid, catalogue=catalogue, centre=centre, suspended=suspended)
        return environment_program(wanted)
