"""Lives of environments under faults, several at once, each step in a process of its own.

Checks return complaints instead of failing, so that one run tells about every place that was tried.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.support.digest import Document, differences, digest
from tests.support.faults import Fault
from tests.support.killing import Command
from tests.support.tenants import Tenants
from yunzu.services import verification
from yunzu.services.probes import failed

T = TypeVar("T")

AT_ONCE = 4  # deleting a namespace takes the cluster five idle seconds: lives side by side share them


class Life:
    """One environment, its manifest written, nothing applied."""

    def __init__(self, tenants: Tenants, command: Command) -> None:
        self.tenants, self.command = tenants, command
        self.identifier = tenants.one()
        tenants._applied.append(self.identifier)  # whatever becomes of it is erased at the end

    def __str__(self) -> str:
        return self.identifier

    def digest(self) -> Document:
        return digest(self.tenants.centre, self.identifier)

    def applied(self, fault: Fault) -> list[str]:
        """An apply with a fault. What a fault's run ends with is the caller's to say: here, killed."""
        return _killed(self.command.apply(self.identifier, fault).code, fault)

    def destroyed(self, fault: Fault, *, erase: bool) -> list[str]:
        """A destroy with a fault."""
        return _killed(self.command.destroy(self.identifier, erase=erase, fault=fault).code, fault)

    def converges(self, wanted: Document) -> list[str]:
        """The next apply ends like an undisturbed one, another changes nothing, all probes are green."""
        ran = self.command.apply(self.identifier)
        if ran.code:
            return [f"the next apply fails: {ran}"]
        found = differences(wanted, self.digest())
        again = self.command.apply(self.identifier)
        changes: Mapping[str, int] = again.document["changes"] if again.code == 0 else {"fails": 1}
        if any(count for key, count in changes.items() if key != "same"):
            found.append(f"a second apply changes {changes}")
        return found + self.verified() + strays(self.identifier)

    def verified(self) -> list[str]:
        """Names of red probes."""
        catalogue = self.tenants.catalogue
        probes = verification.verify(self.identifier, catalogue=catalogue, centre=self.tenants.centre)
        return [f"red: {probe.name}: {probe.detail}" for probe in failed(probes)]

    def vanishes(self, wanted: Document, *, erase: bool) -> list[str]:
        """The next destroy ends where an undisturbed one does. All may have been done before."""
        ran = self.command.destroy(self.identifier, erase=erase)
        if ran.code and "is not in the records" not in ran.errors:
            return [f"the next destroy fails: {ran}"]
        return differences(wanted, self.digest()) + strays(self.identifier)


def _killed(code: int, fault: Fault) -> list[str]:
    return [] if code == -9 else [f"was not killed by {fault} but ended with {code}"]


def strays(identifier: str) -> list[str]:
    """Command lines of Pulumi processes that still work on an environment."""
    stack = identifier.replace("/", "--").encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if stack in words and any(b"pulumi" in word for word in words):
            found.append("left running: " + b" ".join(words).decode())
    return found


def complaints(tried: Iterable[T], act: Callable[[T], list[str]]) -> list[str]:
    """What is wrong, over everything that is tried, each complaint with what was tried."""
    trials = list(tried)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(act, trials))
    return [f"{trial}: {one}" for trial, found in zip(trials, outcomes, strict=True) for one in found]
