"""What an S3 server is, and what follows for tenants' buckets on it."""

from yunzu.clients import objectstore_facts, server_clock
from yunzu.clients.objectstore_facts import StoreFacts
from yunzu.model.connections import ObjectStore
from yunzu.services.preflight_checks import Check, Examined, clock

AREA = "s3"
_GIB = 1024**3
_FREE_SHARE = 0.1


def examine(address: ObjectStore) -> Examined:
    """Raises UnreachableError when it does not answer, RefusedError when it does not take our keys."""
    facts = objectstore_facts.examine(address)
    offset = server_clock.told(lambda: server_clock.of_object_store(address))
    return Examined((*judged(facts), clock(AREA, offset)))


def judged(facts: StoreFacts) -> list[Check]:
    """All checks on facts, the clock apart."""
    return [
        version(facts),
        tls(facts.tls),
        rights(facts),
        vulnerabilities(facts),
        quotas(facts.enforces_quota),
        versioning(facts),
        object_lock(),
        disk(facts),
        encryption(facts.encrypts),
    ]


def version(facts: StoreFacts) -> Check:
    """What answers, as it says itself."""
    if facts.version == "unknown":
        return Check(
            AREA, "version", "amber", "unknown: these keys may not ask", "faults known of it stay unseen"
        )
    return Check(AREA, "version", "green", facts.version)


def tls(in_use: bool) -> Check:
    """Whether objects pass the network encrypted; the client always checks the certificate."""
    if in_use:
        return Check(AREA, "TLS", "green", "in use, certificate and name checked")
    consequence = "objects pass the network in the clear, and keys can be replayed"
    return Check(AREA, "TLS", "red", "not in use", consequence, "give an https:// endpoint")


def rights(facts: StoreFacts) -> Check:
    """Whether these keys may list buckets and administer users."""
    if facts.administration is not None:
        consequence = "users of buckets cannot be made"
        fact = f"buckets can be listed; administration is {facts.administration.fact}"
        return Check(AREA, "rights", "red", fact, consequence, "give the administrator's keys")
    return Check(AREA, "rights", "green", f"{facts.buckets} buckets are seen, administration answers")


def vulnerabilities(facts: StoreFacts) -> Check:
    """MinIO's public source has no release with the mends, whatever version it says."""
    if facts.driver != "minio":
        return Check(AREA, "known faults", "green", "none known of this driver")
    return Check(
        AREA,
        "known faults",
        "amber",
        "CVE-2026-41145, CVE-2026-40344: public MinIO writes for whoever knows an access key id",
        "an access key id is as secret as its key; ours cannot be guessed",
        "keep it off the internet; run a fork with both mended, or versitygw",
    )


def quotas(enforced: bool) -> Check:
    """Who stops a bucket that is too big."""
    if enforced:
        return Check(AREA, "quotas", "green", "enforced by the server, as of its last scan")
    consequence = "a tenant can fill the disk; use beyond the plan is only reported"
    return Check(AREA, "quotas", "amber", "not enforced by this server", consequence, "watch its disk")


def versioning(facts: StoreFacts) -> Check:
    """Only a bucket shows it, and preflight makes none."""
    if facts.versioned is None:
        consequence = "overwritten objects could not be brought back"
        return Check(AREA, "versioning", "amber", "unknown: there is no bucket to look at", consequence, "")
    return Check(AREA, "versioning", "green", f"understood; on in {facts.versioned} of the buckets looked at")


def object_lock() -> Check:
    """A lock is decided when a bucket is made, so only making one would show it."""
    consequence = "archives that nobody may delete are promised only after a test"
    return Check(
        AREA,
        "object lock",
        "amber",
        "unknown without making a bucket",
        consequence,
        "see the server's manual",
    )


def disk(facts: StoreFacts) -> Check:
    """Space left on the server's drives."""
    if facts.free_bytes is None or not facts.total_bytes:
        consequence = "a full disk stops every tenant's writes"
        return Check(
            AREA, "disk", "amber", "unknown: the server does not tell", consequence, "ask its operator"
        )
    fact = f"{facts.free_bytes / _GIB:.0f} of {facts.total_bytes / _GIB:.0f} GiB free"
    if facts.free_bytes < facts.total_bytes * _FREE_SHARE:
        return Check(AREA, "disk", "amber", fact, "a full disk stops every tenant's writes", "add drives")
    return Check(AREA, "disk", "green", fact)


def encryption(encrypts: bool | None) -> Check:
    """Whether objects are encrypted on the drives."""
    if encrypts:
        return Check(AREA, "encryption at rest", "green", "the server has a key service")
    fact = "unknown: the server does not tell" if encrypts is None else "the server has no key service"
    consequence = "a stolen drive that is not encrypted itself tells everything"
    return Check(
        AREA, "encryption at rest", "amber", fact, consequence, "encrypt its drives, or give it a key service"
    )
