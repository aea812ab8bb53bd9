"""A real PostgreSQL for the tests of the client and the provider, in a directory of its own.

It is the one that a centre would take: with TLS where the system has a PostgreSQL, the wheel's without
TLS where it has none.
"""

import itertools
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from yunzu.embedded.postgres_installation import PostgresInstallation, find_postgres
from yunzu.embedded.unprivileged import find_runner
from yunzu.model.connections import Postgres
from yunzu.settings import Settings

ADMIN_PASSWORD = "admin-of-the-test-server"  # loopback, for the minutes of a test run


def free_port() -> int:
    """A loopback port nobody listens on now, and that no other process of this test run is given.

    Several processes test at once: each has a part of the ports below those that the system gives out.
    """
    part = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for number in _numbers:
        port = 10_000 + 500 * part + number % 500
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable: the numbers do not end")


_numbers = itertools.count(random.randrange(500))  # noqa: S311 - other runs begin elsewhere


def certificate(directory: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yunzu tests")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "public.crt", directory / "private.key"
    certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    key_file.chmod(0o600)
    return certificate_file, key_file


def installation() -> PostgresInstallation:
    """PostgreSQL's programs, where the product finds them too; every suite takes them from here."""
    return find_postgres(Settings())


@contextmanager
def running_postgres(environment: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """The server while the context lasts; its log, with every statement in it, is `log_of(address)`.

    `environment`: variables of the server besides ours.
    """
    with TemporaryDirectory(prefix="yz-postgres-") as name:
        directory, port = Path(name), free_port()
        with _served(directory, installation(), port, environment or {}) as address:
            _logs[port] = directory / "server.log"
            yield address


def log_of(address: Postgres) -> Path:
    """The log of a server of ours."""
    return _logs[address.port]


_logs: dict[int, Path] = {}


@contextmanager
def _served(
    directory: Path, found: PostgresInstallation, port: int, environment: Mapping[str, str]
) -> Iterator[Postgres]:
    data, log, words = directory / "data", directory / "server.log", find_runner().words
    password_file = directory / "password"
    password_file.write_text(ADMIN_PASSWORD)
    if found.tls:
        certificate(directory)
    command: list[str | Path] = [*words, found.program("initdb"), "-D", data, "-U", "centre"]
    command += ["--auth=scram-sha-256", "--no-sync", f"--pwfile={password_file}", "-E", "UTF8", "--locale=C"]
    subprocess.run(command, check=True, capture_output=True)
    door = "hostssl" if found.tls else "host"
    (data / "pg_hba.conf").write_text(f"{door} all all 127.0.0.1/32 scram-sha-256\n")
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in _settings(directory, found, port).items())
    with log.open("ab") as output:
        command = [*words, found.program("postgres"), "-D", data]
        server = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
    address = Postgres(
        host="127.0.0.1",
        port=port,
        user="centre",
        password=SecretStr(ADMIN_PASSWORD),
        ca=directory / "public.crt" if found.tls else None,
        sslmode="verify-full" if found.tls else "disable",
    )
    try:
        _await(server, address, log)
        yield address
    finally:
        server.send_signal(2)  # fast shutdown
        server.wait(30)


def _settings(directory: Path, found: PostgresInstallation, port: int) -> dict[str, object]:
    settings: dict[str, object] = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
        "log_statement": "all", "log_min_duration_statement": 0, "log_connections": "on",
        "shared_buffers": "32MB",
    }  # fmt: skip
    if not found.tls:
        return settings
    return settings | {
        "ssl": "on",
        "ssl_cert_file": directory / "public.crt",
        "ssl_key_file": directory / "private.key",
    }


def _await(server: subprocess.Popen[bytes], address: Postgres, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            administrator(address).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return


def administrator(address: Postgres, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
    """A superuser's own connection, for changing things behind the client's back."""
    return login(address, address.user, address.password.get_secret_value(), database)


def login(address: Postgres, user: str, password: str, database: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection exactly as a tenant's client makes it."""
    mode = "verify-full" if address.ca else "disable"
    tls: dict[str, Any] = {"sslmode": mode, **({"sslrootcert": str(address.ca)} if address.ca else {})}
    return psycopg.connect(
        host=address.host,
        port=address.port,
        user=user,
        password=password,
        dbname=database,
        autocommit=True,
        **tls,
    )
