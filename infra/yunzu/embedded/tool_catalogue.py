"""Which server binaries a centre needs, where their source is pinned, and what may stand in for each.

A version is written once, in `tools/<directory>/go.mod`; everything here reads it from there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yunzu.errors import UnreachableError, UsageError, YunzuError

_SEMANTIC = r"\bv?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)"
_MINIO_RELEASE = r"\b(RELEASE\.[\dTZ-]+)"
_PSEUDO_VERSION = re.compile(r"v?0\.0\.0-(\d{14})-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One binary: the module that builds it, and how a ready-made one is asked and judged.

    `fit` says which ready-made versions will do: `exact`, same `minor`, or `least` (ours or newer;
    `floor`, if given, instead of ours).
    """

    name: str
    directory: str
    module: str
    package: str
    fit: Literal["exact", "minor", "least"]
    floor: str | None = None
    default: bool = True
    version_arguments: tuple[str, ...] = ("--version",)
    version_pattern: str = _SEMANTIC


_KUBERNETES = "k8s.io/kubernetes"

SPECS: tuple[ToolSpec, ...] = (
    ToolSpec("etcd", "etcd", "go.etcd.io/etcd/server/v3", "server", "least", floor="3.6.0"),
    ToolSpec("kube-apiserver", "kubernetes", _KUBERNETES, "kube-apiserver", "minor"),
    ToolSpec("kube-controller-manager", "kubernetes", _KUBERNETES, "kube-controller-manager", "minor"),
    ToolSpec("kube-scheduler", "kubernetes", _KUBERNETES, "kube-scheduler", "minor"),
    ToolSpec(
        "kubectl", "kubernetes", _KUBERNETES, "kubectl", "minor", version_arguments=("version", "--client")
    ),
    ToolSpec(
        "pulumi",
        "pulumi",
        "github.com/pulumi/pulumi/pkg/v3",
        "pulumi",
        "exact",  # the engine uses a private module of the SDK of this very version
        version_arguments=("version",),
    ),
    ToolSpec("minio", "minio", "github.com/minio/minio", "minio", "least", version_pattern=_MINIO_RELEASE),
    ToolSpec("kwok", "kwok", "sigs.k8s.io/kwok", "kwok", "least"),
    ToolSpec("versitygw", "versitygw", "github.com/versity/versitygw", "versitygw", "least", default=False),
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The tools and the directory of Go modules that pins them."""

    directory: Path
    specs: tuple[ToolSpec, ...] = SPECS

    def spec(self, name: str) -> ToolSpec:
        """The tool of that name; UsageError if there is none."""
        for spec in self.specs:
            if spec.name == name:
                return spec
        known = ", ".join(spec.name for spec in self.specs)
        raise UsageError(f"tool {name!r}", "is not one of yunzu's", f"the tools are {known}")

    def matching(self, names: Sequence[str]) -> list[ToolSpec]:
        """The tools of those names; a module's name stands for all its binaries (`kubernetes`)."""
        found: list[ToolSpec] = []
        for name in names:
            of_module = [spec for spec in self.specs if spec.directory == name]
            found += [spec for spec in of_module or [self.spec(name)] if spec not in found]
        return found

    def module_directory(self, spec: ToolSpec) -> Path:
        return self.directory / spec.directory

    def version(self, spec: ToolSpec) -> str:
        """The pinned version, without `v`."""
        return self._required(spec.directory, spec.module)

    def wanted(self, spec: ToolSpec) -> str:
        """The versions that will do, in words: `1.37.x`, `3.6.0 or newer`."""
        version = self.version(spec)
        if spec.fit == "exact":
            return version
        if spec.fit == "minor":
            return f"{version.rsplit('.', 1)[0]}.x"
        return f"{spec.floor or version} or newer"

    def suits(self, spec: ToolSpec, version: str) -> bool:
        """Whether a ready-made binary of that version may be used instead of building ours."""
        ours = self.version(spec)
        if spec.fit == "exact":
            return version == ours
        if spec.fit == "minor":
            return _comparable(version)[:2] == _comparable(ours)[:2]
        return _comparable(version) >= _comparable(spec.floor or ours)

    def linker_flags(self) -> str:
        """One string for every tool: a second set of flags would compile shared packages again.

        The engine's SDK refuses refresh and destroy with a Pulumi CLI that has no version stamped in;
        Kubernetes reports its stamp to clients.
        """
        pulumi = self._required("pulumi", "github.com/pulumi/pulumi/pkg/v3")
        kubernetes = self._required("kubernetes", _KUBERNETES)
        major, minor, *_ = kubernetes.split(".")
        stamps = {
            "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": pulumi,
            "k8s.io/component-base/version.gitVersion": f"v{kubernetes}",
            "k8s.io/component-base/version.gitMajor": major,
            "k8s.io/component-base/version.gitMinor": minor,
        }
        return "-s -w " + " ".join(f"-X {name}={value}" for name, value in stamps.items())

    def go_version(self) -> str:
        """The oldest Go that builds all modules, `1.26`."""
        needed = (_go_line(self.module_directory(spec)) for spec in self.specs)
        return max(needed, key=_comparable)

    def _required(self, directory: str, module: str) -> str:
        text = _go_mod(self.directory / directory)
        match = re.search(rf"^(?:require)?\s*{re.escape(module)} v(\S+)", text, re.MULTILINE)
        if match is None:
            raise YunzuError(f"tools/{directory}/go.mod", f"does not require {module}", "restore the file")
        return match[1]


def shipped() -> Catalogue:
    """The catalogue of the repository this package is installed from.

    Raises UnreachableError where the package came without its `tools/` directory.
    """
    directory = Path(__file__).resolve().parents[3] / "tools"
    if not (directory / "kubernetes" / "go.mod").is_file():
        raise UnreachableError(
            "tools/",
            "is not beside this installation, so the servers' versions are not known",
            "install yunzu from a checkout of its repository: pip install -e .",
        )
    return Catalogue(directory)


def _go_mod(directory: Path) -> str:
    path = directory / "go.mod"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise YunzuError(str(path), error.strerror or "cannot be read", "restore the file") from error


def _go_line(directory: Path) -> str:
    match = re.search(r"^go (\d+\.\d+)", _go_mod(directory), re.MULTILINE)
    return match[1] if match else "1.0"


def _comparable(version: str) -> tuple[int, ...]:
    """Orders versions of one tool; MinIO's are points in time, as a release or as a pseudo-version."""
    if version.startswith("RELEASE."):
        return (int(re.sub(r"\D", "", version)),)
    if pseudo := _PSEUDO_VERSION.match(version):
        return (int(pseudo[1]),)
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[-+]", version)[0]))
