"""Driver `minio`: users with canned policies, hard quotas.

The SDK's `user_add` encrypts its payload under a key from Argon2 (64 MiB, four lanes), and the server
derives the same key again: 95 to 400 ms a user. The server also accepts PBKDF2 (algorithm id 2, what
MinIO uses under FIPS), which takes a few milliseconds. The derivation protects a guessable password;
ours is the administrator's key of 32 random bytes, sent inside TLS.
"""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from minio.error import MinioAdminException
from minio.minioadmin import _COMMAND, MinioAdmin

from yunzu.clients.objectstore import BucketUser, canonical, statements
from yunzu.clients.objectstore_s3 import S3Buckets, code_of
from yunzu.clients.ownership import Intents
from yunzu.errors import NotFoundError, NotOursError
from yunzu.model.connections import ObjectStore

_PBKDF2_AES_GCM = b"\x02"
_PBKDF2_ROUNDS = 8192
_CHUNK = 16 * 1024  # bytes; a payload of one chunk is all we ever send


class _Admin(MinioAdmin):
    """The SDK's client with the cheaper encryption, and a pool that it does not own."""

    def __del__(self) -> None:
        pass

    def user_add(self, access_key: str, secret_key: str, status: str = "enabled") -> str:
        body = json.dumps({"status": status, "secretKey": secret_key}).encode()
        response = self._url_open(
            method="PUT",
            command=_COMMAND.ADD_USER,
            query_params={"accessKey": access_key},
            body=sealed(body, self._provider.retrieve().secret_key),
        )
        return str(response.data.decode())


def sealed(payload: bytes, password: str) -> bytes:
    """An administrative payload as MinIO expects it: salt, algorithm, nonce, one chunk of AES-256-GCM.

    The chunk authenticates a tag over the empty message under sequence number 0, marked as the last.
    """
    if len(payload) > _CHUNK:
        raise ValueError("payload of more than one chunk")
    salt, nonce = secrets.token_bytes(32), secrets.token_bytes(8)
    cipher = AESGCM(hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _PBKDF2_ROUNDS, 32))
    tag = cipher.encrypt(nonce + bytes(4), b"", None)
    chunk = cipher.encrypt(nonce + (1).to_bytes(4, "little"), payload, b"\x80" + tag)
    return salt + _PBKDF2_AES_GCM + nonce + chunk


class MinioStore(S3Buckets):
    """One MinIO server. Its quota is checked late for many small objects: say "as of"."""

    enforces_quota = True

    def __init__(self, address: ObjectStore) -> None:
        super().__init__(address)
        self.admin = _Admin(
            endpoint=self.host,
            credentials=self.credentials,
            region=address.region,
            secure=self.secure,
            http_client=self.pool,
        )

    def version(self) -> str:
        """See the protocol."""
        with self.errors():
            servers = json.loads(self.admin.info()).get("servers") or [{}]
            return f"MinIO {servers[0].get('version', 'of unknown version')}"

    def quota(self, name: str) -> int | None:
        """The hard quota in bytes, None if there is none."""
        with self.errors():
            answer = json.loads(self.admin.bucket_quota_get(name))
        size = answer.get("size") or answer.get("quota") or 0
        return int(size) or None

    def set_quota(self, name: str, quota: int | None) -> None:
        """Enforce a hard quota in bytes, None for none."""
        with self.errors():
            self.admin.bucket_quota_set(name, quota or 0)

    def inspect_user(self, user: BucketUser) -> tuple[str, ...] | None:
        """See the protocol."""
        found = self._user(user)
        if found is None:
            return None
        drift = []
        if found.get("status") != ("enabled" if user.enabled else "disabled"):
            drift.append(f"user of {user.binding} is {found.get('status')}")
        if found.get("memberOf"):
            drift.append(f"user of {user.binding} is a member of groups")
        if found.get("policyName") != user.binding:
            drift.append(f"user of {user.binding} has policies {found.get('policyName') or 'none'}")
        if self._policy(user.binding) != canonical(_document(user.bucket)):
            drift.append(f"policy {user.binding} was altered or is missing")
        return tuple(drift)

    def ensure_user(self, user: BucketUser, *, secret: str | None, intents: Intents) -> tuple[str, ...]:
        """See the protocol."""
        found = self._user(user)
        if found is None and secret is None:
            raise NotFoundError(f"user of {user.binding}", "does not exist", "apply the environment")
        self._check_ours(user, found, intents)
        drift = ("is missing",) if found is None else (self.inspect_user(user) or ())
        if not drift and secret is None:
            return ()
        intents.intend("BucketUser", user.binding)
        binds = found is None or found.get("policyName") != user.binding
        with self.errors():
            if found is None or any("policy" in fact for fact in drift):
                self.admin.policy_add(policy_name=user.binding, policy=_document(user.bucket))
            for group in (found or {}).get("memberOf") or ():
                # The SDK's annotation is wrong: the server takes a list.
                self.admin.group_remove(group, [user.access_key])  # type: ignore[arg-type]
            self._switch(user, secret, binds=binds)
        if found is None:
            return (f"user of {user.binding} was missing",)
        return (*drift, *((f"user of {user.binding} has a new secret key",) if secret is not None else ()))

    def _switch(self, user: BucketUser, secret: str | None, *, binds: bool) -> None:
        """Set secret key and status, and bind the user to its policy.

        MinIO finds no disabled user to bind. One that is to be disabled is enabled for that moment, under
        a secret that nobody knows if it gets another one anyway.
        """
        if user.enabled or binds:
            first = secret if user.enabled or secret is None else secrets.token_urlsafe(30)
            self._enable(user.access_key, first)
        if binds:
            self.admin.policy_set(policy_name=user.binding, user=user.access_key)
        if not user.enabled and secret is not None:
            self.admin.user_add(user.access_key, secret, "disabled")
        elif not user.enabled:
            self.admin.user_disable(user.access_key)

    def _enable(self, access_key: str, secret: str | None) -> None:
        if secret is not None:
            self.admin.user_add(access_key, secret)
        else:
            self.admin.user_enable(access_key)

    def remove_user(self, user: BucketUser, *, intents: Intents) -> None:
        """See the protocol. The policy goes last: a user without one may do nothing."""
        found = self._user(user)
        self._check_ours(user, found, intents)
        intents.intend("BucketUser", user.binding)
        with self.errors():
            if found is not None:
                self.admin.user_remove(user.access_key)
            if self._policy(user.binding) is not None:
                self.admin.policy_remove(user.binding)

    def _check_ours(self, user: BucketUser, found: dict[str, Any] | None, intents: Intents) -> None:
        """A user has no room for a mark; being bound by our policy's name stands for one."""
        if found is None or user.binding in (found.get("policyName") or "").split(","):
            return
        if not intents.intended("BucketUser", user.binding):
            policies = found.get("policyName") or "none"
            raise NotOursError("S3 user", f"for {user.binding}", f"its policies are: {policies}")

    def _user(self, user: BucketUser) -> dict[str, Any] | None:
        with self.errors():
            try:
                return dict(json.loads(self.admin.user_info(user.access_key)))
            except MinioAdminException as error:
                if code_of(error._body) == "XMinioAdminNoSuchUser":
                    return None
                raise

    def _policy(self, name: str) -> Any:
        with self.errors():
            try:
                return canonical(json.loads(self.admin.policy_info(name)))
            except MinioAdminException as error:
                if code_of(error._body) == "XMinioAdminNoSuchPolicy":
                    return None
                raise


def _document(bucket: str) -> dict[str, Any]:
    # admin:* also covers what MinIO lets every user do for itself: new service accounts, a new secret.
    governs = {"Effect": "Deny", "Action": ["admin:*"]}
    return {"Version": "2012-10-17", "Statement": [*statements(bucket), governs]}
