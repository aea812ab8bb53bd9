"""What an environment is let have beside its plan, each until a day of its own. Pure.

Whatever is added is decided by people; taking it away, or ending it earlier, needs nobody.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from yunzu.model.items import ItemId
from yunzu.model.manifests import AccessGrant, EgressException, Environment

ITEMS: Mapping[str, ItemId] = {"egress": "egress.exception", "access": "access.grant"}
"""Key of an environment's manifest -> the item that changes it, and no other one does."""

Dated = EgressException | AccessGrant
Fault = tuple[str, str, str]
"""Path, code, sentence."""


def _entries(environment: Environment | None, key: str) -> tuple[Dated, ...]:
    return (getattr(environment, key) or ()) if environment is not None else ()


def added(before: Environment | None, after: Environment) -> Iterator[tuple[str, Dated]]:
    """What `after` has and `before` had not, or not for so long, with its path."""
    for key in ITEMS:
        had = _entries(before, key)
        for index, one in enumerate(_entries(after, key)):
            if not any(one.until <= old.until and one == _until(old, one.until) for old in had):
                yield f"{key}[{index}]", one


def _until(entry: Dated, day: date) -> Dated:
    return entry.model_copy(update={"until": day})


def untimely(before: Environment | None, after: Environment, day: date) -> Iterator[Fault]:
    """What of that which is added on a day has ended by then, or lasts too long."""
    last = _a_year_after(day)
    for path, one in added(before, after):
        if one.until < day:
            yield f"{path}.until", "ended", f"{one.until} is over; name a day from {day} on"
        elif one.until > last:
            yield f"{path}.until", "too-long", f"{one.until} is more than a year away; at most {last}"
    paths = {f"{path}.until" for path, _ in added(before, after)}
    yield from (fault for fault in outlasting(after) if fault[0] in paths)


def outlasting(environment: Environment) -> Iterator[Fault]:
    """What would last longer than the right to use the environment."""
    end = environment.lease.until
    for key in ITEMS:
        for index, one in enumerate(_entries(environment, key)):
            if one.until > end:
                said = f"{one.until} is after {end}, when the lease ends"
                yield f"{key}[{index}].until", "after-lease", said


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + 1, day=28)
