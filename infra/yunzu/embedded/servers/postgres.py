"""PostgreSQL: one server for the centre's records, one for each pool of tenants' databases.

They share nothing but the binary: a tenant that fills a disk or takes every connection stops
neither the audit nor another pool.
"""

import shutil
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from yunzu.embedded import asking, keys, processes
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import MARK, PostgresBinaries, ServerProgram, Site
from yunzu.errors import YunzuError
from yunzu.model.connections import Postgres, host_and_port

RECORDS = "records"
POOLS = ("tenants-1",)
ADMIN = "yunzu"
RECORDS_DATABASE = "records"
_INITDB_SECONDS = 120


def leaves(site: Site, name: str) -> list[Leaf]:
    return [Leaf(f"{name}-server", "services", f"postgresql {name}", hosts=(site.address,), purpose="server")]


def server(site: Site, name: str, database: str = "postgres") -> Postgres:
    """An administrator's login to the server."""
    tls = site.postgresql.tls
    return Postgres(
        host=site.address,
        port=site.ports[name],
        user=ADMIN,
        password=SecretStr(keys.password(site.home, name)),
        database=database,
        ca=site.pki.authority("services").certificate if tls else None,
        sslmode="verify-full" if tls else "disable",
    )


def program(site: Site, name: str) -> ServerProgram:
    tls = site.postgresql.tls
    pair = site.pki.pair(f"{name}-server")
    settings, access = site.home.config / f"{name}.conf", site.home.config / f"{name}.hba.conf"
    return ServerProgram(
        name=name,
        command=(
            *site.postgresql.runner.words,
            str(site.postgresql.bindir / "postgres"),
            "-D",
            str(data(site, name)),
            "-c",
            f"config_file={settings}",
        ),
        version=site.postgresql.version,
        address=host_and_port(site.address, site.ports[name]),
        probe=partial(_log_in, site, name),
        files={settings: _settings(site, name, access), access: _access(tls=tls)},
        inputs=(pair.certificate,) if tls else (),
        certificate=pair.certificate if tls else None,
        stop_signal="INT",  # fast shutdown: sessions are ended, nothing is lost
        stop_seconds=15,
        tls=tls,
        prepare=partial(initialise, site, name),
        settle=partial(settle, site, name),
    )


def data(site: Site, name: str) -> Path:
    return site.home.data / name


def data_directories(site: Site) -> list[str]:
    """Names of this home's servers that have data."""
    return [name for name in (RECORDS, *POOLS) if data(site, name).exists()]


def initialise(site: Site, name: str) -> bool:
    """Make the server's data directory if there is none, whole or not at all; whether it was made."""
    target, unfinished = data(site, name), site.home.data / f"{name}.new"
    if target.exists():
        _check_version(site, name)
        site.postgresql.runner.give(target)
        return False
    shutil.rmtree(unfinished, ignore_errors=True)
    keys.password(site.home, name)
    command = (
        *site.postgresql.runner.words,
        str(site.postgresql.bindir / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={ADMIN}",
        f"--pwfile={keys.password_file(site.home, name)}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--data-checksums",
        *_collation(site.postgresql),
    )
    mark = {MARK: str(site.home.root)}
    processes.run(f"initdb of {name}", command, environment=mark, timeout=_INITDB_SECONDS)
    unfinished.rename(target)
    return True


def _check_version(site: Site, name: str) -> None:
    """Data of one major version cannot be opened by another."""
    written = (data(site, name) / "PG_VERSION").read_text().strip()
    if written != str(site.postgresql.major):
        raise YunzuError(
            name,
            f"its data were written by PostgreSQL {written}, and {site.postgresql.version} was found",
            f"put PostgreSQL {written} into YUNZU_BIN_DIR, or move the data with pg_upgrade",
        )


def forget_dead_postmaster(site: Site, name: str) -> None:
    """Remove the lock file of a server that is gone. Call only when no server of this home runs:
    the recorded pid may by now be another process, which PostgreSQL cannot tell from its own."""
    (data(site, name) / "postmaster.pid").unlink(missing_ok=True)


def settle(site: Site, name: str) -> None:
    """Put the running server's databases in order. Idempotent. Raises YunzuError."""
    import psycopg
    from psycopg import sql

    wanted = server(site, name)
    revoke = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC")
    exists = "SELECT 1 FROM pg_database WHERE datname = %s"
    try:
        with psycopg.connect(**asking.login(wanted), connect_timeout=5, autocommit=True) as connection:
            for database in ("postgres", "template1"):  # every login could enter them otherwise
                connection.execute(revoke.format(sql.Identifier(database)))
            if name == RECORDS:
                found = connection.execute(exists, [RECORDS_DATABASE]).fetchone()
                identifier = sql.Identifier(RECORDS_DATABASE)
                if not found:
                    connection.execute(sql.SQL("CREATE DATABASE {} STRATEGY wal_log").format(identifier))
                connection.execute(revoke.format(identifier))
    except psycopg.Error as error:
        raise YunzuError(name, f"could not be prepared ({type(error).__name__})", "see yunzu logs") from error


def _log_in(site: Site, name: str) -> None:
    asking.log_in(name, server(site, name))


def _collation(binaries: PostgresBinaries) -> tuple[str, ...]:
    """The root collation of Unicode, the same on every machine; the wheel has none, hence code points."""
    if binaries.tls:
        return ("--locale-provider=icu", "--icu-locale=und", "--locale=C.UTF-8")
    return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


def _access(*, tls: bool) -> str:
    kind = "hostssl" if tls else "host"
    networks = (f"{kind} all all {network} scram-sha-256\n" for network in ("0.0.0.0/0", "::/0"))
    return "local all all scram-sha-256\n" + "".join(networks)


def _settings(site: Site, name: str, access: Path) -> str:
    pair = site.pki.pair(f"{name}-server")
    values: dict[str, str] = {
        "listen_addresses": site.address,
        "port": str(site.ports[name]),
        "unix_socket_directories": str(site.home.sockets(site.centre)),
        "unix_socket_permissions": "0700",
        "hba_file": str(access),
        "max_connections": "400",
        "superuser_reserved_connections": "10",
        "shared_buffers": "64MB",
        "max_wal_size": "512MB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u@%d ",
        # A failing ALTER ROLE … PASSWORD would otherwise be written to the log word for word.
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_parameter_max_length_on_error": "0",
        "jit": "off",
    }
    if site.postgresql.tls:
        values |= {
            "ssl": "on",
            "ssl_cert_file": str(pair.certificate),
            "ssl_key_file": str(pair.key),
            "ssl_min_protocol_version": "TLSv1.2",
        }
    quoted = {key: value.replace("'", "''") for key, value in values.items()}
    return "".join(f"{key} = '{value}'\n" for key, value in quoted.items())
