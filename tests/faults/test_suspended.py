"""SIGKILL while an environment is suspended or resumed: the next run, of any kind, ends where it should."""

from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from tests.faults.conftest import Undisturbed
from tests.support.digest import Document, differences
from tests.support.faults import Fault
from tests.support.killing import Command
from tests.support.lives import Life, complaints
from tests.support.tampering import administrator
from tests.support.tenants import Tenants
from tests.support.workloads import pod
from yunzu.errors import NotFoundError

Kind = Literal["suspend", "resume"]
KILLED = {
    "suspend": ["postgres commit ALTER ROLE", "s3 set-user-status", "kubernetes DELETE pods"],
    "resume": ["records commit", "kubernetes PATCH resourcequotas"],
}


@dataclass(frozen=True)
class Switched:
    """Digests of both ends of a life that was suspended and resumed, and the side effects of either way."""

    suspended: Document
    suspending: tuple[str, ...]
    resuming: tuple[str, ...]


@pytest.fixture(scope="session")
def switched(tenants: Tenants, command: Command, undisturbed: Undisturbed) -> Switched:
    life = _begun(tenants, command)
    suspending = command.switch("suspend", life.identifier)
    assert suspending.code == 0, suspending
    digest = life.digest()
    resuming = command.switch("resume", life.identifier)
    assert resuming.code == 0, resuming
    assert differences(undisturbed.applied, life.digest()) == []
    return Switched(digest, suspending.effects, resuming.effects)


def _begun(tenants: Tenants, command: Command) -> Life:
    """Applied, with a pod that runs."""
    life = Life(tenants, command)
    assert command.apply(life.identifier).code == 0
    _run(life)
    return life


def _run(life: Life) -> None:
    with closing(administrator(life.tenants.centre)) as client:
        client.create(pod(life.identifier.replace("/", "--"), "web"), field_manager="developer")


def _stop(life: Life) -> None:
    """What a killed suspension did not come to end is no part of what is compared."""
    with closing(administrator(life.tenants.centre)) as client, suppress(NotFoundError):
        client.delete("v1", "Pod", "web", life.identifier.replace("/", "--"), grace=0)


def _killed(life: Life, kind: Kind, fault: Fault) -> list[str]:
    code = life.command.switch(kind, life.identifier, fault).code
    return [] if code == -9 else [f"was not killed by {fault} but ended with {code}"]


def _settles(life: Life, kind: str, wanted: Document) -> list[str]:
    """The next run of that kind ends like an undisturbed one, another changes nothing, probes are green."""
    command, identifier = life.command, life.identifier
    run: Any = command.apply if kind == "apply" else (lambda one: command.switch(kind, one))
    ended = run(identifier)
    if ended.code:
        return [f"the next {kind} fails: {ended}"]
    found = differences(wanted, life.digest())
    again = run(identifier)
    changes = again.document["changes"] if again.code == 0 else {"fails": 1}
    if any(count for key, count in changes.items() if key != "same"):
        found.append(f"a second {kind} changes {changes}")
    return found + life.verified()


def _secrets(life: Life) -> list[Any]:
    namespace = life.identifier.replace("/", "--")
    client = life.tenants.centre.cluster
    return [client.get("v1", "Secret", f"{one}-main", namespace)["data"] for one in ("database", "bucket")]


def _a_life(
    life: Life, kind: Kind, fault: Fault, then: str, switched: Switched, undisturbed: Undisturbed
) -> list[str]:
    """Killed on the way, brought to its end by a run of `then`, and back in use: nothing was renewed."""
    held = _secrets(life)
    if kind == "resume":
        assert life.command.switch("suspend", life.identifier).code == 0
    found = _killed(life, kind, fault)
    is_suspended = then == "suspend" or (then == "apply" and kind == "suspend")
    if not is_suspended:
        _stop(life)
    found += _settles(life, then, switched.suspended if is_suspended else undisturbed.applied)
    if is_suspended:
        resumed = life.command.switch("resume", life.identifier)
        found += [f"cannot be resumed: {resumed}"] if resumed.code else []
        found += differences(undisturbed.applied, life.digest())
    return found + ([] if _secrets(life) == held else ["credentials were renewed"])


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["suspend", "resume"])
def test_killed_on_the_way_the_next_run_ends_it(
    kind: Kind, tenants: Tenants, command: Command, switched: Switched, undisturbed: Undisturbed
) -> None:
    """Each kind of side effect once, ended in turn by the same again and by the other way."""
    effects = switched.suspending if kind == "suspend" else switched.resuming
    assert set(KILLED[kind]) <= set(effects), sorted(set(effects))
    lives = {effect: _begun(tenants, command) for effect in KILLED[kind]}

    def live(effect: str) -> list[str]:
        at = KILLED[kind].index(effect)
        then = ("suspend", "resume")[at % 2]
        return _a_life(lives[effect], kind, Fault("kill", kind=effect), then, switched, undisturbed)

    assert complaints(lives, live) == []


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("then", ["suspend", "resume", "apply"])
@pytest.mark.parametrize("kind", ["suspend", "resume"])
def test_killed_after_every_side_effect(
    kind: Kind, then: str, tenants: Tenants, command: Command, switched: Switched, undisturbed: Undisturbed
) -> None:
    effects = switched.suspending if kind == "suspend" else switched.resuming
    # Before the records know of it, an apply goes on with what they know.
    first = 1 + effects.index("records commit") if then == "apply" else 1

    def live(at: int) -> list[str]:
        life = _begun(tenants, command)
        found = _a_life(life, kind, Fault("kill", at), then, switched, undisturbed)
        tenants.erase(life.identifier)  # all of them at once would need more connections than the pool has
        return found

    assert complaints(range(first, len(effects) + 1), live) == []
