"""A second centre on the first one's servers, as another office's operator would have it.

Its administrators are ordinary: one may make roles and databases, one owns the records' database, and
its cluster login holds what `yunzu preflight` asks for and nothing else.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from pydantic import SecretStr

from tests.support.centre import quiet, temporary_home, tls_of
from yunzu import naming
from yunzu.clients.kubernetes import Client, Object
from yunzu.components import cluster_roles
from yunzu.embedded import asking, bootstrap
from yunzu.embedded.pki import Leaf, Pki
from yunzu.errors import NotFoundError
from yunzu.model.connections import Connections, Postgres
from yunzu.services import preflight_rights, preparing
from yunzu.settings import Settings

PASSWORD = "p/w@:%?#& +1'\"\\"  # what URLs and SQL each take for something else
POOL = "tenants-1"


@dataclass(frozen=True)
class Neighbour:
    """The second centre's settings. `word` is in the names of all it was given on the host's servers."""

    host: Connections
    settings: Settings
    word: str

    @property
    def login(self) -> str:
        """The name in its cluster login's certificate."""
        return f"office:{self.word}"

    def start(self) -> Connections:
        """Start what is embedded; nothing is prepared on the cluster."""
        return bootstrap.up(self.settings, progress=quiet)

    def prepare(self) -> list[str]:
        """The rest of `yunzu up`."""
        return preparing.prepare(bootstrap.connections(self.settings), bootstrap.administrator(self.settings))

    def grant(self) -> None:
        """What the cluster's administrator applies after reading `yunzu preflight`."""
        with closing(self._administrator()) as client:
            for wanted in self._granted():
                client.apply(wanted, field_manager="administrator")

    def take_away(self) -> None:
        """Leave the host's servers as they were."""
        centre = bootstrap.recalled(self.settings).centre
        with closing(self._administrator()) as client:
            for one in [*self._granted(), *cluster_roles.shared(centre)]:
                try:
                    client.delete(one["apiVersion"], one["kind"], one["metadata"]["name"])
                except NotFoundError:
                    continue
        with session(self.host.records) as connection:
            _drop(connection, f"records {self.word}", [naming.engine_role(centre), self.word + "@"])
        with session(self.host.pools[POOL]) as connection:
            _drop(connection, None, [self.word + "@"])

    def _administrator(self) -> Client:
        return Client(bootstrap.administrator(Settings(home=self.host.home)))

    def _granted(self) -> list[Object]:
        centre = bootstrap.recalled(self.settings).centre
        roles = [one for one in cluster_roles.shared(centre) if one["kind"] == "ClusterRole"]
        return [*roles, *preflight_rights.granting(centre, self.login)]


@contextmanager
def neighbour(host: Connections) -> Iterator[Neighbour]:
    """A second centre of which nothing runs and nothing is prepared; what it made is taken away."""
    word = f"n{secrets.token_hex(4)}"
    role, records = sql.Identifier(word + "@"), sql.Identifier(f"records {word}")
    with session(host.records) as connection:
        _create(connection, role, "CREATEROLE")
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(records, role))
    with session(host.pools[POOL]) as connection:
        _create(connection, role, "CREATEROLE CREATEDB")
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(role))
    with temporary_home() as home:
        made = Neighbour(host, _settings(host, home, word), word)
        try:
            yield made
        finally:
            made.take_away()


@contextmanager
def session(server: Postgres) -> Iterator[psycopg.Connection[Any]]:
    """An administrator's session on the server's own database."""
    address = server.model_copy(update={"database": "postgres"})
    with psycopg.connect(**asking.login(address), autocommit=True) as connection:
        yield connection


def url(server: Postgres, word: str, database: str) -> SecretStr:
    """As an operator writes it; `sslmode` is left to its default, which checks name and certificate."""
    user, password = quote(word + "@", safe=""), quote(PASSWORD, safe="")
    place = f"{server.host}:{server.port}/{quote(database)}"
    trust = f"sslrootcert={quote(str(server.ca))}" if server.ca else tls_of(server)
    return SecretStr(f"postgresql://{user}:{password}@{place}?{trust}")


def _settings(host: Connections, home: Path, word: str) -> Settings:
    store = host.object_store
    return Settings(
        home=home,
        kubeconfig=_kubeconfig(host.home, home / "city.kubeconfig", f"office:{word}"),
        records_url=url(host.records, word, f"records {word}"),
        database_url=url(host.pools[POOL], word, "postgres"),
        s3_endpoint=store.endpoint,
        s3_access_key=store.access_key,
        s3_secret_key=store.secret_key,
        s3_ca=store.ca,
    )


def _kubeconfig(host: Path, target: Path, user: str) -> Path:
    """A login of that name, in no group, signed by the host's authority for clients."""
    own = Pki(target.parent / "login")
    shutil.copytree(host / "pki", own.pair("x").certificate.parent, ignore=_not_clients_authority)
    own.ensure(Leaf("city", "clients", user))
    text = (host / "pki" / "admin.kubeconfig").read_text()
    for end in ("crt", "key"):
        text = text.replace(str(host / "pki" / f"admin.{end}"), str(target.parent / "login" / f"city.{end}"))
    target.write_text(text)
    return target


def _not_clients_authority(_: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith("clients-ca.")]


def _create(connection: psycopg.Connection[Any], role: sql.Identifier, attributes: str) -> None:
    statement = sql.SQL("CREATE ROLE {} LOGIN " + attributes + " PASSWORD {}")
    connection.execute(statement.format(role, sql.Literal(PASSWORD)))


def _drop(connection: psycopg.Connection[Any], database: str | None, roles: list[str]) -> None:
    if database:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(database)))
    for role in roles:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if found:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
