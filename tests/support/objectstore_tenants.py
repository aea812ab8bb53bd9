"""Tenants on the S3 server under test."""

import io
from typing import Any

from minio import Minio

from tests.support.crashes import Recorded
from yunzu import naming
from yunzu.clients.objectstore import Bucket, BucketUser
from yunzu.clients.objectstore_s3 import S3Buckets

CENTRE = "1a2b3c4d"
IDENTITY_KEY = "5f" * 32
SECRET = "correct-horse-battery-staple"


class Tenant:
    """One environment's bucket and user on the server under test."""

    def __init__(self, store: S3Buckets, claim: str = "main") -> None:
        self.store: Any = store
        self.uid = naming.mint_environment_uid()
        self.bucket = Bucket(naming.bucket(CENTRE, self.uid, claim), versioning=True, quota=10**9)
        self.mark = naming.owner_mark(CENTRE, self.uid)
        key = naming.access_key(IDENTITY_KEY, self.uid, claim, "a")
        self.user = BucketUser(self.bucket.name, key, naming.policy(self.bucket.name, "a"))
        self.intents = Recorded()

    def ensure(self, secret: str | None = SECRET) -> tuple[str, ...]:
        done = self.ensure_bucket()
        return (*done, *self.store.ensure_user(self.user, secret=secret, intents=self.intents))

    def ensure_bucket(self) -> tuple[str, ...]:
        done: tuple[str, ...] = self.store.ensure_bucket(self.bucket, mark=self.mark, intents=self.intents)
        return done

    def remove(self) -> None:
        self.store.remove_user(self.user, intents=self.intents)
        self.store.remove_bucket(self.bucket.name, mark=self.mark, intents=self.intents)

    def client(self) -> Minio:
        return Minio(
            self.store.host,
            access_key=self.user.access_key,
            secret_key=SECRET,
            region="us-east-1",
            http_client=self.store.pool,
        )

    def put(self, key: str, content: bytes = b"content") -> None:
        self.client().put_object(
            bucket_name=self.bucket.name, object_name=key, data=io.BytesIO(content), length=len(content)
        )
