"""What an S3 server is, only looked at: for `yunzu preflight`. Nothing here writes."""

import json
from dataclasses import dataclass

from yunzu.clients.objectstore import BucketUser, ObjectStore, object_store
from yunzu.clients.objectstore_minio import MinioStore
from yunzu.clients.objectstore_s3 import S3Buckets
from yunzu.errors import RefusedError, YunzuError
from yunzu.model import connections


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """One server. Sizes in bytes; None for what the server does not tell.

    `administration` is its refusal, None where it answers.
    """

    driver: str
    version: str
    tls: bool
    buckets: int
    administration: YunzuError | None
    enforces_quota: bool
    free_bytes: int | None
    total_bytes: int | None
    encrypts: bool | None
    versioned: int | None  # how many of the first buckets have versioning; None if there is no bucket


_LOOKED_AT = 5  # buckets
# Asking after a user, even one that never was, takes the right to administer users.
_NOBODY = BucketUser(bucket="", access_key="yunzu-preflight", binding="preflight")


def examine(address: connections.ObjectStore) -> StoreFacts:
    """Raises UnreachableError when it does not answer, RefusedError when it does not take our keys."""
    store = object_store(address)
    assert isinstance(store, S3Buckets)  # noqa: S101 - both drivers are; tells the type checker
    try:
        with store.errors():
            names = [str(bucket.name) for bucket in store.client.list_buckets()]
        version, refusal = _version(store)
        free, total, encrypts = (
            _minio(store) if isinstance(store, MinioStore) and not refusal else (None, None, None)
        )
        return StoreFacts(
            driver=address.driver,
            version=version,
            tls=store.secure,
            buckets=len(names),
            administration=refusal,
            enforces_quota=store.enforces_quota,
            free_bytes=free,
            total_bytes=total,
            encrypts=encrypts,
            versioned=_versioned(store, names[:_LOOKED_AT]),
        )
    finally:
        store.close()


def _version(store: ObjectStore) -> tuple[str, YunzuError | None]:
    try:
        store.inspect_user(_NOBODY)
        return store.version(), None
    except RefusedError as error:
        return "unknown", error


def _minio(store: MinioStore) -> tuple[int | None, int | None, bool]:
    with store.errors():
        told = json.loads(store.admin.info())
    drives = [drive for server in told.get("servers") or () for drive in server.get("drives") or ()]
    free = sum(int(drive.get("availspace", 0)) for drive in drives)
    total = sum(int(drive.get("totalspace", 0)) for drive in drives)
    kms = (told.get("services") or {}).get("kms") or {}
    return (free, total, bool(kms.get("status"))) if total else (None, None, bool(kms.get("status")))


def _versioned(store: S3Buckets, names: list[str]) -> int | None:
    """Proves that the call is understood, on buckets that exist anyway."""
    if not names:
        return None
    with store.errors():
        return sum(store.client.get_bucket_versioning(bucket_name=name).status == "Enabled" for name in names)
