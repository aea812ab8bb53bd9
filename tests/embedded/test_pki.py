"""Certificates: who signs whom, and when a leaf is made anew."""

import datetime as dt
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from yunzu.embedded import pki
from yunzu.embedded.expiry import as_json, expiries
from yunzu.embedded.pki import Leaf, Pki
from yunzu.errors import YunzuError

SERVER = Leaf("server", "services", "server", hosts=("127.0.0.1", "localhost"), purpose="server")


def at(monkeypatch: pytest.MonkeyPatch, *, days: float) -> None:
    later = pki.now() + dt.timedelta(days=days)
    monkeypatch.setattr(pki, "now", lambda: later)


def test_second_run_makes_nothing(tmp_path: Path) -> None:
    assert Pki(tmp_path).ensure(SERVER)
    before = (tmp_path / "server.crt").read_bytes()

    assert not Pki(tmp_path).ensure(SERVER)
    assert (tmp_path / "server.crt").read_bytes() == before


@pytest.mark.parametrize(("days", "renewed"), [(pki.LEAF_DAYS - 31, False), (pki.LEAF_DAYS - 29, True)])
def test_leaf_is_renewed_when_it_has_less_than_30_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, renewed: bool
) -> None:
    Pki(tmp_path).ensure(SERVER)
    authority = (tmp_path / "services-ca.crt").read_bytes()
    at(monkeypatch, days=days)

    assert Pki(tmp_path).ensure(SERVER) is renewed
    assert (tmp_path / "services-ca.crt").read_bytes() == authority
    left = pki.expires(tmp_path / "server.crt") - pki.now()
    assert (left > dt.timedelta(days=300)) is renewed


def test_leaf_ends_with_its_authority_at_the_latest_and_is_then_not_made_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = Pki(tmp_path)
    directory.ensure_authority("services")
    end = pki.expires(tmp_path / "services-ca.crt")
    at(monkeypatch, days=pki.AUTHORITY_DAYS - 100)

    assert directory.ensure(SERVER)
    assert pki.expires(tmp_path / "server.crt") == end
    assert expiries(directory, [SERVER])[0].advice == ""
    at(monkeypatch, days=80)
    assert not directory.ensure(SERVER)
    advice = {one.name: one.advice for one in expiries(directory, [SERVER])}
    assert advice["server"] == "it ends with services-ca"
    assert "move pki/services-ca.crt and pki/services-ca.key out" in advice["services-ca"]


def test_ends_are_told_of_servers_clients_and_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, person = Pki(tmp_path), Leaf("person", "clients", "someone")
    directory.ensure(SERVER)
    at(monkeypatch, days=10)
    directory.ensure(person)
    directory.ensure(Leaf("left-behind", "etcd", "of a server that is given now"))

    found = expiries(directory, [SERVER, person, Leaf("to-come", "services", "not made yet")])

    assert [one.name for one in found] == ["server", "person", "services-ca", "clients-ca"]
    assert as_json(found)["earliest"]["ends"] == pki.expires(tmp_path / "server.crt").isoformat()
    assert as_json(found)["ending"] == []
    at(monkeypatch, days=pki.LEAF_DAYS - 35)
    (ending,) = as_json(expiries(directory, [SERVER, person]))["ending"]
    assert (ending["name"], ending["advice"]) == ("server", "run yunzu up, which renews it")
    assert as_json(()) == {"earliest": None, "ending": []}


def test_leaf_is_renewed_when_the_address_changes(tmp_path: Path) -> None:
    Pki(tmp_path).ensure(SERVER)
    moved = Leaf("server", "services", "server", hosts=("10.0.0.1",), purpose="server")

    assert Pki(tmp_path).ensure(moved)
    names = pki.read_certificate(tmp_path / "server.crt").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert [str(name) for name in names.value.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]


def test_leaf_whose_key_was_written_alone_is_made_anew(tmp_path: Path) -> None:
    """What a kill between the two writes of a renewal leaves."""
    directory = Pki(tmp_path)
    directory.ensure(SERVER)
    directory.ensure(Leaf("other", "services", "other"))
    (tmp_path / "server.key").write_bytes((tmp_path / "other.key").read_bytes())

    assert directory.ensure(SERVER)
    ssl.create_default_context().load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")


def test_leaf_of_another_authority_is_made_anew(tmp_path: Path) -> None:
    directory = Pki(tmp_path)
    directory.ensure(Leaf("server", "etcd", "server", hosts=SERVER.hosts, purpose="server"))

    assert directory.ensure(SERVER)
    issuer = pki.read_certificate(tmp_path / "services-ca.crt")
    pki.read_certificate(tmp_path / "server.crt").verify_directly_issued_by(issuer)


def test_authority_without_its_key_is_never_replaced(tmp_path: Path) -> None:
    directory = Pki(tmp_path)
    directory.ensure_authority("services")
    (tmp_path / "services-ca.key").unlink()

    with pytest.raises(YunzuError, match=r"services-ca\.key is missing; restore it"):
        directory.ensure_authority("services")


def test_client_certificate_cannot_serve(tmp_path: Path) -> None:
    Pki(tmp_path).ensure(Leaf("person", "clients", "someone"))
    usage = pki.read_certificate(tmp_path / "person.crt").extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    assert list(usage.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    Pki(tmp_path).ensure(SERVER)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
