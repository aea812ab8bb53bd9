"""The state digest of one environment: what every server holds of it, without what is random.

Two environments of one shape have equal digests, whatever faults they went through. Left out are values of
secrets, times, and what servers draw at random; the uid, the centre's id, the department and access keys
are replaced by words.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.objectstore import canonical
from yunzu.embedded import bootstrap
from yunzu.errors import NotFoundError
from yunzu.records.database import conninfo
from yunzu.services.centre import Centre
from yunzu.settings import Settings
from yunzu_stacks.stacks import EnvironmentStacks
from yunzu_stacks.state import Stack

Document = dict[str, Any]

_FLEETING = ("events", "leases", "bindings", "localsubjectaccessreviews")
_RANDOM_METADATA = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
_PATTERN = "%{}%"
_OF_RESOURCES = (
    *("urn", "type", "id", "custom", "delete", "external", "inputs", "parent", "protect", "retainOnDelete"),
    *("initErrors", "pendingReplacement"),
)


def digest(centre: Centre, identifier: str) -> Document:
    """Everything there is of an environment, or was when it was erased. Raises NotFoundError."""
    department, name = identifier.split("/")
    uid = uid_of(centre, identifier)
    namespace = naming.namespace(department, name)
    document = {
        "kubernetes": kubernetes(_administrator(centre.connections.home), namespace),
        "postgres": {pool: postgres(centre, pool, uid) for pool in centre.pools},
        "s3": s3(centre, uid),
        "state": state(centre, uid, naming.stack(department, name)),
        "records": records(centre, uid),
    }
    return normalised(document, centre.id, uid, department)


def normalised(document: Document, centre: str, uid: str, department: str) -> Document:
    """The same document with words in the place of what differs between environments of one shape."""
    said = json.dumps(document, ensure_ascii=False, sort_keys=True, default=str)
    said = re.sub(f"{uid}[0-9a-f]{{20}}", "<access-key>", said)
    for value, word in ((uid, "<uid>"), (centre, "<centre>"), (department, "<department>")):
        said = said.replace(value, word)
    result: Document = json.loads(said)
    return result


def uid_of(centre: Centre, identifier: str) -> str:
    """The uid of the newest environment of that name, erased ones too. Raises NotFoundError."""
    department, name = identifier.split("/")
    query = text(
        "SELECT uid FROM yunzu.environments WHERE department = :d AND name = :n"
        " ORDER BY created_at DESC LIMIT 1"
    )
    with centre.records.transaction() as connection:
        uid = connection.execute(query, {"d": department, "n": name}).scalar()
    if uid is None:
        raise NotFoundError(identifier, "is not in the records")
    return str(uid)


@cache
def _administrator(home: Path) -> Client:
    """Who may see everything; the platform itself may not."""
    return Client(bootstrap.administrator(Settings(home=home)))


def kubernetes(client: Client, namespace: str) -> Document:
    """The namespace and every object in it, of whatever kind."""
    try:
        found = {"Namespace": [_object(client.get("v1", "Namespace", namespace))]}
    except NotFoundError:
        return {}
    for path, resource in _namespaced(client):
        answer = client.raw("GET", f"{path}/namespaces/{namespace}/{resource}")
        if objects := [_object(item) for item in answer["items"] if not _clusters_own(resource, item)]:
            found[resource] = sorted(objects, key=lambda one: str(one["metadata"]["name"]))
    return found


@cache
def _namespaced(client: Client) -> tuple[tuple[str, str], ...]:
    """Path of the group and name of every kind that can be listed in a namespace."""
    groups = client.raw("GET", "/apis")["groups"]
    paths = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    return tuple(
        (path, one["name"])
        for path in paths
        for one in client.raw("GET", path)["resources"]
        if one["namespaced"] and "list" in one["verbs"] and one["name"] not in _FLEETING
    )


def _clusters_own(resource: str, item: Document) -> bool:
    """Whether the controller-manager makes it in every namespace, a moment after the namespace."""
    return (resource, item["metadata"]["name"]) in (
        ("configmaps", "kube-root-ca.crt"),
        ("serviceaccounts", "default"),
    )


def _object(live: Document) -> Document:
    metadata = {key: value for key, value in live["metadata"].items() if key not in _RANDOM_METADATA}
    managers = {entry["manager"] for entry in live["metadata"].get("managedFields", [])}
    seen = {key: value for key, value in live.items() if key != "metadata"} | {"metadata": metadata}
    metadata["managers"] = sorted(manager for manager in managers if not manager.startswith("kube-"))
    if "data" in live and "type" in live:  # a Secret
        seen["data"] = sorted(live["data"])
    if metadata["name"] == "plan" and "hard" in live.get("spec", {}):
        seen.pop("status", None)  # computed within seconds, by the controller
    return seen


def _rows(connection: psycopg.Connection[Any], query: str, pattern: str) -> list[Any]:
    found = connection.execute(query, {"p": pattern}).fetchall()
    return sorted(([*row] for row in found), key=repr)


_SERVER_WIDE = {
    "databases": "SELECT datname, pg_get_userbyid(datdba), datconnlimit, datallowconn, datistemplate,"
    " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a), encoding, datcollate"
    " FROM pg_database WHERE datname LIKE %(p)s",
    "roles": "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,"
    " rolbypassrls, rolconnlimit, rolvaliduntil::text, left(rolpassword, 13),"
    " shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname LIKE %(p)s",
    "members": "SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), admin_option FROM pg_auth_members"
    " WHERE pg_get_userbyid(roleid) LIKE %(p)s OR pg_get_userbyid(member) LIKE %(p)s",
    "settings": "SELECT d.datname, pg_get_userbyid(s.setrole), s.setconfig FROM pg_db_role_setting s"
    " LEFT JOIN pg_database d ON d.oid = s.setdatabase"
    " WHERE d.datname LIKE %(p)s OR pg_get_userbyid(s.setrole) LIKE %(p)s",
}
_IN_DATABASE = {
    "schemas": "SELECT nspname, pg_get_userbyid(nspowner),"
    " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(nspacl) a) FROM pg_namespace"
    " WHERE nspname !~ '^pg_' AND %(p)s <> ''",
    "defaults": "SELECT pg_get_userbyid(defaclrole), n.nspname, defaclobjtype,"
    " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) a) FROM pg_default_acl d"
    " LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace WHERE %(p)s <> ''",
    "relations": "SELECT n.nspname, relname, relkind, pg_get_userbyid(relowner), relacl::text FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND %(p)s <> ''",
    "extensions": "SELECT extname FROM pg_extension WHERE %(p)s <> ''",
}


def postgres(centre: Centre, pool: str, uid: str) -> Document:
    """Databases, roles and grants that carry the uid in their names."""
    address, pattern = conninfo(centre.connections.pools[pool]), _PATTERN.format(uid)
    with psycopg.connect(**address, autocommit=True) as connection:
        found: Document = {name: _rows(connection, query, pattern) for name, query in _SERVER_WIDE.items()}
    for database, _, _, accepts, *_ in found["databases"]:
        if not accepts:
            continue  # it is made, and its grants are not right yet
        with psycopg.connect(**address | {"dbname": database}, autocommit=True) as connection:
            found[database] = {name: _rows(connection, query, "x") for name, query in _IN_DATABASE.items()}
    return {key: value for key, value in found.items() if value}


def s3(centre: Centre, uid: str) -> Document:
    """Buckets, users and policies that carry the uid; of a MinIO server."""
    store: Any = centre.object_store
    found: Document = {}
    for bucket in store.client.list_buckets():
        if uid in bucket.name:
            found[bucket.name] = _bucket(store, bucket.name)
    users = json.loads(store.admin.user_list())
    policies = json.loads(store.admin.policy_list())
    # Keys are random, and one word stands for each: what a user may do tells them apart.
    found["users"] = sorted(
        ({"key": key, **_but(value, "updatedAt")} for key, value in users.items() if _is_of(uid, key, value)),
        key=lambda user: str(user.get("policyName")),
    )
    found["policies"] = {key: canonical(value) for key, value in policies.items() if uid in key}
    return {key: value for key, value in found.items() if value}


def _is_of(uid: str, key: str, user: Document) -> bool:
    return uid in key + user.get("policyName", "")


def _but(document: Document, left_out: str) -> Document:
    return {key: value for key, value in document.items() if key != left_out}


def _bucket(store: Any, name: str) -> Document:
    from minio.error import S3Error

    try:
        policy = store.client.get_bucket_policy(bucket_name=name)
    except S3Error as error:
        policy = error.code
    return {
        "tags": dict(store.client.get_bucket_tags(bucket_name=name) or {}),
        "versioning": store.client.get_bucket_versioning(bucket_name=name).status,
        "quota": store.quota(name),
        "policy": policy,
        "objects": len(list(store.client.list_objects(bucket_name=name, recursive=True))),
    }


def state(centre: Centre, uid: str, stack: str) -> Document:
    """Pulumi's resources as the state has them, what is pending, and locks that were left."""
    stacks = centre.stacks
    assert isinstance(stacks, EnvironmentStacks)
    checkpoint = stacks._engine.export(Stack(stack, uid)).get("checkpoint", {})
    latest = checkpoint.get("latest") or {}
    with centre.records.transaction() as connection:
        keys = connection.execute(text("SELECT key FROM pulumi.pulumi_state")).scalars().all()
    return {
        "resources": sorted((_resource(one) for one in latest.get("resources") or []), key=repr),
        "pending": len(latest.get("pending_operations") or []),
        "locks": sum(f"/locks/organization/yunzu/{stack}/" in key for key in keys),
        "files": sum(f"/{stack}." in key and "/history/" not in key for key in keys),
    }


def _resource(resource: Document) -> Document:
    kept = (
        "urn",
        "type",
        "id",
        "custom",
        "delete",
        "external",
        "inputs",
        "parent",
        "protect",
        "retainOnDelete",
    )
    seen = {key: resource[key] for key in (*kept, "initErrors", "pendingReplacement") if key in resource}
    if resource["type"].startswith("pulumi:providers:"):
        seen.pop("id")  # drawn by the engine
    seen["dependencies"] = sorted(resource.get("dependencies") or [])
    if resource["type"].startswith("yunzu:"):
        outputs = resource.get("outputs") or {}
        seen["outputs"] = {key: value for key, value in outputs.items() if key != "fingerprint"}
    return seen


def records(centre: Centre, uid: str) -> Document:
    """What the records say of the environment, moments aside."""
    environment = text(
        "SELECT department, name, plan, state, lease_from, lease_until, applied_hash IS NOT NULL,"
        " destroyed_at IS NOT NULL, erased_at IS NOT NULL, emptied_at IS NOT NULL, suspended_at IS NOT NULL"
        " FROM yunzu.environments WHERE uid = :uid"
    )
    claims = text(
        "SELECT kind, claim, external_name, erased_at IS NOT NULL FROM yunzu.claims WHERE uid = :uid"
    )
    with centre.records.transaction() as connection:
        return {
            "environment": [list(row) for row in connection.execute(environment, {"uid": uid})],
            "claims": sorted(list(row) for row in connection.execute(claims, {"uid": uid})),
        }


def differences(want: Any, have: Any, path: str = "") -> list[str]:
    """Where two digests differ, one line each."""
    if isinstance(want, dict) and isinstance(have, dict):
        keys = sorted(want.keys() | have.keys())
        return [line for key in keys for line in differences(want.get(key), have.get(key), f"{path}/{key}")]
    if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        pairs = enumerate(zip(want, have, strict=True))
        return [line for i, (one, two) in pairs for line in differences(one, two, f"{path}/{i}")]
    return [] if want == have else [f"{path}: {want!r} became {have!r}"]
