"""Options that many commands share, and how they become Settings."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

    from yunzu.settings import Settings

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="The centre's directory.  [env YUNZU_HOME; default .yunzu]"),
]
TenantsOption = Annotated[
    Path | None,
    typer.Option(
        "--tenants", metavar="DIR", help="Directory of the manifests.  [env YUNZU_TENANTS; default tenants]"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]


def department_id(text: str | None) -> str | None:
    """A department's id as given. Raises UsageError, before anything is asked for it."""
    from yunzu.model.identifiers import identifier

    return _checked("department", text, identifier)


def environment_id(text: str | None) -> str | None:
    """An environment's id as given. Raises UsageError, before anything is asked for it."""
    from yunzu.model.identifiers import environment_path

    return _checked("environment", text, environment_path)


def _checked(kind: str, text: str | None, rule: Callable[[str], str]) -> str | None:
    from yunzu.errors import UsageError

    try:
        return text if text is None else rule(text)
    except ValueError as error:
        raise UsageError(kind, str(error)) from error


IdArgument = Annotated[
    str,
    typer.Argument(
        metavar="ID", callback=environment_id, help="department/environment, e.g. health/beds-prod."
    ),
]
DepartmentArgument = Annotated[
    str, typer.Argument(metavar="DEPT", callback=department_id, help="The department's id, e.g. health.")
]


def settings(home: Path | None = None, tenants: Path | None = None) -> "Settings":
    """Settings from file and environment, overridden by the flags that were given.

    Raises UsageError with every fault of the file and the environment.
    """
    from tomllib import TOMLDecodeError

    from pydantic import ValidationError

    from yunzu.errors import UsageError
    from yunzu.settings import Settings

    given = {"home": home, "tenants": tenants}
    flags: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    file, advice = Settings.model_config.get("toml_file"), "put it right or remove it"
    try:
        return Settings(**flags)
    except ValidationError as error:
        raise _wrong_settings(error) from None  # its text would quote values, and some are secret
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(str(file), f"is not TOML ({error})", advice) from error
    except OSError as error:
        raise UsageError(str(file), f"cannot be read ({error.strerror})", advice) from error


def _wrong_settings(error: "ValidationError") -> Exception:
    from yunzu.errors import UsageError

    faults = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(map(str, item["loc"]))
        said = "is not a setting" if item["type"] == "extra_forbidden" else _in_a_sentence(item["msg"])
        faults.append(f"{name} {said}")
    return UsageError("settings", "; ".join(faults), "put yunzu.toml or the YUNZU_… variable right")


def _in_a_sentence(message: str) -> str:
    said = message.removeprefix("Input ")
    return said[:1].lower() + said[1:]
