"""A real PostgreSQL with TLS for the tests of the client and the provider, in a directory of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

from yunzu.model.connections import Postgres

ADMIN_PASSWORD = "admin-of-the-test-server"  # loopback, for the minutes of a test run


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def binaries() -> Path | None:
    """Directory of the newest PostgreSQL server of the system."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


@contextmanager
def running_postgres(bin_dir: Path, *, tls: bool = True) -> Iterator[Postgres]:
    """The server while the context lasts; its log, with every statement in it, is `log_of(address)`.

    Its directory is not one of pytest's: those of a run as root are closed to the user `postgres`.
    """
    with (
        TemporaryDirectory(prefix="yz-postgres-") as directory,
        _served(Path(directory), bin_dir, tls) as address,
    ):
        yield address


def log_of(address: Postgres) -> Path:
    """The log of a server that has TLS."""
    assert address.ca is not None
    return address.ca.parent / "server.log"


@contextmanager
def _served(directory: Path, bin_dir: Path, tls: bool) -> Iterator[Postgres]:
    data, log, port = directory / "data", directory / "server.log", free_port()
    password_file = directory / "password"
    password_file.write_text(ADMIN_PASSWORD)
    if tls:
        certificate(directory)
    log.touch()
    as_owner = _drop_rights(directory)
    command: list[str | Path] = [
        bin_dir / "initdb",
        "-D",
        data,
        "-U",
        "centre",
        "--auth=scram-sha-256",
        "--no-sync",
    ]
    command += [f"--pwfile={password_file}", "-E", "UTF8", "--locale=C"]
    subprocess.run(command, check=True, capture_output=True, **as_owner)
    (data / "pg_hba.conf").write_text(f"{'hostssl' if tls else 'host'} all all 127.0.0.1/32 scram-sha-256\n")
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
        "log_statement": "all", "log_min_duration_statement": 0, "log_connections": "on", 
        "shared_buffers": "32MB",
    }  # fmt: skip
    if tls:
        settings |= {
            "ssl": "on",
            "ssl_cert_file": directory / "public.crt",
            "ssl_key_file": directory / "private.key",
        }
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    with log.open("ab") as output:
        server = subprocess.Popen(
            [bin_dir / "postgres", "-D", data], stdout=output, stderr=output, **as_owner
        )
    address = Postgres(
        host="127.0.0.1",
        port=port,
        user="centre",
        password=SecretStr(ADMIN_PASSWORD),
        ca=directory / "public.crt" if tls else None,
    )
    try:
        _await(server, address, log)
        yield address
    finally:
        server.send_signal(2)  # fast shutdown
        server.wait(30)


def _drop_rights(directory: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: give the directory to the system's `postgres` and run as that."""
    if os.geteuid() != 0:
        return {}
    for path in (directory, *directory.rglob("*")):
        shutil.chown(path, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": directory}


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
