"""Credentials: a login on a server and the Secret that holds it, kept in step.

A password is made here, goes to the server and to the Secret, and the Secret is the only copy; state
holds a keyed hash. The server comes first: a Secret never holds a password that does not work yet. A
crash between the two leaves one that does not work any more, which the next run finds by trying it.

A credential that is not `enabled` keeps its password and lets nobody in, so its password cannot be tried:
it is taken to be right, and tried when it is enabled again.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from yunzu import naming
from yunzu.clients.objectstore import BucketUser
from yunzu.clients.ownership import Intents
from yunzu.clients.postgres_databases import ACCESSES, SLOTS
from yunzu.clients.postgres_logins import Login, drop_login, ensure_login, inspect_login
from yunzu.errors import NotFoundError, RefusedError
from yunzu.providers import yunzu_inputs as must_be
from yunzu.providers.protocol import CheckFailure
from yunzu.providers.yunzu_resources import Collaborators, Presumed, Properties
from yunzu.providers.yunzu_secrets import (
    StoredSecret,
    check_secret,
    mark_of,
    postgres_binding,
    s3_binding,
    secret_drift,
)

_PASSWORD_BYTES = 30  # 240 random bits, 40 characters that need no quoting anywhere


class CredentialType(ABC):
    """What both kinds do alike: generate, hand over, compare, renew. Inputs of both: uid, slot,
    namespace, secret, labels, `version`, whose change asks for a new password, and `enabled` (true)."""

    defaults: ClassVar[Mapping[str, Any]] = {"enabled": True}
    replace_on: ClassVar[frozenset[str]]
    delete_before_replace: ClassVar[bool] = True  # the successor may have the same login
    user_key: ClassVar[str]
    password_key: ClassVar[str]

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    @abstractmethod
    def login_name(self, inputs: Properties) -> str:
        """What the login is called on the server; may be a secret itself."""

    @abstractmethod
    def binding(self, inputs: Properties, password: str) -> dict[str, str]:
        """What the Secret holds."""

    @abstractmethod
    def works(self, inputs: Properties, password: str) -> bool:
        """Whether one can log in with it."""

    @abstractmethod
    def login_drift(self, inputs: Properties) -> tuple[str, ...] | None:
        """What differs on the server, the password apart; None if there is no such login."""

    @abstractmethod
    def ensure_login(self, inputs: Properties, password: str | None, intents: Intents) -> None:
        """Make or repair the login; None leaves its password."""

    @abstractmethod
    def remove_login(self, inputs: Properties, intents: Intents) -> None:
        """Remove the login."""

    @abstractmethod
    def public_outputs(self, inputs: Properties) -> Properties:
        """Outputs of the kind's own."""

    def foresee(self, inputs: Properties) -> None:
        """See ResourceType."""
        check_secret(_name(inputs), self._stored(inputs), self._with.mark(inputs), Presumed())

    def ensure(self, inputs: Properties, before: Properties | None, intents: Intents) -> Properties:
        """See ResourceType. A password that works is kept, unless its version or its hash changed.

        Raises RefusedError when a fresh password is refused, or a disabled login let in.
        """
        stored = self._stored(inputs)
        check_secret(_name(inputs), stored, self._with.mark(inputs), intents)
        password = self._kept_password(inputs, before, stored)
        if password is not None:
            self.ensure_login(inputs, None, intents)
            if _enabled(inputs) and not self.works(inputs, password):
                password = None
        if password is None:
            password = secrets.token_urlsafe(_PASSWORD_BYTES)
            self.ensure_login(inputs, password, intents)
            if _enabled(inputs) and not self.works(inputs, password):
                raise RefusedError(
                    f"login for Secret {_name(inputs)}",
                    "is refused with a password just set",
                    "see the server's log for the rule that forbids it",
                )
        if not _enabled(inputs) and self.works(inputs, password):
            raise RefusedError(
                f"login for Secret {_name(inputs)}", "is let in though it is disabled", "see the server's log"
            )
        wanted = self.binding(inputs, password)
        if secret_drift(_name(inputs), stored, inputs["labels"], wanted):
            intents.intend("Secret", _name(inputs))
            self._with.secrets.write(inputs["namespace"], inputs["secret"], inputs["labels"], wanted)
        return {**self.public_outputs(inputs), "fingerprint": self._fingerprint(password)}

    def find(self, inputs: Properties, outputs: Properties) -> tuple[str, ...] | None:
        """See ResourceType."""
        found, stored = self.login_drift(inputs), self._stored(inputs)
        if found is None and stored is None:
            return None
        drift = [f"login for Secret {_name(inputs)} is missing"] if found is None else list(found)
        password = (stored.data if stored else {}).get(self.password_key, "")
        drift += secret_drift(_name(inputs), stored, inputs["labels"], self.binding(inputs, password))
        if password and self._fingerprint(password) != outputs.get("fingerprint"):
            drift.append(f"Secret {_name(inputs)}: key {self.password_key} was altered")
        elif password and self.works(inputs, password) != _enabled(inputs):
            what = "refused" if _enabled(inputs) else "let in"
            drift.append(f"login for Secret {_name(inputs)} is {what}")
        return tuple(drift)

    def remove(self, inputs: Properties, intents: Intents) -> None:
        """See ResourceType. A Secret that is not ours stays, and so does nothing else."""
        self.remove_login(inputs, intents)
        stored = self._stored(inputs)
        if stored is None:
            return
        ours = mark_of(stored.labels) == self._with.mark(inputs)
        if ours or (mark_of(stored.labels) is None and intents.intended("Secret", _name(inputs))):
            intents.intend("Secret", _name(inputs))
            self._with.secrets.delete(inputs["namespace"], inputs["secret"])

    def _stored(self, inputs: Properties) -> StoredSecret | None:
        return self._with.secrets.read(inputs["namespace"], inputs["secret"])

    def _kept_password(
        self, inputs: Properties, before: Properties | None, stored: StoredSecret | None
    ) -> str | None:
        """The Secret's password, if it may stay: the right user's, of this version, ours by its hash."""
        if stored is None or stored.data.get(self.user_key) != self.login_name(inputs):
            return None
        password = stored.data.get(self.password_key)
        if not password or self.login_drift(inputs) is None:
            return None
        if before is None or "fingerprint" not in before:  # its creation was cut short
            return password
        same_version = before.get("version") == inputs["version"]
        return password if same_version and before.get("fingerprint") == self._fingerprint(password) else None

    def _fingerprint(self, password: str) -> str:
        return naming.fingerprint(self._with.identity_key, password)

    def _common_checks(self, inputs: Properties) -> Mapping[str, must_be.Check]:
        return {
            "uid": must_be.uid,
            "slot": must_be.one_of(*SLOTS),
            "namespace": must_be.dns_label,
            "secret": must_be.dns_label,
            "labels": must_be.our_labels(self._with.centre, inputs),
            "version": must_be.whole(1, 1_000_000_000),
            "enabled": must_be.boolean,
        }


class PostgresCredentialType(CredentialType):
    """`yunzu:postgres:Credential`. Further inputs: pool, database, access, connections."""

    replace_on = frozenset({"pool", "database", "uid", "access", "slot", "namespace", "secret"})
    user_key = "username"
    password_key = "password"  # noqa: S105 - a key of the Secret

    def check(self, inputs: Properties) -> list[CheckFailure]:
        """See ResourceType."""
        checks = {
            **self._common_checks(inputs),
            "pool": must_be.one_of(*self._with.pools),
            "database": must_be.named(f"yz_{self._with.centre}", "_", inputs),
            "access": must_be.one_of(*ACCESSES),
            "connections": must_be.whole(1, 10_000),
        }
        return must_be.check_inputs(inputs, checks, optional=self.defaults)

    def identifier(self, inputs: Properties) -> str:
        """See ResourceType."""
        return naming.database_login(inputs["database"], inputs["access"], inputs["slot"])

    def login_name(self, inputs: Properties) -> str:
        """See CredentialType."""
        return _login(inputs).name

    def binding(self, inputs: Properties, password: str) -> dict[str, str]:
        """See CredentialType."""
        address = self._with.server(inputs["pool"]).address
        return postgres_binding(address, inputs["database"], self.login_name(inputs), password)

    def works(self, inputs: Properties, password: str) -> bool:
        """See CredentialType."""
        server = self._with.server(inputs["pool"])
        return server.can_login(inputs["database"], self.login_name(inputs), password)

    def login_drift(self, inputs: Properties) -> tuple[str, ...] | None:
        """See CredentialType."""
        server = self._with.server(inputs["pool"])
        return inspect_login(server, _login(inputs), mark=self._with.mark(inputs))

    def ensure_login(self, inputs: Properties, password: str | None, intents: Intents) -> None:
        """See CredentialType."""
        server, mark = self._with.server(inputs["pool"]), self._with.mark(inputs)
        ensure_login(server, _login(inputs), mark=mark, password=password, intents=intents)

    def remove_login(self, inputs: Properties, intents: Intents) -> None:
        """See CredentialType."""
        server, mark = self._with.server(inputs["pool"]), self._with.mark(inputs)
        drop_login(server, _login(inputs), mark=mark, intents=intents)

    def public_outputs(self, inputs: Properties) -> Properties:
        """See CredentialType."""
        return {"username": self.login_name(inputs)}


class BucketCredentialType(CredentialType):
    """`yunzu:s3:Credential`. Further inputs: bucket, claim. The access key's id is no output: it is
    treated as a secret (see `yunzu.clients.objectstore`)."""

    replace_on = frozenset({"bucket", "claim", "uid", "slot", "namespace", "secret"})
    user_key = "access-key"
    password_key = "secret-key"  # noqa: S105 - a key of the Secret

    def check(self, inputs: Properties) -> list[CheckFailure]:
        """See ResourceType."""
        checks = {
            **self._common_checks(inputs),
            "bucket": must_be.named(f"yz-{self._with.centre}", "-", inputs),
            "claim": must_be.claim,
        }
        return must_be.check_inputs(inputs, checks, optional=self.defaults)

    def identifier(self, inputs: Properties) -> str:
        """See ResourceType."""
        return naming.policy(inputs["bucket"], inputs["slot"])

    def login_name(self, inputs: Properties) -> str:
        """See CredentialType."""
        return naming.access_key(self._with.identity_key, inputs["uid"], inputs["claim"], inputs["slot"])

    def binding(self, inputs: Properties, password: str) -> dict[str, str]:
        """See CredentialType."""
        address = self._with.object_store.address
        return s3_binding(address, inputs["bucket"], self.login_name(inputs), password)

    def works(self, inputs: Properties, password: str) -> bool:
        """See CredentialType."""
        return self._with.object_store.can_login(self.login_name(inputs), password, inputs["bucket"])

    def login_drift(self, inputs: Properties) -> tuple[str, ...] | None:
        """See CredentialType."""
        return self._with.object_store.inspect_user(self._user(inputs))

    def ensure_login(self, inputs: Properties, password: str | None, intents: Intents) -> None:
        """See CredentialType."""
        if self._with.object_store.bucket_facts(inputs["bucket"]) is None:
            raise NotFoundError(f"bucket {inputs['bucket']}", "does not exist", "apply the environment")
        self._with.object_store.ensure_user(self._user(inputs), secret=password, intents=intents)

    def remove_login(self, inputs: Properties, intents: Intents) -> None:
        """See CredentialType."""
        self._with.object_store.remove_user(self._user(inputs), intents=intents)

    def public_outputs(self, inputs: Properties) -> Properties:
        """See CredentialType."""
        del inputs
        return {}

    def _user(self, inputs: Properties) -> BucketUser:
        binding = naming.policy(inputs["bucket"], inputs["slot"])
        return BucketUser(inputs["bucket"], self.login_name(inputs), binding, _enabled(inputs))


def _enabled(inputs: Properties) -> bool:
    return bool(inputs.get("enabled", True))


def _login(inputs: Properties) -> Login:
    return Login(
        inputs["database"], inputs["access"], inputs["slot"], inputs["connections"], _enabled(inputs)
    )


def _name(inputs: Properties) -> str:
    return f"{inputs['namespace']}/{inputs['secret']}"
