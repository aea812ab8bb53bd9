"""What every S3 server does alike: the calls on buckets, the pool under them, and their errors."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED, Tags
from minio.credentials.providers import StaticProvider
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioAdminException, S3Error, ServerError
from minio.versioningconfig import OFF, SUSPENDED, VersioningConfig

from yunzu import naming
from yunzu.clients.objectstore import (
    OWNER_TAG,
    Bucket,
    BucketFacts,
    bucket_drift,
    opens_to_others,
)
from yunzu.clients.ownership import Intents, check_ours
from yunzu.errors import RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import ObjectStore

_CONNECTIONS = 16
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 60.0
_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "XMinioAdminAccessDenied"}
_LOCKED = {"ObjectLocked", "InvalidRequest", "AccessDenied", "WORMProtected"}


class _KeptConnections(Minio):
    """The SDK's client empties its pool when it is collected; ours is shared between many."""

    def __del__(self) -> None:
        pass


class S3Buckets:
    """Buckets of one server, with the administrator's keys."""

    enforces_quota = False

    def __init__(self, address: ObjectStore) -> None:
        self.address = address
        url = urlsplit(address.endpoint)
        self.host = url.netloc
        self.secure = url.scheme == "https"
        self.credentials = StaticProvider(
            address.access_key.get_secret_value(), address.secret_key.get_secret_value()
        )
        self.pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(address.authorities),
            retries=urllib3.Retry(total=2, backoff_factor=0.1, status_forcelist=[502, 503, 504]),
        )
        self.client = _KeptConnections(
            self.host,
            credentials=self.credentials,
            secure=self.secure,
            region=address.region,
            http_client=self.pool,
        )
        self._changing = threading.Lock()

    @property
    def subject(self) -> str:
        """How errors name this server."""
        return f"S3 {self.address.endpoint}"

    def close(self) -> None:
        """Close the kept connections; the object stays usable."""
        self.pool.clear()

    def bucket_facts(self, name: str) -> BucketFacts | None:
        """The bucket as it is; None if there is none."""
        with self.errors():
            if not self.client.bucket_exists(bucket_name=name):
                return None
            tags = self._tags(name)
            versioning = self.client.get_bucket_versioning(bucket_name=name).status == ENABLED
            uid = naming.uid_of_bucket(name)
            exposed = any(opens_to_others(statement, uid) for statement in self.policy(name))
            return BucketFacts(tags.get(OWNER_TAG), versioning, self.quota(name), exposed)

    def quota(self, name: str) -> int | None:  # noqa: ARG002 - drivers with quotas override it
        """The enforced quota in bytes, None if none is."""
        return None

    def set_quota(self, name: str, quota: int | None) -> None:
        """Enforce a quota in bytes, None for none; nothing where the server has no quotas."""

    def policy(self, bucket: str) -> list[dict[str, Any]]:
        """Statements of the bucket's policy; empty if it has none."""
        with self.errors():
            try:
                document = json.loads(self.client.get_bucket_policy(bucket_name=bucket))
            except S3Error as error:
                if error.code in ("NoSuchBucketPolicy", "NoSuchBucket"):
                    return []
                raise
        return list(document["Statement"])

    def set_policy(self, bucket: str, wanted: list[dict[str, Any]]) -> None:
        """Make these statements the bucket's whole policy."""
        with self.errors():
            if not wanted:
                self.client.delete_bucket_policy(bucket_name=bucket)
                return
            document = json.dumps({"Version": "2012-10-17", "Statement": wanted})
            self.client.set_bucket_policy(bucket_name=bucket, policy=document)

    def ensure_bucket(self, bucket: Bucket, *, mark: str, intents: Intents) -> tuple[str, ...]:
        """Make or repair a bucket; see the protocol."""
        facts = self.bucket_facts(bucket.name)
        done: list[str] = []
        if facts is not None:
            check_ours("Bucket", bucket.name, facts.mark, mark, intents)
            if not (drift := bucket_drift(bucket, facts, mark, enforces_quota=self.enforces_quota)):
                return ()
            done += drift
        else:
            done.append(f"bucket {bucket.name} was missing")
        intents.intend("Bucket", bucket.name)
        with self.errors():
            if facts is None:
                self.client.make_bucket(bucket_name=bucket.name, location=self.address.region)
            if facts is None or facts.mark != mark:
                self._set_mark(bucket.name, mark)
            if bucket.versioning != (facts is not None and facts.versioning):
                status = VersioningConfig(ENABLED if bucket.versioning else SUSPENDED)
                self.client.set_bucket_versioning(bucket_name=bucket.name, config=status)
            if bucket.quota != (facts.quota if facts else None):
                self.set_quota(bucket.name, bucket.quota)
            if facts is not None and facts.exposed:
                uid = naming.uid_of_bucket(bucket.name)
                kept = [one for one in self.policy(bucket.name) if not opens_to_others(one, uid)]
                self.set_policy(bucket.name, kept)
        return tuple(done)

    def remove_bucket(self, name: str, *, mark: str, intents: Intents) -> None:
        """Erase a bucket with all it holds; see the protocol."""
        facts = self.bucket_facts(name)
        if facts is None:
            return
        check_ours("Bucket", name, facts.mark, mark, intents)
        intents.intend("Bucket", name)
        with self.errors():
            self._empty(name)
            self.client.remove_bucket(bucket_name=name)

    def can_login(self, access_key: str, secret: str, bucket: str) -> bool:
        """Whether these keys reach that bucket, tried as the tenant's client would."""
        tenant = _KeptConnections(
            self.host,
            access_key=access_key,
            secret_key=secret,
            secure=self.secure,
            region=self.address.region,
            http_client=self.pool,
        )
        with self.errors():
            try:
                next(tenant.list_objects(bucket_name=bucket, prefix="", recursive=False), None)
            except S3Error as error:
                if error.code in _REFUSED or error.code == "NoSuchBucket":
                    return False
                raise
        return True

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the SDK's exceptions into ours; no key, and no body of a request, is in their texts."""
        try:
            yield
        except S3Error as error:
            if error.code in _REFUSED:
                raise RefusedError(
                    self.subject, f"refused: {error.code}", "check the administrator's keys and rights"
                ) from error
            raise YunzuError(self.subject, f"answered {error.code}", "see the server's log") from error
        except MinioAdminException as error:
            raise self.admin_error(str(error._code), error._body) from error
        except (urllib3.exceptions.HTTPError, ServerError, InvalidResponseError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                fact, advice = "shows a certificate that is not trusted", "set YUNZU_S3_CA to its authority's"
            else:
                fact = f"does not answer ({type(error).__name__})"
                advice = "start it, or correct its address"
            raise UnreachableError(self.subject, fact, advice) from error

    def admin_error(self, status: str, body: str) -> YunzuError:
        """Our error for an administrative call's answer; of the body, only its code is repeated."""
        code = code_of(body)
        if status in ("401", "403") or code in _REFUSED:
            advice = "check the administrator's keys and rights"
            return RefusedError(self.subject, f"refused: {code}", advice)
        return YunzuError(self.subject, f"answered {status} {code}", "see the server's log")

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return dict(self.client.get_bucket_tags(bucket_name=name) or {})
        except S3Error as error:
            if error.code in ("NoSuchTagSet", "NoSuchTagSetError", "NoSuchTagging"):
                return {}
            raise

    def _set_mark(self, name: str, mark: str) -> None:
        tags = Tags.new_bucket_tags()
        tags.update({**self._tags(name), OWNER_TAG: mark})
        self.client.set_bucket_tags(bucket_name=name, tags=tags)

    def every_version(self, name: str) -> Iterable[DeleteObject]:
        """All there is in a bucket, delete markers too."""
        versioned = self.client.get_bucket_versioning(bucket_name=name).status != OFF
        for item in self.client.list_objects(bucket_name=name, recursive=True, include_version=versioned):
            yield DeleteObject(item.object_name or "", item.version_id if versioned else None)

    def _empty(self, name: str) -> None:
        found = self.every_version(name)
        failures = list(
            self.client.remove_objects(
                bucket_name=name, delete_object_list=found, bypass_governance_mode=True
            )
        )
        if not failures:
            return
        code = failures[0].code or "unknown error"
        if code in _LOCKED:
            raise RefusedError(
                f"bucket {name}",
                f"{len(failures)} objects cannot be deleted ({code})",
                "wait until their retention ends; the bucket stays",
            )
        raise YunzuError(f"bucket {name}", f"{len(failures)} objects cannot be deleted ({code})", "run again")


def code_of(body: str) -> str:
    """The error code in the JSON or XML that an administrative call answered."""
    for opening, closing in (('"Code":"', '"'), ("<Code>", "</Code>")):
        if opening in body:
            return body.split(opening, 1)[1].split(closing, 1)[0][:60]
    return "without a code"
