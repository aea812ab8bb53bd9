"""Probes of databases and buckets with the handed credentials: own ones work, all others are refused.

In a suspended environment the own ones are refused too.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

from yunzu import naming
from yunzu.clients.objectstore_tenant import TenantKeys
from yunzu.clients.postgres_tenant import TenantLogin
from yunzu.errors import RefusedError, YunzuError
from yunzu.model.blueprints import Blueprint, BucketGrant, DatabaseGrant
from yunzu.services import bindings
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry
from yunzu.services.probes import Probe, probe, refused


def databases(blueprint: Blueprint, others: Sequence[Entry], *, centre: Centre) -> Iterator[Probe]:
    """Each database: login, DDL and DML, no onward grant, no other tenant's database."""
    for grant in blueprint.databases:
        name = f"database {grant.claim}"
        try:
            login = _login(blueprint, grant, centre)
        except YunzuError as error:
            yield Probe(f"{name}: credentials", False, 0.0, str(error))
            continue
        if blueprint.suspended:
            yield refused(f"{name}: logs in while suspended", login.log_in, by=RefusedError)
        else:
            yield probe(f"{name}: logs in", login.log_in)
            yield probe(f"{name}: defines and changes", login.define_and_change)
            yield probe(f"{name}: grants nothing onward", login.grant_onward)
        for label, foreign in _foreign_databases(others):
            yield refused(f"{name}: enters {label}", partial(_enter, login, foreign), by=RefusedError)


def _login(blueprint: Blueprint, grant: DatabaseGrant, centre: Centre) -> TenantLogin:
    secret = naming.database_secret(grant.claim)
    binding = bindings.read(blueprint.namespace, secret, centre=centre)
    return TenantLogin(
        centre.connections.pools[blueprint.plan.pool],
        grant.name,
        bindings.value(binding, "username", secret=secret),
        bindings.value(binding, "password", secret=secret),
    )


def _foreign_databases(others: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    yield "the server's own database", "postgres"
    for other in others:
        for claim, database in other.databases:
            yield f"{other.id} {claim}", database


def _enter(login: TenantLogin, database: str) -> None:
    with login.session(database):
        pass


def clear(blueprint: Blueprint, *, centre: Centre) -> None:
    """Take out of the buckets what a proof had written that was killed. What cannot be is left: the proof
    that follows says why."""
    for grant in () if blueprint.suspended else blueprint.buckets:
        with suppress(YunzuError):
            _keys(blueprint, grant, centre).clear(grant.name)


def buckets(blueprint: Blueprint, others: Sequence[Entry], *, centre: Centre) -> Iterator[Probe]:
    """Each bucket: put, get, delete; no public policy, no other tenant's bucket."""
    for grant in blueprint.buckets:
        name = f"bucket {grant.claim}"
        try:
            keys = _keys(blueprint, grant, centre)
        except YunzuError as error:
            yield Probe(f"{name}: credentials", False, 0.0, str(error))
            continue
        if blueprint.suspended:
            for verb, attempt in (("reads", keys.list_objects), ("writes", keys.put_object)):
                yield refused(
                    f"{name}: {verb} while suspended", partial(attempt, grant.name), by=RefusedError
                )
        else:
            yield probe(f"{name}: puts, gets, deletes", partial(keys.put_get_delete, grant.name))
        yield refused(f"{name}: changes its policy", partial(keys.change_policy, grant.name), by=RefusedError)
        for other in others:
            for claim, foreign in other.buckets:
                label = f"{other.id} {claim}"
                yield refused(f"{name}: reads {label}", partial(keys.list_objects, foreign), by=RefusedError)
                yield refused(f"{name}: writes {label}", partial(keys.put_object, foreign), by=RefusedError)


def _keys(blueprint: Blueprint, grant: BucketGrant, centre: Centre) -> TenantKeys:
    secret = naming.bucket_secret(grant.claim)
    binding = bindings.read(blueprint.namespace, secret, centre=centre)
    return TenantKeys(
        centre.connections.object_store,
        bindings.value(binding, "access-key", secret=secret),
        bindings.value(binding, "secret-key", secret=secret),
    )
