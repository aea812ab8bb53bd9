"""Hand out an environment's credentials: once per slot, to a named steward of the department."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yunzu import naming
from yunzu.errors import RefusedError, UsageError
from yunzu.model.blueprints import Blueprint
from yunzu.records import environments as registry
from yunzu.records import handouts
from yunzu.services import bindings
from yunzu.services.centre import Centre
from yunzu.services.environments import derive
from yunzu.services.inventory import parts
from yunzu.services.manifests import Catalogue

SLOT = "a"


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be handed to an account: each binding's values, by name."""

    id: str
    uid: str
    account: str
    slot: str
    namespace: str
    values: Mapping[str, bindings.Binding] = field(repr=False)

    def secret(self, binding: str) -> str:
        return f"{self.namespace}/{binding}"


def offer(
    environment_id: str, account: str, binding: str | None, *, catalogue: Catalogue, centre: Centre
) -> Offer:
    """The values of one binding, or of all; nothing is handed out before `enter` says so.

    Raises RefusedError when the account is no steward of the department or a slot was handed out before.
    """
    record = registry.find(centre.records, *parts(environment_id))
    wanted = derive(environment_id, record.uid, catalogue=catalogue, centre=centre)
    _check_steward(wanted, account)
    read = {name: bindings.read(wanted.namespace, name, centre=centre) for name in _chosen(wanted, binding)}
    offered = Offer(environment_id, record.uid, account, SLOT, wanted.namespace, read)
    prints = _fingerprints(offered, centre)
    for one in handouts.listed(centre.records, record.uid):
        if one.slot == SLOT and prints.get(one.binding) == one.fingerprint:
            raise handouts.handed_out_already(one, f"Secret {offered.secret(one.binding)}")
    return offered


def enter(offered: Offer, centre: Centre, connection: Connection) -> None:
    """It is handed out when this transaction is committed, once: a password that was renewed (a repair, a
    new home for retained data) may be handed out once more. Raises RefusedError like `offer`."""
    prints = _fingerprints(offered, centre)
    handouts.enter(connection, offered.uid, offered.slot, offered.account, prints)


def _fingerprints(offered: Offer, centre: Centre) -> dict[str, str]:
    return {name: _fingerprint(values, centre) for name, values in offered.values.items()}


def _fingerprint(values: bindings.Binding, centre: Centre) -> str:
    """Of the password alone: a repaired address is no new credential."""
    password = values.get("password") or values.get("secret-key") or ""
    return naming.fingerprint(centre.connections.identity_key.get_secret_value(), password)


def _check_steward(wanted: Blueprint, account: str) -> None:
    stewards = sorted(p.account for p in wanted.department.people if "steward" in p.roles)
    if account not in stewards:
        raise RefusedError(
            f"account {account[:60]}",
            f"is no steward of {wanted.department.id}",
            f"stewards are: {', '.join(stewards) or 'none; add one to department.yaml'}",
        )


def _chosen(wanted: Blueprint, binding: str | None) -> list[str]:
    names = bindings.names(wanted)
    if binding is None:
        return names
    if binding not in names:
        raise UsageError(f"binding {binding[:60]}", "is not the environment's", f"it has {', '.join(names)}")
    return [binding]
