"""Somebody of another department works in one environment, in one role, until a day."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_egress import _day, _later
from tests.support.bureau import Bureau, bureau_of
from tests.support.command import Command
from tests.support.engine import wait_for
from tests.support.tenants import tenants_on
from tests.support.workers import deliver_here
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ForbiddenError
from yunzu.model.connections import Connections
from yunzu.services.requests import queueing
from yunzu.settings import Settings


@pytest.fixture(scope="module")
def neighbour(
    yunzu: Command, centre: Connections, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bureau]:
    """Another department, with an environment of its own."""
    with tenants_on(centre, tmp_path_factory.mktemp("neighbour")) as own, bureau_of(yunzu, own) as made:
        assert made.ask("own", databases=[], buckets=[]).document["state"] == "done"
        yield made


def _grant(account: str, days: int = 30, role: str = "viewer") -> dict[str, Any]:
    return {"account": account, "role": role, "until": _day(days), "reason": "联合排查"}


def _asked(bureau: Bureau, manifest: Path) -> Any:
    words = ("request", "new", "access.grant", "--manifest", manifest, "--json")
    filed = bureau("applicant", *words)
    assert filed.document["state"] == "accepted", filed
    signed = bureau("approver", "request", "approve", filed.document["id"], "--json")
    assert signed.document["state"] == "done", signed
    return signed.document


def _logged_in(bureau: Bureau, text: str) -> Client:
    user = yaml.safe_load(text)["users"][0]["user"]
    pair = (base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key"))
    return bureau.tenants.centre.cluster.as_user(*pair)


def _may_list(person: Client, kind: str, namespace: str) -> bool:
    try:
        person.list("v1", kind, namespace)
    except ForbiddenError:
        return False
    return True


def test_a_guest_may_what_the_role_says_there_and_only_until_the_day(
    bureau: Bureau, neighbour: Bureau, centre_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bureau.ask("shared", databases=[], buckets=[]).document["state"] == "done"
    assert bureau.ask("alone", databases=[], buckets=[]).document["state"] == "done"
    identifier, guest = f"{bureau.id}/shared", f"{neighbour.id}-steward"
    kubeconfig = ("env", "kubeconfig", identifier)
    assert neighbour("steward", *kubeconfig).code == 3

    wanted = bureau.manifest("shared", databases=[], buckets=[], access=[_grant(guest, 3)])
    number = _asked(bureau, wanted)["id"]
    assert f"{guest} viewer" in bureau("approver", "request", "show", number).out
    ended = neighbour("steward", *kubeconfig)
    assert (ended.code, ended.err) == (0, "")
    person = _logged_in(bureau, ended.out)
    assert _may_list(person, "Pod", f"{bureau.id}--shared")
    assert not _may_list(person, "Secret", f"{bureau.id}--shared")  # a steward at home, a viewer here
    assert not _may_list(person, "Pod", f"{bureau.id}--alone")
    metadata = {"name": "x", "namespace": f"{bureau.id}--shared"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    with pytest.raises(ForbiddenError):
        person.create(config, field_manager="test", dry_run=True)
    for who in ("applicant", "reviewer"):  # colleagues of the guest
        assert neighbour(who, *kubeconfig).code == 3
    for command in ("show", "verify", "credentials"):
        assert neighbour("steward", "env", command, identifier).code == 3
    assert bureau("applicant", "env", "verify", identifier).code == 0
    assert (
        neighbour("steward", "env", "verify", f"{neighbour.id}/own").code == 0
    )  # whose person goes elsewhere

    with _later(centre_settings, 4, monkeypatch) as then:
        assert queueing.queue_ended(then) == [identifier]
        deliver_here(centre_settings)
        assert not _may_list(person, "Pod", f"{bureau.id}--shared")  # the certificate is good for an hour
        assert _may_list(person, "Pod", f"{neighbour.id}--own")
        assert queueing.queue_ended(then) == []


def test_who_leaves_their_department_is_out_of_every_environment(bureau: Bureau, neighbour: Bureau) -> None:
    guest, space = f"{neighbour.id}-auditor", f"{bureau.id}--left"
    assert bureau.ask("left", databases=[], buckets=[]).document["state"] == "done"
    wanted = bureau.manifest("left", databases=[], buckets=[], access=[_grant(guest, role="admin")])
    _asked(bureau, wanted)
    person = _logged_in(bureau, neighbour("auditor", "env", "kubeconfig", f"{bureau.id}/left").out)
    assert _may_list(person, "Secret", space)

    department = neighbour.tenants.directory / neighbour.id / "department.yaml"
    document = yaml.safe_load(department.read_text("utf-8"))
    document["people"] = [one for one in document["people"] if one["account"] != guest]
    department.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    filed = neighbour("applicant", "request", "new", "department.people", "--manifest", department, "--json")
    words = ("request", "approve", filed.document["id"], "--json", "--no-wait")
    assert neighbour("approver", *words).document["state"] != "accepted"
    wait_for(lambda: not _may_list(person, "Pod", space), seconds=60)
    assert neighbour("auditor", "env", "kubeconfig", f"{bureau.id}/left").code == 3
    wait_for(lambda: bureau("applicant", "env", "verify", f"{bureau.id}/left").code == 0, seconds=60)
