"""Embedded centres for tests: one shared by the whole run, and private ones in their own homes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import SecretStr

from yunzu.embedded import bootstrap
from yunzu.model.connections import Postgres
from yunzu.services.requests import opening
from yunzu.services.requests.office import office_of
from yunzu.settings import Settings
from yunzu_stacks.centre import records_of

_NOWHERE = "postgresql://nobody:nothing@127.0.0.1:9/none?sslmode=require"


def quiet(step: str, state: str, detail: str = "") -> None:
    """A progress callback that says nothing."""


def only_databases(home: Path) -> Settings:
    """Of a centre whose cluster and S3 server are given, and do not answer: its PostgreSQL servers start."""
    (home / "given.kubeconfig").touch()
    key = SecretStr("of-a-server-that-is-not-there")
    return Settings(
        home=home,
        kubeconfig=home / "given.kubeconfig",
        s3_endpoint="https://127.0.0.1:9",
        s3_access_key=key,
        s3_secret_key=key,
    )


def only_s3(home: Path, driver: Literal["minio", "versitygw"]) -> Settings:
    """Of a centre whose cluster and PostgreSQL servers are given, and do not answer: its S3 server starts."""
    (home / "given.kubeconfig").touch()
    nowhere = SecretStr(_NOWHERE)
    return Settings(
        home=home,
        kubeconfig=home / "given.kubeconfig",
        database_url=nowhere,
        records_url=nowhere,
        s3_driver=driver,
    )


def only_cluster(home: Path) -> Settings:
    """Of a centre whose PostgreSQL and S3 servers are given, and do not answer: its cluster starts."""
    nowhere, key = SecretStr(_NOWHERE), SecretStr("of-a-server-that-is-not-there")
    return Settings(
        home=home,
        database_url=nowhere,
        records_url=nowhere,
        s3_endpoint="https://127.0.0.1:9",
        s3_access_key=key,
        s3_secret_key=key,
        nodes="none",
    )


def tls_of(server: Postgres) -> str:
    """The parameters of a URL with which a client trusts that server; the wheel's has no TLS."""
    return f"sslmode=verify-full&sslrootcert={quote(str(server.ca))}" if server.ca else "sslmode=disable"


def open_office(settings: Settings) -> None:
    """As `yunzu up` does: a new centre takes what its files say."""
    with records_of(settings) as records:
        opening.adopt(settings, office_of(settings, records))


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A private home with a short path; whatever still runs in it is ended, and it is removed."""
    home = Path(tempfile.mkdtemp(prefix="yz-test-"))
    try:
        yield home
    finally:
        bootstrap.down(Settings(home=home), progress=quiet)
        shutil.rmtree(home)


@contextmanager
def shared_home() -> Iterator[Path]:
    """The home named by YUNZU_TEST_HOME, left running; else a temporary one."""
    given = os.environ.get("YUNZU_TEST_HOME")
    if given:
        yield Path(given)
        return
    with temporary_home() as home:
        yield home
