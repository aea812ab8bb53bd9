"""Prove an environment as its tenant, and prove that it is as declared.

Every probe uses what was handed out: the logins in the namespace's Secrets and a certificate of a
person of the department. Green means: what the tenant may do works, what it must not is refused by
the servers themselves, and nothing differs from the manifest. Of a suspended environment, green means
that nothing at all works any more, and that nothing else differs.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from yunzu.errors import RefusedError
from yunzu.model.blueprints import Blueprint
from yunzu.model.manifests import Environment
from yunzu.records import proofs
from yunzu.services import neighbours, proving_access, proving_data, proving_declared
from yunzu.services.centre import Centre
from yunzu.services.environments import derive
from yunzu.services.inventory import Entry, environment, environments
from yunzu.services.manifests import Catalogue
from yunzu.services.probes import Probe

OnProbe = Callable[[Probe], None]


def verify(
    environment_id: str, *, catalogue: Catalogue, centre: Centre, on_probe: OnProbe | None = None
) -> list[Probe]:
    """Run every probe of one environment. Raises NotFoundError when it was never applied,
    RefusedError when it is destroyed.
    """
    own = environment(environment_id, centre.records)
    if own.state == "destroyed":
        raise RefusedError(
            environment_id, "is destroyed, its data are retained", f"yunzu env apply {environment_id}"
        )
    suspended = own.suspended_at is not None
    blueprint = derive(environment_id, own.uid, catalogue=catalogue, centre=centre, suspended=suspended)
    others = [one for one in environments(centre.records) if one.uid != own.uid]
    probes: list[Probe] = []
    clear = partial(proving_data.clear, blueprint, centre=centre)
    with proofs.proving(centre.records, environment_id, alone=clear):
        granted = [one for one in catalogue.environments.values() if one.access]
        for probe in _probes(blueprint, neighbours.chosen(own, others), granted, centre):
            probes.append(probe)
            if on_probe:
                on_probe(probe)
    return probes


def _probes(
    blueprint: Blueprint, others: list[Entry], granted: list[Environment], centre: Centre
) -> Iterator[Probe]:
    return chain(
        proving_data.databases(blueprint, others, centre=centre),
        proving_data.buckets(blueprint, others, centre=centre),
        proving_access.people(blueprint, others, granted, centre=centre),
        proving_declared.declared(blueprint, centre=centre),
    )
