"""Which other tenants' doors an environment is tried at: in a small centre all, in a large one a sample
and every look-alike, because prefixes that match too much betray themselves there."""

import random
from collections.abc import Sequence

from yunzu.services.inventory import Entry

ALL_UP_TO = 6
SAMPLE = 4


def chosen(own: Entry, others: Sequence[Entry]) -> list[Entry]:
    """The neighbours to try, in the order of their ids. The sample differs from run to run on purpose."""
    if len(others) <= ALL_UP_TO:
        return sorted(others, key=lambda one: one.id)
    alike = [one for one in others if _alike(own.namespace, one.namespace)]
    rest = [one for one in others if one not in alike]
    picked = random.sample(rest, min(SAMPLE, len(rest)))
    return sorted([*alike, *picked], key=lambda one: one.id)


def _alike(one: str, other: str) -> bool:
    """One name begins with the other's department or is the same but for hyphens and a number."""
    squeezed = [name.replace("-", "") for name in (one, other)]
    departments = [name.split("--")[0] for name in (one, other)]
    return (
        squeezed[0].startswith(squeezed[1])
        or squeezed[1].startswith(squeezed[0])
        or (departments[0] != departments[1] and _prefixed(*departments))
    )


def _prefixed(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
