"""Options that many commands share, and how they become Settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from yunzu.settings import Settings

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="The centre's directory.  [env YUNZU_HOME; default .yunzu]"),
]
TenantsOption = Annotated[
    Path | None,
    typer.Option("--tenants", metavar="DIR", help="Directory of the manifests.  [default tenants]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]


def settings(home: Path | None = None, tenants: Path | None = None) -> "Settings":
    """Settings from file and environment, overridden by the flags that were given.

    Raises UsageError with every fault of the file and the environment.
    """
    from pydantic import ValidationError

    from yunzu.errors import UsageError
    from yunzu.settings import Settings

    given = {"home": home, "tenants": tenants}
    flags: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    try:
        return Settings(**flags)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UsageError("settings", faults, "put yunzu.toml or the YUNZU_… variables right") from error
