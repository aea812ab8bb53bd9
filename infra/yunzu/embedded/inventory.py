"""What is there and what is missing of the programs that an embedded centre runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yunzu.embedded import tools
from yunzu.embedded.postgres_installation import OLDEST, find_postgres
from yunzu.embedded.tool_catalogue import Catalogue, ToolSpec, shipped
from yunzu.errors import UnreachableError
from yunzu.settings import Settings


@dataclass(frozen=True, slots=True)
class Item:
    """A program. Of a missing one, `version` is the one that would be built, or is asked for."""

    name: str
    version: str
    path: Path | None
    origin: Literal["built", "path", "wheel", "missing"]
    needed: bool

    @property
    def shown_origin(self) -> str:
        """The origin for people: a missing program that nothing needs is no fault."""
        return "not needed" if self.origin == "missing" and not self.needed else self.origin

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "version": self.version,
            "path": str(self.path) if self.path else None,
            "origin": self.origin,
            "needed": self.needed,
        }


def inventory(settings: Settings, *, catalogue: Catalogue | None = None) -> list[Item]:
    """Every tool of the catalogue, and PostgreSQL."""
    catalogue = catalogue or shipped()
    needed = tools.needed(settings)
    return [
        *(_tool(spec, settings, catalogue, needed=spec.name in needed) for spec in catalogue.specs),
        _postgres(settings),
    ]


def _tool(spec: ToolSpec, settings: Settings, catalogue: Catalogue, *, needed: bool) -> Item:
    try:
        found = tools.find(spec.name, settings, catalogue=catalogue)
    except UnreachableError:
        return Item(spec.name, catalogue.version(spec), None, "missing", needed)
    return Item(spec.name, found.version, found.path, found.origin, needed)


def _postgres(settings: Settings) -> Item:
    needed = settings.database_url is None or settings.records_url is None
    try:
        found = find_postgres(settings)
    except UnreachableError:
        return Item("postgres", str(OLDEST), None, "missing", needed)
    origin: Literal["path", "wheel"] = "path" if found.origin == "system" else "wheel"
    return Item("postgres", found.version, found.program("postgres"), origin, needed)
