"""The centre's own processes: this code, kept running beside the servers.

They start when everything that they need is there: the servers answer, the records are migrated, the office
is open. A changed code or setting restarts them, as a changed configuration does a server.
"""

import hashlib
import importlib.util
import os
import sys
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from yunzu.embedded import api, beats, given, keys
from yunzu.embedded.programs import ServerProgram, Site
from yunzu.embedded.servers import postgres
from yunzu.settings import Settings

WORKERS = {"worker-delivery": "delivery", "worker-background": "background"}
"""Name of the process -> its queue."""

_PACKAGES = ("yunzu", "yunzu_stacks", "yunzu_cli", "yunzu_portal")
_STOP_SECONDS = 15  # a worker waits for what it has under way, and then leaves it to the next one


def names() -> list[str]:
    """Names of the processes."""
    return [*WORKERS, api.NAME]


def programs(settings: Settings, site: Site) -> list[ServerProgram]:
    """The processes to run; none before the office of this home was opened."""
    if not given.path(site.home).exists():
        return []
    needed = (postgres.RECORDS,) if settings.records_url is None else ()
    workers = [_worker(site, name, queue, needed) for name, queue in WORKERS.items()]
    return [*workers, _api(site, needed)]


def _worker(site: Site, name: str, queue: str, needed: tuple[str, ...]) -> ServerProgram:
    return ServerProgram(
        name=name,
        command=(sys.executable, "-m", "yunzu_stacks.worker", "--queue", queue, "--name", name),
        version=version("yunzu"),
        address="",
        probe=partial(beats.check, site.home, name),
        environment=environment(site),
        inputs=(given.path(site.home),),
        after=needed,
        stop_seconds=_STOP_SECONDS,
    )


def _api(site: Site, needed: tuple[str, ...]) -> ServerProgram:
    shown = site.pki.pair(api.NAME)
    return ServerProgram(
        name=api.NAME,
        command=(sys.executable, "-m", "yunzu_portal"),
        version=version("yunzu"),
        address=site.url(api.NAME),
        probe=partial(api.check, site),
        environment=environment(site),
        inputs=(given.path(site.home), shown.certificate, shown.key, keys.operator_key_file(site.home)),
        certificate=shown.certificate,
        after=needed,
        stop_seconds=_STOP_SECONDS,
    )


def environment(site: Site) -> dict[str, str]:
    """Where the process finds its settings, and its code: that of the `up` which starts it."""
    paths = os.pathsep.join(dict.fromkeys(str(root.parent) for root in _roots()))
    return {"YUNZU_HOME": str(site.home.root), "PYTHONPATH": paths, "YUNZU_CODE": _digest()}


@cache
def _digest() -> str:
    """Of every source file: a changed one restarts the processes."""
    digest = hashlib.sha256()
    for root in _roots():
        for file in sorted(path for path in root.rglob("*") if path.suffix in _SOURCES):
            digest.update(f"\0{file.relative_to(root)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


_SOURCES = frozenset({".py", ".sql", ".txt", ".html", ".jinja"})


def _roots() -> list[Path]:
    """Directories of our packages, without importing them."""
    specs = (importlib.util.find_spec(name) for name in _PACKAGES)
    return [Path(spec.origin).parent for spec in specs if spec and spec.origin]
