"""Which binaries a centre runs on: found at `up`, remembered for every later command."""

from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel, ConfigDict, ValidationError

from yunzu.embedded import tools
from yunzu.embedded.home import Home, write_if_changed
from yunzu.embedded.postgres_installation import find_postgres
from yunzu.embedded.programs import Binary, PostgresBinaries
from yunzu.embedded.unprivileged import find_runner
from yunzu.errors import UnreachableError
from yunzu.settings import Settings

CLIENT_TOOLS = ("pulumi", "kubectl")  # for the platform: their absence stops no server


class Located(BaseModel):
    """What `up` found."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    binaries: dict[str, Binary]
    postgres: PostgresBinaries | None = None


def remember(home: Home, located: Located) -> None:
    write_if_changed(home.run / "located.json", located.model_dump_json(indent=2) + "\n")


def recall(home: Home) -> Located:
    """What the last `up` found; nothing before the first."""
    try:
        return Located.model_validate_json((home.run / "located.json").read_bytes())
    except (OSError, ValidationError):
        return Located(binaries={})


def locate(settings: Settings, names: list[str], *, postgres: bool) -> Located:
    """Find the binaries. Raises UnreachableError for a missing one of `names`."""
    with ThreadPoolExecutor() as pool:  # each asks its binary for its version
        wanted = {name: pool.submit(tools.find, name, settings) for name in [*names, *CLIENT_TOOLS]}
        installation = find_postgres(settings) if postgres else None
    found: dict[str, Binary] = {}
    for name, future in wanted.items():
        try:
            tool = future.result()
        except UnreachableError:
            if name in names:
                raise
            continue
        found[name] = Binary(tool.path, tool.version, tool.origin)
    if installation is None:
        return Located(binaries=found)
    return Located(
        binaries=found,
        postgres=PostgresBinaries(installation.bindir, installation.version, installation.tls, find_runner()),
    )
