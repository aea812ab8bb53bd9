"""When the centre's certificates end, its authorities and its clients included, and what to do then."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from yunzu.embedded import pki
from yunzu.embedded.pki import Leaf, Pki

_REPLACED = "run yunzu down, move pki/{0}-ca.crt and pki/{0}-ca.key out of the home, run yunzu up"
_HOLDERS = {
    "services": ", and apply every environment: its Secrets hold the old one; kubeconfigs are fetched anew",
    "clients": "; people fetch their kubeconfigs anew",
    "etcd": "",
}


@dataclass(frozen=True, slots=True)
class Expiry:
    """One certificate's end. `advice` is empty while that is far away."""

    name: str
    ends: dt.datetime
    advice: str

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "ends": self.ends.isoformat(), "advice": self.advice}


def expiries(certificates: Pki, leaves: Iterable[Leaf]) -> tuple[Expiry, ...]:
    """Of those leaves and of who signed them, the earliest first; what is missing `up` will make."""
    leaves = list(leaves)
    found, ends_of = [], {}
    for name in sorted({leaf.authority for leaf in leaves}):
        pair = certificates.authority(name)
        if pair.certificate.exists():
            ends_of[name] = pki.expires(pair.certificate)
            # No new one beside the old: every holder trusts exactly one, so changing it is an act.
            remedy = _REPLACED.format(name) + _HOLDERS.get(name, "")
            found.append(_expiry(pair.certificate.stem, ends_of[name], remedy))
    for leaf in leaves:
        pair = certificates.pair(leaf.name)
        if pair.certificate.exists():
            ends = pki.expires(pair.certificate)
            last = ends == ends_of.get(leaf.authority)
            remedy = f"it ends with {leaf.authority}-ca" if last else "run yunzu up, which renews it"
            found.append(_expiry(leaf.name, ends, remedy))
    return tuple(sorted(found, key=lambda one: (one.ends, one.name)))


def _expiry(name: str, ends: dt.datetime, remedy: str) -> Expiry:
    return Expiry(name, ends, remedy if pki.ends_soon(ends) else "")


def as_json(found: tuple[Expiry, ...]) -> dict[str, Any]:
    """The earliest end, and every one that is near."""
    return {
        "earliest": found[0].as_json() if found else None,
        "ending": [one.as_json() for one in found if one.advice],
    }
