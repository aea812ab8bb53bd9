"""Inputs of the provider's resource types: what they may be, checked before anything is asked.

The program builds them from the typed model; these checks stand between the servers and whoever runs
a program of their own against the provider. A value that is not known yet passes.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from yunzu import naming
from yunzu.providers.protocol import UNKNOWN, CheckFailure

Check = Callable[[Any], str | None]
"""What is wrong with a value, None for nothing."""

_UID = re.compile(r"e[a-z2-7]{11}")
_CLAIM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LARGEST = 1 << 60  # bytes: an exbibyte


def check_inputs(
    inputs: Mapping[str, Any], checks: Mapping[str, Check], optional: Collection[str] = ()
) -> list[CheckFailure]:
    """Every fault: missing, unknown or wrong fields."""
    failures = [CheckFailure(key, "is no input of this type") for key in inputs if key not in checks]
    for key, check in checks.items():
        if key not in inputs:
            if key not in optional:
                failures.append(CheckFailure(key, "is missing"))
        elif inputs[key] != UNKNOWN and (reason := check(inputs[key])):
            failures.append(CheckFailure(key, reason))
    return failures


def uid(value: Any) -> str | None:
    """An environment's uid."""
    return None if _matches(_UID, value) else "is no uid of an environment"


def claim(value: Any) -> str | None:
    """What a department calls its database or bucket."""
    fits = _matches(_CLAIM, value) and len(value) <= naming.MAX_CLAIM
    return None if fits else f"is no name of a claim (at most {naming.MAX_CLAIM} of a-z, 0-9 and -)"


def dns_label(value: Any) -> str | None:
    """Namespace or Secret."""
    return None if _matches(_DNS_LABEL, value) else "is no name of a Kubernetes object"


def one_of(*allowed: str) -> Check:
    """One of a few words."""
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def whole(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if fits else f"must be a whole number from {least} to {most}"

    return check


size = whole(1, _LARGEST)
"""A number of bytes."""


def boolean(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else "must be true or false"


def anything(value: Any) -> str | None:  # noqa: ARG001 - the signature is Check's
    """Informational: recorded, not acted on."""
    return None


def named(prefix: str, separator: str, inputs: Mapping[str, Any]) -> Check:
    """A name that this centre derives for the environment of these inputs, and no other."""

    def check(value: Any) -> str | None:
        stem = f"{prefix}{separator}{inputs.get('uid')}{separator}"
        known = isinstance(value, str) and value.startswith(stem)
        rest = value.removeprefix(stem).replace(separator, "-") if known else ""
        return None if known and claim(rest) is None else f"must be {stem} and the claim's name"

    return check


def our_labels(centre: str, inputs: Mapping[str, Any]) -> Check:
    """Labels that carry this centre's mark and the environment's."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            return "must be a map of texts"
        if value.get(naming.LABEL_CENTRE) != centre:
            return f"must carry {naming.LABEL_CENTRE}={centre}"
        if inputs.get("uid") not in (value.get(naming.LABEL_ENVIRONMENT_UID), UNKNOWN):
            return f"must carry {naming.LABEL_ENVIRONMENT_UID} with the environment's uid"
        return None

    return check


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
