"""Deliveries that are killed, or meet a server which is down: nothing is lost, nothing done twice."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.bureau import ROLES
from tests.support.faults import Fault
from tests.support.killing import Ran
from tests.support.lives import strays
from tests.support.own_centre import Own
from tests.support.tenants import unique


class Counter:
    """Files for an invented department as an operator of the machine, in processes of their own."""

    def __init__(self, own: Own) -> None:
        self.own = own

    def file(self, item: str, manifest: Path, fault: Fault = Fault()) -> Ran:  # noqa: B008 - immutable
        department = manifest.relative_to(self.own.tenants.directory).parts[0]
        applicant = ("--applicant", f"{department}-applicant")
        words = ("request", "new", item, "--manifest", str(manifest), *applicant, "--json")
        return self.own.command.run(*words, fault=fault)

    def run(self, *words: str) -> Ran:
        return self.own.command.run(*words)

    def department(self) -> Path:
        """The manifest of a new one."""
        identifier = unique("k")
        people = [{"name": "某", "account": f"{identifier}-{role}", "roles": [role]} for role in ROLES]
        self.own.tenants.department(identifier, people=people)
        return self.own.tenants.directory / identifier / "department.yaml"

    def environment(self) -> tuple[str, Path]:
        """The id and the manifest of one in a department that is registered."""
        department = self.department()
        assert self.file("department.new", department).code == 0
        identifier = self.own.tenants.environment(f"{department.parent.name}/prod")
        return identifier, department.parent / "environments" / "prod.yaml"

    def requests(self, department: str) -> list[Any]:
        listed = self.run("request", "list", "--department", department, "--json")
        items = listed.document["items"]
        assert isinstance(items, list)
        return items


@pytest.fixture(scope="module")
def counter(own: Own) -> Counter:
    assert own.command.run("up").code == 0  # adopts the centre's files
    return Counter(own)


def moves(ran: Ran) -> list[str]:
    return [one["move"] for one in ran.document["moves"]]


def test_a_server_that_is_down_is_the_reason_and_a_later_delivery_ends_it(counter: Counter) -> None:
    identifier, manifest = counter.environment()
    with counter.own.without("s3"):
        address = counter.own.address("s3")
        ran = counter.file("environment.new", manifest)
    assert ran.code == 5, ran
    assert ran.document["state"] == "failed"
    assert address in ran.document["reason"]
    assert ran.errors.splitlines()[-1] == f"error: {ran.document['reason']}"
    again = counter.run("request", "deliver", ran.document["id"], "--json")
    assert again.code == 0, again
    assert moves(again) == ["submit", "accept", "grant", "deliver", "fail", "retry", "complete"]
    assert counter.run("env", "show", identifier, "--json").document["items"][0]["state"] == "active"


@pytest.mark.parametrize("kind", ["s3 PUT bucket", "postgres CREATE DATABASE"])
def test_a_killed_delivery_goes_on(kind: str, counter: Counter) -> None:
    identifier, manifest = counter.environment()
    ran = counter.file("environment.new", manifest, Fault("kill", kind=kind))
    assert (ran.code, ran.output) == (-9, "")
    [one] = [
        one for one in counter.requests(identifier.partition("/")[0]) if one["item"] == "environment.new"
    ]
    assert (one["state"], one["done_at"]) == ("delivering", None)
    done = counter.run("request", "deliver", one["id"], "--json")
    assert done.code == 0, done
    assert moves(done) == ["submit", "accept", "grant", "deliver", "complete"]
    assert strays(identifier) == []
    again = counter.run("request", "deliver", one["id"], "--json")
    assert (again.code, again.document) == (0, done.document)
    assert {kind for kind in again.effects if kind != "records commit"} == set()


def _killed_after(at: int, counter: Counter) -> None:
    manifest = counter.department()
    assert counter.file("department.new", manifest, Fault("kill", at)).code == -9
    filed = counter.requests(manifest.parent.name)
    assert len(filed) == 1, at
    done = counter.run("request", "deliver", filed[0]["id"], "--json")
    assert (done.code, done.document["state"]) == (0, "done"), at


def test_a_filing_that_is_killed_is_filed(counter: Counter) -> None:
    """It is one commit; what comes after it is the delivery's."""
    _killed_after(1, counter)


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_a_filing_that_is_killed_anywhere_goes_on(counter: Counter) -> None:
    effects = counter.file("department.new", counter.department()).effects
    for at in range(1, len(effects) + 1):
        _killed_after(at, counter)
