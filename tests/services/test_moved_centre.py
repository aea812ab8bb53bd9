"""A centre whose address or certificates change: its servers, its Secrets and its perimeter follow."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.support.centre import quiet
from tests.support.own_centre import Own, own_centre
from tests.support.tenants import Tenants, tenants_on
from yunzu.embedded import bootstrap, pki, plan
from yunzu.embedded.status import Status, status
from yunzu.services import verification
from yunzu.services.preparing import prepare
from yunzu.services.probes import failed
from yunzu.settings import Settings

ELSEWHERE = "127.0.0.2"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    with own_centre(tmp_path_factory.mktemp("own")) as started:
        yield started


@pytest.fixture(scope="module")
def identifier(own: Own) -> str:
    """An environment of the centre as it was before anything changed."""
    made = own.tenants.one()
    own.tenants.apply(made)
    return made


@contextmanager
def again(own: Own, settings: Settings) -> Iterator[Tenants]:
    """`yunzu up`, and the same manifests on what it leaves."""
    connections = bootstrap.up(settings, progress=quiet)
    prepare(connections, bootstrap.administrator(settings))
    with tenants_on(connections, own.tenants.directory) as tenants:
        yield tenants


def applied_and_proven(tenants: Tenants, identifier: str) -> None:
    tenants.apply(identifier)
    tenants._applied.clear()  # it stays for the next test
    probes = verification.verify(identifier, catalogue=tenants.catalogue, centre=tenants.centre)
    assert failed(probes) == []


def secret(tenants: Tenants, identifier: str, name: str) -> dict[str, str]:
    found = tenants.centre.cluster.get("v1", "Secret", name, identifier.replace("/", "--"))
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def names_in(certificate: Path) -> list[str]:
    extension = pki.read_certificate(certificate).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return [str(address) for address in extension.value.get_values_for_type(x509.IPAddress)]


def ending(found: Status) -> set[str]:
    assert found.ok, [one for one in found.servers if not one.ok]
    return {one["name"] for one in found.as_json()["certificates"]["ending"]}


def test_every_certificate_near_its_end_is_named_and_renewed_clients_too(
    own: Own, identifier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = bootstrap.recalled(own.settings)
    leaves = plan.leaves(own.settings, site)
    assert {leaf.purpose for leaf in leaves} == {"server", "client", "both"}
    for leaf in leaves:
        site.pki.pair(leaf.name).certificate.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(pki, "LEAF_DAYS", pki.RENEW_DAYS - 10)
        bootstrap.up(own.settings, progress=quiet)
    assert ending(status(own.settings)) == {leaf.name for leaf in leaves}
    printed = own.command.run("status")
    assert "ENDS SOON: platform on " in printed.output
    assert "run yunzu up, which renews it" in printed.output

    with again(own, own.settings) as tenants:
        found = status(own.settings)
        assert ending(found) == set()
        assert (found.certificates[0].ends - pki.now()).days > 300
        named = {one.name for one in found.certificates}
        assert named >= {"services-ca", "clients-ca", "etcd-ca", "platform", "etcd-client"}
        applied_and_proven(tenants, identifier)


def test_an_address_that_changes_is_followed_by_certificates_secrets_and_egress(
    own: Own, identifier: str
) -> None:
    moved = own.settings.model_copy(update={"service_address": ELSEWHERE})
    with again(own, moved) as tenants:
        found = status(moved)
        assert found.ok
        assert all(ELSEWHERE in one.address for one in found.servers if one.address)
        directory = own.settings.home / "pki"
        for name in ("apiserver", "s3-server", "records-server", "tenants-1-server", "etcd-server"):
            assert ELSEWHERE in names_in(directory / f"{name}.crt")
            assert "127.0.0.1" not in names_in(directory / f"{name}.crt")

        applied_and_proven(tenants, identifier)

        database, bucket = (secret(tenants, identifier, f"{one}-main") for one in ("database", "bucket"))
        assert database["host"] == ELSEWHERE
        assert f"@{ELSEWHERE}:" in database["uri"]
        assert bucket["endpoint"].startswith(f"https://{ELSEWHERE}:")
        assert egress(tenants, identifier) == {f"{ELSEWHERE}/32"}
    with again(own, own.settings) as tenants:  # and back
        applied_and_proven(tenants, identifier)
        assert egress(tenants, identifier) == {"127.0.0.1/32"}


def egress(tenants: Tenants, identifier: str) -> set[str]:
    """The addresses that the environment's workloads may reach outside their namespace."""
    policies: list[dict[str, Any]] = tenants.centre.cluster.list(
        "networking.k8s.io/v1", "NetworkPolicy", identifier.replace("/", "--")
    )
    rules = [rule for policy in policies for rule in policy["spec"].get("egress", [])]
    return {peer["ipBlock"]["cidr"] for rule in rules for peer in rule.get("to", []) if "ipBlock" in peer}


@pytest.mark.parametrize("authority", ["services", "clients", "etcd"])
def test_an_authority_is_changed_as_status_advises(
    own: Own, identifier: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: str
) -> None:
    old = own.settings.home / "pki" / f"{authority}-ca.crt"
    with monkeypatch.context() as patch:
        nearly = pki.expires(old) - timedelta(days=20)
        patch.setattr(pki, "now", lambda: nearly)
        certificates = {one.name: one.advice for one in status(own.settings).certificates}
    assert f"move pki/{authority}-ca.crt and pki/{authority}-ca.key out of the home" in certificates[old.stem]
    before = old.read_text()

    bootstrap.down(own.settings, progress=quiet)
    for end in ("crt", "key"):
        shutil.move(old.with_suffix(f".{end}"), tmp_path)
    with again(own, own.settings) as tenants:
        assert old.read_text() != before
        assert ending(status(own.settings)) == set()
        applied_and_proven(tenants, identifier)
        services = (old.parent / "services-ca.crt").read_text()
        assert secret(tenants, identifier, "bucket-main")["ca.crt"] == services
