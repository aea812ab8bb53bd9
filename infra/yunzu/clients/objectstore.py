"""The S3 server as the centre administers it: buckets with an owner's mark, users bound to one bucket.

S3 itself has no users and no quotas, so each server's way of having them is a driver behind
`ObjectStore`: `minio` (and its maintained forks) and `versitygw`. An access key's id is treated as a
secret (CVE-2026-41145, CVE-2026-40344): it appears in no error, no record of intent and no mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from yunzu.clients.ownership import Intents
from yunzu.errors import UsageError
from yunzu.model import connections

OWNER_TAG = "yunzu-owner"

_BUCKET_ACTIONS = (
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
)
_OBJECT_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How a bucket should be. `quota` in bytes; None is no quota."""

    name: str
    versioning: bool
    quota: int | None


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """A bucket as it is. `quota` is None where the server enforces none; `exposed`: its policy lets
    anybody in."""

    mark: str | None
    versioning: bool
    quota: int | None
    exposed: bool = False


@dataclass(frozen=True, slots=True)
class BucketUser:
    """One credential slot of a bucket; `binding` names what ties the user to the bucket.

    Not `enabled`: it keeps its secret key, and its next request is refused.
    """

    bucket: str
    access_key: str
    binding: str
    enabled: bool = True

    def __repr__(self) -> str:
        return f"BucketUser({self.binding})"


class ObjectStore(Protocol):
    """Administration of one S3 server; safe for threads.

    All of it raises UnreachableError when the server does not answer, RefusedError when the
    administrator's keys do not suffice, YunzuError for what else the server says.
    """

    @property
    def address(self) -> connections.ObjectStore:
        """Where the server is."""

    @property
    def enforces_quota(self) -> bool:
        """Whether a bucket's quota is the server's affair (as of its last scan), or only metered."""

    def version(self) -> str:
        """The server's own name and version; also the cheapest proof that it answers our keys."""

    def bucket_facts(self, name: str) -> BucketFacts | None:
        """The bucket as it is; None if there is none."""

    def ensure_bucket(self, bucket: Bucket, *, mark: str, intents: Intents) -> tuple[str, ...]:
        """Make or repair a bucket; returns what was put right, in sentences.

        Raises NotOursError, with nothing changed, when the bucket belongs to somebody else.
        """

    def remove_bucket(self, name: str, *, mark: str, intents: Intents) -> None:
        """Erase every version of every object, then the bucket. Absent is no fault.

        Raises NotOursError for somebody else's, RefusedError when an object is locked.
        """

    def inspect_user(self, user: BucketUser) -> tuple[str, ...] | None:
        """What differs from how it should be, the secret key apart; None if there is no such user."""

    def ensure_user(self, user: BucketUser, *, secret: str | None, intents: Intents) -> tuple[str, ...]:
        """Make or repair a user with rights on its one bucket; `secret` None leaves the secret key.

        Returns what was put right. Raises NotOursError, with nothing changed, when a user of that
        access key is bound to something else and we never intended it; NotFoundError when it would
        have to be made without a secret.
        """

    def remove_user(self, user: BucketUser, *, intents: Intents) -> None:
        """Remove the user and its rights; at once for the user's open sessions. Absent is no fault."""

    def can_login(self, access_key: str, secret: str, bucket: str) -> bool:
        """Whether these keys reach that bucket, tried as the tenant's client would."""

    def close(self) -> None:
        """Close the kept connections; the object stays usable."""


def bucket_drift(bucket: Bucket, facts: BucketFacts, mark: str, *, enforces_quota: bool) -> tuple[str, ...]:
    """What differs, in sentences."""
    drift = []
    if facts.mark != mark:
        drift.append(f"bucket {bucket.name} has lost its mark")
    if facts.versioning != bucket.versioning:
        drift.append(f"bucket {bucket.name} has versioning {'on' if facts.versioning else 'off'}")
    if enforces_quota and facts.quota != bucket.quota:
        drift.append(f"bucket {bucket.name} has a quota of {facts.quota} bytes")
    if facts.exposed:
        drift.append(f"bucket {bucket.name} is open to others")
    return tuple(drift)


def opens_to_others(statement: Mapping[str, Any], uid: str) -> bool:
    """Whether a statement of a bucket's policy allows something to anybody but one key of its environment.

    Access keys begin with the environment's uid; everybody (`*`) and whoever is named beside one's own
    key are others. What one's own key is allowed is compared with the credential.
    """
    match statement.get("Principal"):
        case {"AWS": [str(key)]} if uid and key.startswith(uid):
            return False
    return statement.get("Effect") == "Allow"


def statements(bucket: str) -> list[dict[str, Any]]:
    """What a user of a bucket may: this bucket by its exact name, and nothing that governs it."""
    return [
        {"Effect": "Allow", "Action": list(_BUCKET_ACTIONS), "Resource": [f"arn:aws:s3:::{bucket}"]},
        {"Effect": "Allow", "Action": list(_OBJECT_ACTIONS), "Resource": [f"arn:aws:s3:::{bucket}/*"]},
        {
            "Effect": "Deny",
            "Action": ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketTagging"],
            "Resource": [f"arn:aws:s3:::{bucket}"],
        },
        {
            "Effect": "Deny",
            "Action": ["s3:BypassGovernanceRetention"],
            "Resource": [f"arn:aws:s3:::{bucket}/*"],
        },
    ]


def canonical(policy: Any) -> Any:
    """A policy document with its lists in order, for comparing what servers reorder."""
    if isinstance(policy, Mapping):
        return {key: canonical(value) for key, value in policy.items()}
    if isinstance(policy, list):
        return sorted((canonical(item) for item in policy), key=repr)
    return policy


def object_store(address: connections.ObjectStore) -> ObjectStore:
    """The driver of that server. Raises UsageError for a driver we don't have."""
    if address.driver == "minio":
        from yunzu.clients.objectstore_minio import MinioStore

        return MinioStore(address)
    if address.driver == "versitygw":
        from yunzu.clients.objectstore_versitygw import VersityStore

        return VersityStore(address)
    raise UsageError(f"S3 driver {address.driver!r}", "is unknown", "choose minio or versitygw")
