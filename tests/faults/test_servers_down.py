"""A server that is down when a run begins, or dies in the middle of one."""

import pytest

from tests.support.digest import Document
from tests.support.faults import Fault
from tests.support.lives import Life
from tests.support.own_centre import Own

SERVERS = {
    "apiserver": "kubernetes POST rolebindings",
    "tenants-1": "postgres CREATE DATABASE",
    "records": "intend Database",
    "s3": "s3 PUT bucket",
}
"""Each server, and a side effect after which it is killed."""

IN_SHORT = "tenants-1"
CASES = [
    IN_SHORT,
    *(pytest.param(server, marks=pytest.mark.faults) for server in SERVERS if server != IN_SHORT),
]


@pytest.fixture(scope="module")
def applied(own: Own) -> Document:
    """The digest of an environment applied without faults."""
    life = Life(own.tenants, own.command)
    ran = own.command.apply(life.identifier)
    assert ran.code == 0, ran
    return life.digest()


@pytest.mark.parametrize("server", CASES)
def test_a_server_that_is_down_is_named_and_nothing_is_made(server: str, own: Own) -> None:
    """What was asked for stays asked for."""
    life = Life(own.tenants, own.command)
    with own.without(server):
        address = own.address(server)
        ran = own.command.apply(life.identifier)
    assert ran.code == 5, ran
    assert set(ran.effects) <= {"records commit"}
    assert ran.errors.count("\n") == 1
    assert address in ran.errors
    assert "not answer" in ran.errors or "refused" in ran.errors


@pytest.mark.faults
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_is_killed_in_the_middle(server: str, own: Own, applied: Document) -> None:
    life = Life(own.tenants, own.command)
    ran = own.command.apply(life.identifier, Fault("end", kind=SERVERS[server], pids=(own.pid(server),)))
    assert ran.code in (0, 1, 5), ran
    assert "Traceback" not in ran.errors
    own.wait_until_whole()
    assert life.converges(applied) == []
