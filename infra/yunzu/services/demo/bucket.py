"""Put files into a bucket as the tenant, read each back, and leave alone what the tenant has put there."""

import hashlib
import io
import ssl
from urllib.parse import urlsplit

import certifi
import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from yunzu.errors import UnreachableError, YunzuError
from yunzu.services.demo.shapes import Content, File, Loaded, State
from yunzu.services.demo.tenancy import Binding

_MARK = "x-amz-meta-sha256"
_ONE_PART = 64 * 2**20  # everything here is smaller: one PUT each, no multipart uploads to clean up
_SECONDS = 30


def _trusting(authority: str | None) -> ssl.SSLContext:
    """The store's own authority, else the public ones."""
    return ssl.create_default_context(cafile=None if authority else certifi.where(), cadata=authority or None)


class TenantBucket:
    """One bucket through its handed keys.

    Raises UnreachableError when S3 does not answer, YunzuError for what it refuses.
    """

    def __init__(self, subject: str, keys: Binding) -> None:
        address = urlsplit(keys["endpoint"])
        secure = address.scheme == "https"
        context = _trusting(keys.get("ca.crt")) if secure else None
        self._subject = subject
        self._bucket = keys["bucket"]
        self._pool = urllib3.PoolManager(
            ssl_context=context, timeout=urllib3.Timeout(_SECONDS), retries=urllib3.Retry(2)
        )
        self._client = Minio(
            address.netloc,
            access_key=keys["access-key"],
            secret_key=keys["secret-key"],
            region=keys["region"],
            secure=secure,
            http_client=self._pool,
        )

    def __enter__(self) -> "TenantBucket":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def load_file(self, file: File) -> Loaded:
        """Bring the object to the file's content and read it back."""
        content = file.content()
        digest = hashlib.sha256(content.data).hexdigest()
        where = f"{self._subject}/{file.name}"
        try:
            state = self._state(file.name, content, digest)
            if state in ("loaded", "replaced"):
                self._put(file, content, digest)
                if self._digest(file.name) != digest:
                    raise YunzuError(where, "does not read back as it was written", "run the command again")
        except S3Error as error:
            raise YunzuError(where, f"S3 refuses: {error.code}") from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise UnreachableError(where, f"S3 does not answer ({type(error).__name__})") from error
        return Loaded("object", where, state, None, None, len(content.data), digest, str(content.source))

    def _state(self, name: str, content: Content, digest: str) -> State:
        try:
            found = self._client.stat_object(self._bucket, name)
        except S3Error as error:
            if error.code == "NoSuchKey":
                return "loaded"
            raise
        mark = (found.metadata or {}).get(_MARK)
        if mark is None:  # what we put carries its digest; this was put by somebody else
            return "kept"
        return "unchanged" if mark == digest and found.size == len(content.data) else "replaced"

    def _put(self, file: File, content: Content, digest: str) -> None:
        self._client.put_object(
            self._bucket,
            file.name,
            io.BytesIO(content.data),
            len(content.data),
            content_type=file.media_type,
            metadata={_MARK: digest},
            part_size=_ONE_PART,
        )

    def _digest(self, name: str) -> str:
        answer = self._client.get_object(self._bucket, name)
        try:
            digest = hashlib.sha256()
            for chunk in answer.stream(2**18):
                digest.update(chunk)
            return digest.hexdigest()
        finally:
            answer.close()
            answer.release_conn()
