"""Driver `versitygw`: accounts of the gateway, rights by the bucket's policy, no quotas.

Buckets belong to the administrator. An account of role `user` may do nothing by itself, not even make
a bucket; each slot has its statements in the bucket's policy, naming it as their principal. One that is
disabled has none: the gateway cannot disable an account.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from minio import time as s3time
from minio.deleteobjects import DeleteObject
from minio.helpers import sha256_hash
from minio.signer import sign_v4_s3

from yunzu.clients.objectstore import BucketUser, canonical, statements
from yunzu.clients.objectstore_s3 import S3Buckets
from yunzu.clients.ownership import Intents
from yunzu.errors import NotFoundError, NotOursError


class VersityStore(S3Buckets):
    """One gateway that serves its administration on the S3 port."""

    def version(self) -> str:
        """See the protocol; the gateway does not tell its version."""
        with self.errors():
            self.client.list_buckets()
        return "versitygw"

    def inspect_user(self, user: BucketUser) -> tuple[str, ...] | None:
        """See the protocol."""
        account = self._account(user)
        if account is None:
            return None
        drift = []
        if account.get("Role") != "user":
            drift.append(f"user of {user.binding} has role {account.get('Role')}")
        policy = self.policy(user.bucket)
        if canonical(_of(policy, user)) != canonical(_wanted(user)):
            drift.append(f"policy of bucket {user.bucket} was altered for {user.binding}")
        return tuple(drift)

    def ensure_user(self, user: BucketUser, *, secret: str | None, intents: Intents) -> tuple[str, ...]:
        """See the protocol."""
        account = self._account(user)
        if account is None and secret is None:
            raise NotFoundError(f"user of {user.binding}", "does not exist", "apply the environment")
        self._check_ours(user, account, intents)
        drift = ("is missing",) if account is None else (self.inspect_user(user) or ())
        if not drift and secret is None:
            return ()
        intents.intend("BucketUser", user.binding)
        if account is None:
            fields = {"Access": user.access_key, "Secret": secret, "Role": "user"}
            self._call("create-user", body=_xml("Account", fields))
        elif secret is not None or account.get("Role") != "user":
            fields = {"Secret": secret, "Role": "user"}
            self._call("update-user", {"access": user.access_key}, _xml("MutableProps", fields))
        with self._changing:  # the two slots of a bucket share its policy
            policy = self.policy(user.bucket)
            if canonical(_of(policy, user)) != canonical(_wanted(user)):
                self.set_policy(user.bucket, [*_of_others(policy, user), *_wanted(user)])
        if account is None:
            return (f"user of {user.binding} was missing",)
        return (*drift, *((f"user of {user.binding} has a new secret key",) if secret is not None else ()))

    def remove_user(self, user: BucketUser, *, intents: Intents) -> None:
        """See the protocol. The account goes last: the gateway refuses policies that name nobody."""
        account = self._account(user)
        self._check_ours(user, account, intents)
        intents.intend("BucketUser", user.binding)
        with self._changing:
            policy = self.policy(user.bucket)
            if _of(policy, user):
                self.set_policy(user.bucket, _of_others(policy, user))
        if account is not None:
            self._call("delete-user", {"access": user.access_key})

    def every_version(self, name: str) -> Iterable[DeleteObject]:
        """All there is in a bucket; the SDK cannot read the dates of the gateway's delete markers."""
        marker: dict[str, str] | None = {}
        while marker is not None:
            root = ET.fromstring(self._call(name, {"versions": "", **marker}, method="GET"))  # noqa: S314 - as above
            fields = {_plain(child): child.text or "" for child in root}
            for entry in root:
                if _plain(entry) in ("Version", "DeleteMarker"):
                    one = {_plain(child): child.text or "" for child in entry}
                    yield DeleteObject(one["Key"], one.get("VersionId") or None)
            more = fields.get("IsTruncated") == "true"
            marker = (
                {
                    "key-marker": fields.get("NextKeyMarker", ""),
                    "version-id-marker": fields.get("NextVersionIdMarker", ""),
                }
                if more
                else None
            )

    def _check_ours(self, user: BucketUser, account: dict[str, str] | None, intents: Intents) -> None:
        """An account has no room for a mark; standing in the bucket's policy stands for one, and the record
        of intents does for one that is disabled."""
        if account is None or _of(self.policy(user.bucket), user):
            return
        if not intents.intended("BucketUser", user.binding):
            raise NotOursError("S3 user", f"for {user.binding}", "it has no rights on the bucket")

    def _account(self, user: BucketUser) -> dict[str, str] | None:
        root = ET.fromstring(self._call("list-users"))  # noqa: S314 - our own server's, over TLS
        for account in root.iter():
            fields = {_plain(child): child.text or "" for child in account}
            if fields.get("Access") == user.access_key:
                return fields
        return None

    def _call(
        self, path: str, query: dict[str, str] | None = None, body: bytes = b"", method: str = "PATCH"
    ) -> bytes:
        """One call, administrative unless another method is named; TLS alone keeps a secret in its body."""
        text = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted((query or {}).items()))
        url = urlsplit(f"{self.address.endpoint.rstrip('/')}/{path}" + (f"?{text}" if text else ""))
        date, digest = s3time.utcnow(), sha256_hash(body)
        headers = sign_v4_s3(
            method=method,
            url=url,
            region=self.address.region,
            headers={
                "Host": url.netloc,
                "x-amz-date": s3time.to_amz_date(date),
                "x-amz-content-sha256": digest,
            },
            credentials=self.credentials.retrieve(),
            content_sha256=digest,
            date=date,
        )
        with self.errors():
            response = self.pool.urlopen(method, url.geturl(), body=body, headers=headers)
        if response.status >= 300:
            raise self.admin_error(str(response.status), response.data.decode(errors="replace"))
        return bytes(response.data)


def _plain(element: ET.Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def _wanted(user: BucketUser) -> list[dict[str, Any]]:
    if not user.enabled:
        return []
    return [{**one, "Principal": {"AWS": [user.access_key]}} for one in statements(user.bucket)]


def _of(policy: list[dict[str, Any]], user: BucketUser) -> list[dict[str, Any]]:
    return [one for one in policy if one.get("Principal") == {"AWS": [user.access_key]}]


def _of_others(policy: list[dict[str, Any]], user: BucketUser) -> list[dict[str, Any]]:
    return [one for one in policy if one.get("Principal") != {"AWS": [user.access_key]}]


def _xml(root: str, fields: dict[str, str | None]) -> bytes:
    element = ET.Element(root)
    for name, value in fields.items():
        if value is not None:
            ET.SubElement(element, name).text = value
    return ET.tostring(element)
