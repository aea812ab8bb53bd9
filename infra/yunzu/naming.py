"""Every derived name of the centre, and nothing else derives one.

External names carry the centre's id and the environment's uid, never only what people chose:
a department may be renamed, and look-alike names (`dept-a`, `dept-a-2`) must not share a prefix
that any policy or listing could match.

Limits: a namespace is a DNS label (63 octets, RFC 1123); a PostgreSQL identifier has 63 bytes
(NAMEDATALEN - 1) and longer ones are cut silently; a bucket name has 3 to 63 characters.
"""

import hashlib
import hmac
import re
import secrets
from datetime import date
from uuid import UUID

IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_IDENTIFIER = 30  # department and environment: 30 + len("--") + 30 = 62
MAX_CLAIM = 24  # database and bucket: room for the prefix and the longest role suffix

LABEL_PREFIX = "yunzu.io"
LABEL_CENTRE = f"{LABEL_PREFIX}/centre"
LABEL_ENVIRONMENT_UID = f"{LABEL_PREFIX}/environment-uid"
LABEL_DEPARTMENT = f"{LABEL_PREFIX}/department"
LABEL_ENVIRONMENT = f"{LABEL_PREFIX}/environment"
LABEL_MANAGED = f"{LABEL_PREFIX}/managed"
FIELD_MANAGER = "yunzu"

EGRESS_EXCEPTIONS = "allow-exceptions"  # NetworkPolicy with the ways out that were let for a time

LOCAL_ACCOUNTS = "local-"  # begins accounts that no register lists

REQUEST_NUMBER = re.compile(r"[A-Z]{2}[0-9]{8}-[0-9]{4,9}")

_UID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def mint_centre_id() -> str:
    """A new centre's id: 8 hex digits."""
    return secrets.token_hex(4)


def mint_environment_uid() -> str:
    """A new environment's uid: `e` and 11 random characters of base32, 55 bits."""
    return "e" + "".join(secrets.choice(_UID_ALPHABET) for _ in range(11))


def environment_id(department: str, environment: str) -> str:
    """The id people use: `health/beds-prod`."""
    return f"{department}/{environment}"


def namespace(department: str, environment: str) -> str:
    """Kubernetes namespace; identifiers hold no `--`, so two pairs never derive one name."""
    return f"{department}--{environment}"


def stack(department: str, environment: str) -> str:
    """Pulumi stack, named like the namespace; holds no `_`, which the state backend takes as a wildcard."""
    return namespace(department, environment)


def labels(centre: str, uid: str, department: str, environment: str) -> dict[str, str]:
    """Labels of every Kubernetes object of an environment."""
    return {
        LABEL_CENTRE: centre,
        LABEL_ENVIRONMENT_UID: uid,
        LABEL_DEPARTMENT: department,
        LABEL_ENVIRONMENT: environment,
        LABEL_MANAGED: "true",
    }


def database(centre: str, uid: str, claim: str) -> str:
    """PostgreSQL database; also the stem of its roles. At most 49 bytes."""
    return f"yz_{centre}_{uid}_{claim.replace('-', '_')}"


def database_owner(database: str) -> str:
    """NOLOGIN role of the centre that owns database and schema; no tenant login is a member."""
    return f"{database}_centre"


def database_ddl(database: str) -> str:
    """NOLOGIN role that may create in the schema and owns the tenant's tables."""
    return f"{database}_ddl"


def database_application(database: str) -> str:
    """NOLOGIN role that may read and write rows."""
    return f"{database}_app"


def database_readonly(database: str) -> str:
    """NOLOGIN role that may read rows."""
    return f"{database}_ro"


def database_login(database: str, access: str, slot: str) -> str:
    """Login role of one credential slot: access `owner`, `app` or `ro`, slot `a` or `b`."""
    return f"{database}_{access}_{slot}"


def bucket(centre: str, uid: str, claim: str) -> str:
    """S3 bucket. At most 49 characters."""
    return f"yz-{centre}-{uid}-{claim}"


def uid_of_bucket(bucket: str) -> str:
    """The uid in the name of an environment's bucket; empty for a name that `bucket` does not make."""
    match bucket.split("-", 3):
        case ["yz", _, uid, _]:
            return uid
    return ""


def access_key(identity_key: str, uid: str, claim: str, slot: str) -> str:
    """S3 access key id of one credential slot: stable, so a retry meets its own user; unguessable,
    because a known id is enough for the attacks CVE-2026-41145 and CVE-2026-40344."""
    message = f"access-key/{uid}/{claim}/{slot}".encode()
    digest = hmac.new(bytes.fromhex(identity_key), message, hashlib.sha256).hexdigest()
    return f"{uid}{digest[:20]}"


def policy(bucket: str, slot: str) -> str:
    """Name of the S3 policy of one bucket's credential slot."""
    return f"{bucket}-{slot}"


def database_secret(claim: str) -> str:
    """Secret with a database's credentials."""
    return f"database-{claim}"


def bucket_secret(claim: str) -> str:
    """Secret with a bucket's credentials."""
    return f"bucket-{claim}"


def cluster_role(centre: str, role: str) -> str:
    """Cluster-scoped role of a centre, e.g. `yunzu:1a2b3c4d:tenant-admin`."""
    return f"yunzu:{centre}:{role}"


def person(centre: str, account: str) -> str:
    """Kubernetes user of a person's account."""
    return f"yunzu:{centre}:person:{account}"


def local_account(login: str) -> str:
    """Account of whoever acts on the centre's machine, by their login there: `local-root`."""
    plain = "-".join(re.findall("[a-z0-9]+", login.lower())) or "nobody"
    return shortened(f"{LOCAL_ACCOUNTS}{plain}")


def platform_user(centre: str) -> str:
    """Kubernetes user that the platform itself logs in as."""
    return f"yunzu:{centre}:platform"


def engine_role(centre: str) -> str:
    """PostgreSQL role that the Pulumi CLI logs in to the records database with."""
    return f"yz_{centre}_engine"


def owner_mark(centre: str, uid: str) -> str:
    """Mark of ownership on PostgreSQL roles (COMMENT) and buckets (tag)."""
    return f"yunzu:{centre}:{uid}"


def fingerprint(identity_key: str, secret: str) -> str:
    """Keyed hash of a secret: tells in state whether it changed, without telling what it is."""
    return hmac.new(bytes.fromhex(identity_key), f"secret/{secret}".encode(), hashlib.sha256).hexdigest()


def shortened(name: str) -> str:
    """An estate's name as an environment id: kept up to 30 characters, else 21, `-` and 8 hex of SHA-256."""
    if len(name) <= MAX_IDENTIFIER:
        return name
    return f"{name[:21].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def preview_namespace(centre: str) -> str:
    """The centre's own empty namespace, where objects of namespaces that do not exist yet are dry-run."""
    return f"yunzu-{centre}-preview"


def request_number(prefix: str, day: date, sequence: int) -> str:
    """办件编号 of the `sequence`-th request (from 1) of a day: `NT20261123-0007`. At most 20 characters.

    `prefix` is two capital letters of the centre's own, `day` the day of the centre's zone. GB/T 39046-2020
    gives the number 50 characters. Raises ValueError for anything that does not make such a number.
    """
    number = f"{prefix}{day:%Y%m%d}-{sequence:04d}"
    if sequence < 1 or not REQUEST_NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} is not a request number; it is like 'NT20261123-0007'")
    return number


def delivery_id(delivery: UUID) -> str:
    """A message's id in a webhook's header: the same at each attempt (Standard Webhooks, `webhook-id`)."""
    return f"msg_{delivery.hex}"


def mail_message_id(delivery: UUID) -> str:
    """Message-ID of a mail (RFC 5322 3.6.4), the same at each attempt whatever the sender's address is."""
    return f"<{delivery.hex}@{LABEL_PREFIX}>"


def feed_id(centre: str, account: str) -> str:
    """Id of a person's Atom feed for ever, a tag URI (RFC 4151)."""
    return f"tag:{LABEL_PREFIX},2026:{centre}/feed/{account}"
