"""The settings that `up` was given, kept for the centre's own processes: they start in no directory and with
no variables of the operator's. A private file, because settings may hold passwords.
"""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError

from yunzu.embedded.home import Home, write_if_changed
from yunzu.errors import UnreachableError, YunzuError
from yunzu.settings import Settings

# Of whoever ran `up`: their token, and the files that they edit. What is approved is in the records.
_PERSONAL = {"token", "tenants", "plans", "items", "officers", "capacity", "calendars"}


def path(home: Home) -> Path:
    """The file; it is there from the end of the first `up` on."""
    return home.secrets / "settings.json"


def write(home: Home, settings: Settings) -> None:
    """Keep them, with every path made absolute."""
    values = settings.model_dump(exclude_unset=True, exclude=_PERSONAL) | {"home": home.root}
    write_if_changed(path(home), json.dumps(values, default=_plain, indent=2, sort_keys=True) + "\n")


def read(directory: Path) -> Settings:
    """The settings of the last `up` in that home. Raises UnreachableError before the first one."""
    file = path(Home(directory))
    try:
        return Settings(**json.loads(file.read_bytes()))
    except FileNotFoundError as error:
        raise UnreachableError("centre", f"was never up (home {directory})", "run yunzu up") from error
    except (OSError, ValueError, ValidationError):
        raise YunzuError(f"file {file}", "holds no settings", "run yunzu up, which writes it") from None


def _plain(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, ZoneInfo):
        return value.key
    assert isinstance(value, Path)  # noqa: S101 - settings hold nothing else that JSON does not know
    return str(value.absolute())
