"""Secrets of the centre itself: minted once, each in a 0600 file under `secrets`, never in argv."""

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from yunzu.embedded.home import Home, write_private


def minted(path: Path, mint: Callable[[], str]) -> str:
    """The file's content; minted and written when there is none."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        value = mint()
        write_private(path, value + "\n")
        return value


def identity_key(home: Home) -> str:
    """32 random bytes in hex; derives access keys and fingerprints, so losing it orphans credentials."""
    return minted(home.secrets / "identity-key", lambda: secrets.token_hex(32))


def password(home: Home, name: str) -> str:
    """A server administrator's password, 192 bits."""
    return minted(password_file(home, name), lambda: secrets.token_urlsafe(24))


def password_file(home: Home, name: str) -> Path:
    return home.secrets / f"{name}.password"


def access_key(home: Home, name: str) -> str:
    """Access key id of an S3 administrator; unguessable, see `naming.access_key`."""
    return minted(home.secrets / f"{name}.access-key", lambda: f"yz{secrets.token_hex(9)}")


def encryption_key(home: Home, name: str) -> str:
    """256-bit key, in base64, with which a server encrypts what it stores of its users."""
    return minted(
        home.secrets / f"{name}.encryption-key", lambda: base64.b64encode(secrets.token_bytes(32)).decode()
    )


def operator_key(home: Home) -> SecretStr:
    """Proves to the API that somebody reads this home, and so is an operator of the machine; 256 bits."""
    return SecretStr(minted(operator_key_file(home), lambda: secrets.token_urlsafe(32)))


def operator_key_file(home: Home) -> Path:
    return home.secrets / "operator-key"


def encryption_path(home: Home) -> Path:
    return home.secrets / "encryption.yaml"


def ensure_encryption(home: Home) -> None:
    """How kube-apiserver encrypts Secrets at rest in etcd: XSalsa20-Poly1305 with a 256-bit key."""

    def mint() -> str:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        return (
            "apiVersion: apiserver.config.k8s.io/v1\n"
            "kind: EncryptionConfiguration\n"
            "resources:\n"
            "- resources: [secrets]\n"
            "  providers:\n"
            "  - secretbox:\n"
            "      keys:\n"
            f"      - {{name: key1, secret: {key}}}\n"
            "  - identity: {}\n"
        )

    minted(encryption_path(home), mint)


def service_account_paths(home: Home) -> tuple[Path, Path]:
    """Private and public key that sign and check service accounts' tokens."""
    return home.secrets / "service-account.key", home.pki / "service-account.pub"


def ensure_service_account(home: Home) -> None:
    private, public = service_account_paths(home)

    def mint() -> str:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    pem = minted(private, mint)
    if not public.exists():
        key = serialization.load_pem_private_key(pem.encode(), None).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        write_private(public, key.public_bytes(serialization.Encoding.PEM, form))
