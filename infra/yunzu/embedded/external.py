"""Servers that the operator already has: from settings to connections."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from yunzu.errors import InvalidInputError, UsageError
from yunzu.findings import Finding
from yunzu.model.connections import Cluster, ObjectStore, Postgres
from yunzu.model.text import shown
from yunzu.settings import Settings

_FORM = "write postgresql://user:password@host:port/database"
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def postgres(setting: str, url: SecretStr) -> Postgres:
    """From `postgresql://user:password@host:port/database?sslmode=…&sslrootcert=…`.

    Without `sslmode` the certificate and its name are checked. Raises UsageError, also for any other
    parameter: one dropped in silence would not do what its author thinks. No error repeats the URL,
    which holds a password.
    """
    try:
        parts = urlsplit(url.get_secret_value())
        port = parts.port or 5432
    except ValueError:
        raise UsageError(setting, "is not a URL", _FORM) from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname or not parts.username:
        raise UsageError(setting, "is not complete", _FORM)
    query = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(query.keys() - {"sslmode", "sslrootcert"}):
        raise UsageError(
            setting, f"has the parameter {shown(unknown[0])}", "only sslmode and sslrootcert are heeded"
        )
    mode = query.get("sslmode", ["verify-full"])[0]
    if mode not in _SSLMODES:
        raise UsageError(setting, "has an sslmode that is none", f"use one of {', '.join(_SSLMODES)}")
    root = query.get("sslrootcert", [""])[0]
    authority = _authority(setting, Path(root)) if root else None
    return Postgres(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        password=SecretStr(unquote(parts.password or "")),
        database=unquote(parts.path.lstrip("/")) or "postgres",
        ca=authority,
        sslmode=mode,
        external=True,
    )


def object_store(settings: Settings) -> ObjectStore:
    """Raises UsageError when its administrator's keys are missing, or its address is none."""
    if not settings.s3_endpoint or not settings.s3_access_key or not settings.s3_secret_key:
        raise UsageError(
            "s3_endpoint", "needs its administrator's keys", "set YUNZU_S3_ACCESS_KEY and YUNZU_S3_SECRET_KEY"
        )
    return ObjectStore(
        driver=settings.s3_driver,
        endpoint=_endpoint(settings.s3_endpoint),
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        ca=_authority("s3_ca", settings.s3_ca) if settings.s3_ca else None,
        external=True,
    )


def _endpoint(text: str) -> str:
    """`https://host:port`, without a path: buckets follow it."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme == "https" and parts.hostname and (parts.port or 443)
    except ValueError:
        sound = False
    else:
        sound = sound and parts.path in {"", "/"} and not (parts.query or parts.username)
    if not sound:
        raise UsageError("s3_endpoint", f"{shown(text)} is no address with TLS", "write https://host:port")
    return f"https://{parts.netloc}"


def _authority(setting: str, path: Path) -> Path:
    if not path.is_file():
        raise UsageError(setting, f"the CA certificate {path} is not a file", "give an existing one")
    return path.absolute()


def check(settings: Settings) -> None:
    """Raise UsageError where what is said of a given server cannot be meant, InvalidInputError where it is
    several times so. Asks no server."""
    wanted: list[Callable[[], object]] = []
    if settings.kubeconfig is not None:
        wanted.append(partial(cluster, settings))
    for setting, url in (("database_url", settings.database_url), ("records_url", settings.records_url)):
        if url:
            wanted.append(partial(postgres, setting, url))
    if settings.s3_endpoint is not None:
        wanted.append(partial(object_store, settings))
    faults = []
    for connection in wanted:
        try:
            connection()
        except UsageError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        said = [Finding(one.subject, "", "setting", f"{one.fact}; {one.advice}") for one in faults]
        raise InvalidInputError("given servers", said)


def cluster(settings: Settings) -> Cluster:
    """Raises UsageError when the kubeconfig is not there."""
    path = settings.kubeconfig
    if path is None or not path.is_file():
        raise UsageError("kubeconfig", f"{path} is not a file", "set YUNZU_KUBECONFIG to an existing one")
    return Cluster(kubeconfig=path.absolute(), context=settings.kubecontext, external=True)
