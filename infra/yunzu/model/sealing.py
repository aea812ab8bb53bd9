"""Results for one reader only: sealed to a key that nobody else has ever had.

HPKE in base mode (RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305). Whoever asks makes a key for one answer
and keeps it in memory, so what lies in the records meanwhile opens for nobody, the centre included.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from yunzu.errors import UsageError, YunzuError

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_KEY_BYTES = 32


class Reader:
    """Whoever asks for one sealed answer."""

    def __init__(self) -> None:
        self._key = X25519PrivateKey.generate()

    @property
    def public(self) -> str:
        """What it is sealed to, in base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def open(self, sealed: str, about: str) -> bytes:
        """The text that was sealed about the same thing. Raises YunzuError for any other one."""
        try:
            return _SUITE.decrypt(base64.b64decode(sealed, validate=True), self._key, about.encode())
        except (InvalidTag, ValueError) as error:
            raise YunzuError(
                "sealed answer", "is not for this reader, or was changed", "ask again"
            ) from error


def check_public(public: str) -> None:
    """Raises UsageError for what is no reader's public key."""
    try:
        fits = len(base64.b64decode(public, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        fits = False
    if not fits:
        raise UsageError("recipient", f"is no X25519 public key: {_KEY_BYTES} bytes in base64")


def seal(text: bytes, public: str, about: str) -> str:
    """The text for the reader of that public key, in base64; `about` binds it to what was asked."""
    key = X25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
    return base64.b64encode(_SUITE.encrypt(text, key, about.encode())).decode()
