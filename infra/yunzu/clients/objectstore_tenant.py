"""A bucket as its tenant sees it: what the handed keys can do, and what they must not.

Only the two keys come from the tenant's Secret; endpoint and CA are the centre's own.
"""

import io
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from urllib.parse import urlsplit

import minio
import urllib3
from minio.error import MinioException, S3Error

from yunzu.errors import RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import ObjectStore

_KEY = re.compile(r"[!-~]{1,128}")  # what fits a header; the Secret is the tenant's to write
_REFUSALS = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled"}


_PROBES = "yunzu-probe/"


class TenantKeys:
    """One access key and its secret at the centre's S3 server."""

    def __init__(self, store: ObjectStore, access_key: str, secret_key: str) -> None:
        """Raises YunzuError for keys that no S3 server can have given out."""
        if not _KEY.fullmatch(access_key) or not _KEY.fullmatch(secret_key):
            raise YunzuError(
                "keys", "are none: a key is printable ASCII", "`yunzu env apply` makes them anew"
            )
        self._store = store
        self._access_key = access_key
        self._secret_key = secret_key

    @cached_property
    def _client(self) -> minio.Minio:
        pool = urllib3.PoolManager(
            timeout=10,
            retries=urllib3.Retry(1, backoff_factor=0.2),
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(self._store.authorities),
        )
        return minio.Minio(
            urlsplit(self._store.endpoint).netloc,
            access_key=self._access_key,
            secret_key=self._secret_key,
            region=self._store.region,
            secure=True,
            http_client=pool,
        )

    def put_get_delete(self, bucket: str) -> str:
        """Write an object, read it back, delete it with its versions; nothing is left."""
        name, body = f"{_PROBES}{secrets.token_hex(8)}", secrets.token_bytes(64)
        with self._errors(bucket):
            written = self._client.put_object(bucket, name, io.BytesIO(body), len(body))
            answer = self._client.get_object(bucket, name)
            try:
                read = answer.read()
            finally:
                answer.close()
                answer.release_conn()
            self._take_out(bucket, name, written.version_id)
        if read != body:
            raise YunzuError(f"bucket {bucket}", "does not return what was written")
        return f"{len(body)} bytes written, read, deleted"

    def clear(self, bucket: str) -> None:
        """Take out what probes left that did not come to their end, with all versions and markers."""
        with self._errors(bucket):
            for one in self._client.list_objects(
                bucket, prefix=_PROBES, recursive=True, include_version=True
            ):
                self._client.remove_object(bucket, str(one.object_name), version_id=one.version_id)

    def list_objects(self, bucket: str) -> int:
        """How many objects are seen (1,000 at most)."""
        with self._errors(bucket):
            found = self._client.list_objects(bucket, recursive=True)
            return sum(1 for _, _ in zip(range(1000), found, strict=False))

    def put_object(self, bucket: str) -> None:
        """Write an object that must not get in; one that does is taken out again, with its version."""
        name = f"{_PROBES}{secrets.token_hex(8)}"
        with self._errors(bucket):
            written = self._client.put_object(bucket, name, io.BytesIO(b"x"), 1)
            self._take_out(bucket, name, written.version_id)

    def _take_out(self, bucket: str, name: str, version: str | None) -> None:
        """Remove an object with its version. Where somebody let versioning rest it has none, and a deletion
        leaves a marker that goes, too."""
        self._client.remove_object(bucket, name, version_id=version)
        if version is None:
            with suppress(S3Error):  # a bucket that never had versions may know no such name
                self._client.remove_object(bucket, name, version_id="null")

    def change_policy(self, bucket: str) -> None:
        """Try to change the bucket's policy: to one that lets nobody in, so that nothing stands open."""
        denial = {
            "Effect": "Deny",
            "Principal": {"AWS": ["*"]},
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{bucket}/yunzu-probe/nothing"],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
        with self._errors(bucket):
            self._client.set_bucket_policy(bucket, policy)
            self._client.delete_bucket_policy(bucket)

    @contextmanager
    def _errors(self, bucket: str) -> Iterator[None]:
        subject = f"bucket {bucket}"
        try:
            yield
        except S3Error as error:
            kind = RefusedError if error.code in _REFUSALS else YunzuError
            raise kind(subject, f"{error.code}: {error.message}") from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise UnreachableError(
                subject, f"the S3 server does not answer ({type(error).__name__})"
            ) from error
