"""The server binaries: find a ready-made one that suits, or build the pinned one.

Order of search: `YUNZU_BIN_DIR`, PATH, then what was built before.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yunzu.embedded import tool_cache, toolchain
from yunzu.embedded.tool_catalogue import Catalogue, ToolSpec, shipped
from yunzu.embedded.tool_versions import version_of
from yunzu.errors import UnreachableError, YunzuError
from yunzu.settings import Settings


@dataclass(frozen=True, slots=True)
class Tool:
    """A binary that can be run. `built`: by us, from tools/; `path`: the operator's own."""

    name: str
    version: str
    path: Path
    origin: Literal["built", "path"]


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of one module's build: packages done of `total` (0 while not known yet)."""

    module: str
    done: int
    total: int
    doing: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A binary of the right name and the wrong version; None: it does not say which."""

    path: Path
    version: str | None

    def __str__(self) -> str:
        return f"{self.path} is {self.version or 'of unknown version'}"


def needed(settings: Settings) -> tuple[str, ...]:
    """The tools that `yunzu up` needs: none for a server that is given."""
    names = ["pulumi"]
    if settings.kubeconfig is None:
        names += ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"]
        names += ["kwok"] if settings.nodes == "kwok" else []
    if settings.s3_endpoint is None:
        names.append(settings.s3_driver)
    return tuple(names)


def find(name: str, settings: Settings, *, catalogue: Catalogue | None = None) -> Tool:
    """The binary to run; UnreachableError, saying what was looked at, if there is none."""
    catalogue = catalogue or shipped()
    spec = catalogue.spec(name)
    ready, refused = ready_made(spec, settings, catalogue)
    found = ready or _built(spec, catalogue)
    if found is None:
        raise _not_there(spec, catalogue, refused)
    return found


def ready_made(
    spec: ToolSpec, settings: Settings, catalogue: Catalogue
) -> tuple[Tool | None, tuple[Refused, ...]]:
    """The operator's own binary that suits, if any, and those passed over on the way to it."""
    places = [*([str(settings.bin_dir)] if settings.bin_dir else []), *os.get_exec_path()]
    refused: dict[Path, Refused] = {}
    for place in places:
        found = shutil.which(spec.name, path=place)
        if found is None or (path := Path(found).absolute()).resolve() in refused:
            continue
        version = version_of(path, spec)
        if version is not None and catalogue.suits(spec, version):
            return Tool(spec.name, version, path, "path"), tuple(refused.values())
        refused[path.resolve()] = Refused(path, version)
    return None, tuple(refused.values())


def build(
    names: Sequence[str],
    *,
    settings: Settings,
    progress: Callable[[Step], None],
    catalogue: Catalogue | None = None,
) -> list[Tool]:
    """Have these tools ready (none named: those `needed`), compiling only what is missing.

    Two builds at once, also from different checkouts, do the work once. Raises UnreachableError
    without a suitable Go, YunzuError when a build fails.
    """
    catalogue = catalogue or shipped()
    specs = catalogue.matching(names or needed(settings))
    tools = {spec.name: ready_made(spec, settings, catalogue)[0] for spec in specs}
    for directory in dict.fromkeys(spec.directory for spec in specs if tools[spec.name] is None):
        of_module = [spec for spec in catalogue.specs if spec.directory == directory]
        entry = _build_module(of_module, catalogue, progress)
        tools |= {
            spec.name: Tool(spec.name, catalogue.version(spec), entry / spec.name, "built")
            for spec in of_module
            if tools.get(spec.name) is None
        }
    return [tool for spec in specs if (tool := tools[spec.name]) is not None]


def _build_module(specs: Sequence[ToolSpec], catalogue: Catalogue, progress: Callable[[Step], None]) -> Path:
    """The cache entry of one module; compiled now unless it is there."""
    module = catalogue.module_directory(specs[0])
    flags = catalogue.linker_flags()
    sources = tool_cache.sources_digest(module, flags)
    needed_go = catalogue.go_version()
    go = toolchain.installed()
    if go is None or not toolchain.new_enough(go, needed_go):
        # What an earlier Go built is as good, as long as the sources are the same.
        if kept := tool_cache.entries_of(module, sources):
            return kept[0]
        go = toolchain.suitable(needed_go)

    def report(done: int, total: int, doing: str) -> None:
        progress(Step(module.name, done, total, doing))

    entry = tool_cache.entry(module, sources, str(go))
    if entry.is_dir():
        return entry
    with tool_cache.locked(entry, lambda: report(0, 0, "waiting for another build of it")):
        if not entry.is_dir():
            with tool_cache.new_entry(entry, sources) as growing:
                options = ("-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", flags)
                toolchain.compile_tools(go, module, growing, flags=options, report=report)
                for spec in specs:
                    _rename(growing / spec.package, growing / spec.name)
    return entry


def _rename(built: Path, wanted: Path) -> None:
    try:
        built.rename(wanted)
    except FileNotFoundError as error:
        raise YunzuError(
            f"tools/{wanted.name}",
            f"Go built no {built.name}",
            "compare its go.mod's tool line with the catalogue",
        ) from error


def _built(spec: ToolSpec, catalogue: Catalogue) -> Tool | None:
    module = catalogue.module_directory(spec)
    sources = tool_cache.sources_digest(module, catalogue.linker_flags())
    entries = tool_cache.entries_of(module, sources)
    if entries and (go := toolchain.installed()):
        of_this_go = tool_cache.entry(module, sources, str(go))
        entries.sort(key=lambda entry: entry != of_this_go)
    for entry in entries:
        if os.access(entry / spec.name, os.X_OK):
            return Tool(spec.name, catalogue.version(spec), entry / spec.name, "built")
    return None


def _not_there(spec: ToolSpec, catalogue: Catalogue, refused: Sequence[Refused]) -> UnreachableError:
    wanted = catalogue.wanted(spec)
    fact = "is neither built nor found in YUNZU_BIN_DIR or on PATH"
    if refused:
        fact += f" ({', '.join(map(str, refused))}; needed is {wanted})"
    go_version = catalogue.go_version()
    go = toolchain.installed()
    build_it = f"run `yunzu tools build {spec.directory}`"
    if go is None:
        build_it = f"install Go {go_version} or newer and {build_it}"
    elif not toolchain.new_enough(go, go_version):
        build_it = f"replace Go {go.version} by {go_version} or newer and {build_it}"
    return UnreachableError(
        spec.name, fact, f"{build_it}, or put {spec.name} {wanted} in a directory named by YUNZU_BIN_DIR"
    )
