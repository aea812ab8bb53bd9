"""What people may choose as ids and titles. Hostile names end here, before anything is derived from them."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from yunzu.model.text import INVISIBLE, shortened, shown
from yunzu.naming import IDENTIFIER, MAX_CLAIM, MAX_IDENTIFIER

# Names that systems already own, or that read as theirs.
RESERVED = frozenset(
    {"admin", "administrator", "api", "apiserver", "centre", "cluster", "default", "etcd", "kube", "kwok"}
    | {"localhost", "master", "minio", "none", "null", "openshift", "pg", "platform", "postgres", "public"}
    | {"root", "sthree", "system", "template0", "template1", "www", "yunzu"}
)
RESERVED_PREFIXES = ("kube-", "openshift-", "pg-", "xn--", "yunzu-", "sthree-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3")


def identifier(value: str, limit: int = MAX_IDENTIFIER) -> str:
    """An id people choose. Raises ValueError saying which rule it breaks."""
    if not IDENTIFIER.fullmatch(value):
        raise ValueError(
            f"{shown(value)} is not an id; use lower-case letters, digits and single hyphens, "
            "starting with a letter, for example 'beds-prod'"
        )
    if len(value) > limit:
        raise ValueError(
            f"{shown(value)} has {len(value)} characters; at most {limit} fit the names derived from it"
        )
    if value in RESERVED or value.startswith(RESERVED_PREFIXES) or value.endswith(RESERVED_SUFFIXES):
        raise ValueError(
            f"{shown(value)} is reserved for the system; choose another, for example 'my-{shortened(value)}'"
        )
    return value


def claim_name(value: str) -> str:
    """Name of a database or bucket within its environment: an id of at most 24 characters."""
    return identifier(value, MAX_CLAIM)


def environment_path(value: str) -> str:
    """`department/environment`, both ids."""
    parts = value.split("/")
    if len(parts) != 2:
        raise ValueError(f"{shown(value)} is not an environment id; write department/environment")
    for part in parts:
        identifier(part)
    return value


def display_text(value: str) -> str:
    """A title or a person's name: NFC, 1 to 200 characters, no control, bidi or zero-width characters."""
    if not value.strip() or len(value) > 200:
        raise ValueError("a title has 1 to 200 characters")
    if unicodedata.normalize("NFC", value) != value:
        raise ValueError("write the title in Unicode normal form NFC")
    for character in value:
        if unicodedata.category(character) in INVISIBLE:
            raise ValueError(f"the title holds the invisible character U+{ord(character):04X}")
    return value


_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code(value: str) -> str:
    """统一社会信用代码: 18 characters whose last is the check digit, modulus 31 (GB 32100-2015)."""
    if not re.fullmatch(f"[{_USCC_ALPHABET}]{{18}}", value):
        raise ValueError(f"{shown(value)} is not a 统一社会信用代码 of 18 characters")
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(value, _USCC_WEIGHTS, strict=False))
    expected = _USCC_ALPHABET[(31 - total % 31) % 31]
    if value[17] != expected:
        raise ValueError(f"{shown(value)} has the check character {value[17]}, by GB 32100 it is {expected}")
    return value


def region_code(value: str) -> str:
    """行政区划代码: six digits (GB/T 2260)."""
    if not re.fullmatch("[1-9][0-9]{5}", value):
        raise ValueError(f"{shown(value)} is not a 行政区划代码 of six digits, for example '320600'")
    return value


def _text(pattern: str, longest: int) -> WithJsonSchema:
    """What an editor can check of it; the functions above are the rule."""
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "maxLength": longest})


_ID = IDENTIFIER.pattern

Identifier = Annotated[str, AfterValidator(identifier), _text(_ID, MAX_IDENTIFIER)]
ClaimName = Annotated[str, AfterValidator(claim_name), _text(_ID, MAX_CLAIM)]
EnvironmentId = Annotated[
    str, AfterValidator(environment_path), _text(f"{_ID}/{_ID}", 2 * MAX_IDENTIFIER + 1)
]
DisplayText = Annotated[str, AfterValidator(display_text), _text(".*\\S.*", 200)]
CreditCode = Annotated[str, AfterValidator(credit_code), _text(f"[{_USCC_ALPHABET}]{{18}}", 18)]
RegionCode = Annotated[str, AfterValidator(region_code), _text("[1-9][0-9]{5}", 6)]
