"""The centre's own certificates.

Three authorities, because each trusts a different circle: `services` signs what servers show to
clients (tenants hold its certificate), `clients` signs who may ask the cluster (people's
certificates come from it through the CSR API), `etcd` signs who may speak to etcd, so that a
person's certificate never opens it.
"""

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from yunzu.embedded.home import write_private
from yunzu.errors import YunzuError

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365
RENEW_DAYS = 30  # `up` renews a leaf that has less left
_BACKDATE = dt.timedelta(minutes=5)  # clocks of clients may be behind

Purpose = Literal["server", "client", "both"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a leaf certificate says. `hosts` are DNS names and IP addresses (SANs)."""

    name: str
    authority: str
    common_name: str
    organization: str = ""
    hosts: tuple[str, ...] = ()
    purpose: Purpose = "client"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def read_certificate(path: Path) -> x509.Certificate:
    """Raises YunzuError when the file is missing or no certificate."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        advice = "restore it, or remove it and run yunzu up"
        raise YunzuError(f"certificate {path}", "cannot be read", advice) from error


def expires(path: Path) -> dt.datetime:
    return read_certificate(path).not_valid_after_utc


def ends_soon(end: dt.datetime) -> bool:
    """Whether `up` renews what ends then, and `status` names it."""
    return end - now() < dt.timedelta(days=RENEW_DAYS)


class Pki:
    """Certificates under one directory: `<name>.crt`, `<name>.key`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def pair(self, name: str) -> Pair:
        return Pair(self.directory / f"{name}.crt", self.directory / f"{name}.key")

    def authority(self, name: str) -> Pair:
        return self.pair(f"{name}-ca")

    def ensure_authority(self, name: str) -> Pair:
        """The authority; made if there is none. It is never replaced: its holders would lose trust."""
        pair = self.authority(name)
        if pair.certificate.exists() and pair.key.exists():
            return pair
        if pair.certificate.exists():  # the key is written first, so it was lost, not never made
            fact = f"its key {pair.key} is missing"
            raise YunzuError(f"authority {name}", fact, "restore it from the backup")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"yunzu {name}")
        certificate = (
            _builder(subject, subject, key.public_key(), _days_from_now(AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(pair, key, certificate)
        return pair

    def ensure(self, leaf: Leaf) -> bool:
        """Make the leaf if missing, about to expire, or saying something else; whether it was made."""
        pair = self.pair(leaf.name)
        if pair.certificate.exists() and pair.key.exists() and self._is_current(leaf, pair):
            return False
        authority = self.ensure_authority(leaf.authority)
        issuer = read_certificate(authority.certificate)
        issuer_key = _read_key(authority.key)
        key = ec.generate_private_key(ec.SECP256R1())
        end = min(_days_from_now(LEAF_DAYS), issuer.not_valid_after_utc)  # after it, nobody could check it
        builder = (
            _builder(_name(leaf.common_name, leaf.organization), issuer.subject, key.public_key(), end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(_purposes(leaf.purpose)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
        )
        if leaf.hosts:
            alternatives = x509.SubjectAlternativeName(_alternatives(leaf.hosts))
            builder = builder.add_extension(alternatives, critical=False)
        _write(pair, key, builder.sign(issuer_key, hashes.SHA256()))
        return True

    def _is_current(self, leaf: Leaf, pair: Pair) -> bool:
        certificate = read_certificate(pair.certificate)
        issuer = read_certificate(self.ensure_authority(leaf.authority).certificate)
        end = certificate.not_valid_after_utc
        if ends_soon(end) and end < issuer.not_valid_after_utc:  # else a new one would end as soon
            return False
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            return False
        # A run stopped between the two writes leaves a new key beside the old certificate.
        return (
            certificate.public_key() == _read_key(pair.key).public_key()
            and certificate.subject == _name(leaf.common_name, leaf.organization)
            and _hosts(certificate) == set(_alternatives(leaf.hosts))
        )


def _name(common_name: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - _BACKDATE)
        .not_valid_after(end)
    )


def _days_from_now(days: int) -> dt.datetime:
    return now() - _BACKDATE + dt.timedelta(days=days)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _purposes(purpose: Purpose) -> list[x509.ObjectIdentifier]:
    server, client = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    return {"server": [server], "client": [client], "both": [server, client]}[purpose]


def _alternatives(hosts: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for host in hosts:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            found.append(x509.DNSName(host))
    return found


def _hosts(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        return set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return set()


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise YunzuError(f"key {path}", "cannot be read", "restore it from the backup") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise YunzuError(f"key {path}", "is not an elliptic-curve key", "restore it from the backup")
    return key


def _write(pair: Pair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(pair.key, private)
    write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))
