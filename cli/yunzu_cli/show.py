"""What several commands show alike."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from yunzu_cli.output import print_json, print_line

if TYPE_CHECKING:
    from yunzu.errors import YunzuError
    from yunzu.services.manifests import Catalogue
    from yunzu.settings import Settings


def catalogue(settings: "Settings") -> "Catalogue":
    """The manifests, all checked; where no plans are, as far as that goes without: the centre has them too.

    Raises InvalidInputError with every finding.
    """
    from yunzu.services.manifests import load, load_tenants

    if not settings.plans.exists():
        return load_tenants(settings.tenants)
    return load(settings.tenants, settings.plans)


def error_document(error: "YunzuError") -> dict[str, str]:
    return {"subject": error.subject, "fact": error.fact, "advice": error.advice}


def foreseen(
    command: str, about: Mapping[str, object], names: Mapping[str, Sequence[str]], *, json: bool
) -> None:
    """What the command would do with what, by verb; the first of `about` says what it is about."""
    if json:
        print_json({"ok": True, **about, **{verb: list(each) for verb, each in names.items()}})
        return
    print_line(f"{next(iter(about.values()))}: nothing was changed; `{command}` would")
    for verb, each in names.items():
        for name in each:
            print_line(f"  {verb:6} {name}")
    if not any(names.values()):
        print_line("  do nothing")
