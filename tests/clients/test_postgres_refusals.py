"""Refused or not reachable: told apart in every language that a server may speak (`lc_messages`)."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from tests.support.postgres import administrator, login, running_postgres
from tests.support.postgres_tenants import PASSWORD, Tenant
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_refusals import answer, is_about
from yunzu.clients.postgres_tenant import TenantLogin
from yunzu.errors import RefusedError, UnreachableError
from yunzu.model.connections import Postgres

BEFORE = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
# As PostgreSQL 15's own catalogues have them.
REFUSALS = [
    'FATAL:  permission denied for database "yz_a_b"\nDETAIL:  User does not have CONNECT privilege.',
    '致命错误:  访问数据库"yz_a_b"的权限不够\n详细信息:  用户没有CONNECT权限.',
    'ВАЖНО:  доступ к базе "yz_a_b" запрещён\nПОДРОБНОСТИ:  Пользователь не имеет привилегии CONNECT.',
    "FATAL:  Passwort-Authentifizierung für Benutzer »yz_a_b_owner_a« fehlgeschlagen",
    "FATAL:  la autentificación password falló para el usuario «yz_a_b_owner_a»",
    "FATAL:  authentification par mot de passe échouée pour l'utilisateur  « yz_a_b_owner_a »",
    "ფატალური:  როლს შესვლის უფლება არ აქვს: yz_a_b_owner_a",
    '치명적오류:  "yz_a_b" 데이터베이스는 현재 접속을 허용하지 않습니다',
    '致命的エラー:  ロール"yz_a_b_owner_a"はログインが許可されません',
]
NO_REFUSALS = [
    "FATAL:  the database system is starting up",
    "致命错误:  数据库系统启动中",
    "ВАЖНО:  система баз данных останавливается",
    "FATAL:  sorry, too many clients already",
    'FATAL:  too many connections for role "yz_a_b_owner_a"',
    'FATAL:  permission denied for database "yz_a_b_c"',
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
    "server closed the connection unexpectedly",
    "SSL error: certificate verify failed",
]


def is_refused(text: str) -> bool:
    return is_about(psycopg.OperationalError(BEFORE + text), "yz_a_b_owner_a", "yz_a_b")


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_names_whom_it_refuses(text: str) -> None:
    assert is_refused(text)
    assert answer(psycopg.OperationalError(BEFORE + text)) == text.partition(":  ")[2].partition("\n")[0]


@pytest.mark.parametrize("text", NO_REFUSALS)
def test_who_cannot_be_asked_now_refuses_nobody(text: str) -> None:
    assert not is_refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "FATAL:  the database system is starting up",
        "FATAL:  das Datenbanksystem startet",
        "ВАЖНО:  система баз данных останавливается",
    ],
)
def test_a_login_that_is_called_like_a_word_of_the_answer_is_not_its_subject(text: str) -> None:
    error = psycopg.OperationalError(BEFORE + text)
    assert not is_about(error, "system", "database", "Datenbanksystem", "система", "s")


def _tenant_and_neighbour(server: Server) -> tuple[TenantLogin, Tenant]:
    """The login of one, which works, and the other."""
    tenant, other = Tenant(server), Tenant(server)
    for one in (tenant, other):
        one.ensure("owner")
    mine = TenantLogin(server.address, tenant.name, tenant.login().name, PASSWORD)
    assert mine.log_in()
    return mine, other


def test_a_real_server_is_understood(server: Server) -> None:
    mine, other = _tenant_and_neighbour(server)
    with pytest.raises(RefusedError, match="permission denied for database"), mine.session(other.name):
        pass
    stranger = TenantLogin(mine.address, mine.database, mine.user, "another-password")
    with pytest.raises(RefusedError, match="authentication failed"):
        stranger.log_in()
    nowhere = TenantLogin(mine.address.model_copy(update={"port": 1}), mine.database, mine.user, "x")
    with pytest.raises(UnreachableError):
        nowhere.log_in()


@pytest.fixture(scope="module", params=["zh_CN", "ru_RU"])
def foreign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose lc_messages is in another language, in a locale made for it."""
    localedef, locales = shutil.which("localedef"), tmp_path_factory.mktemp("locales")
    if localedef is None:
        pytest.skip("no localedef: a locale for the server's messages cannot be made")
    name = f"{request.param}.UTF-8"
    made = subprocess.run(
        [localedef, "-i", request.param, "-f", "UTF-8", str(locales / name)], capture_output=True, check=False
    )
    if made.returncode > 1:  # 1: warnings only
        pytest.skip(f"localedef has no source of {name}")
    with running_postgres({"LOCPATH": str(locales)}) as address, administrator(address) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET lc_messages = {}").format(sql.Literal(name)))
        connection.execute("SELECT pg_reload_conf()")
        if not _speaks(address, name):
            pytest.skip(f"this PostgreSQL has no messages in {name}")
        with Server(address) as server:
            yield server


def _speaks(address: Postgres, locale: str) -> bool:
    """Whether new sessions are answered in that locale's language: settings are read again a moment later."""
    for _ in range(100):
        with administrator(address) as connection:
            if connection.execute("SHOW lc_messages").fetchone() == (locale,):
                break
        time.sleep(0.05)
    with pytest.raises(psycopg.OperationalError) as raised:
        login(address, "nobody", "wrong", "postgres")
    return "FATAL:" not in str(raised.value)


def test_a_server_of_another_language_is_understood(foreign: Server) -> None:
    mine, other = _tenant_and_neighbour(foreign)
    with pytest.raises(RefusedError, match=other.name), mine.session(other.name):
        pass
    with pytest.raises(RefusedError, match=mine.user):
        TenantLogin(foreign.address, mine.database, mine.user, "another-password").log_in()
    mistaken = foreign.address.model_copy(update={"password": SecretStr("another-password")})
    with (
        Server(mistaken) as server,
        pytest.raises(RefusedError, match="correct the administrator's password"),
    ):
        server.check_usable()


def test_a_wrong_password_is_known_in_another_language_though_the_login_is_full(foreign: Server) -> None:
    tenant = Tenant(foreign)
    tenant.ensure("owner")
    user = tenant.login().name
    held = [tenant.connect() for _ in range(tenant.login().connections)]
    try:
        assert foreign.can_login(tenant.name, user, PASSWORD)
        assert not foreign.can_login(tenant.name, user, "another-" + PASSWORD)
    finally:
        for connection in held:
            connection.close()


def test_a_full_server_says_nothing_of_a_password() -> None:
    """Who takes its refusal for a wrong password would make everybody new ones."""
    with running_postgres() as address, Server(address) as server:
        tenant = Tenant(server)
        tenant.ensure("owner")
        user = tenant.login().name
        with _full(address):
            with pytest.raises(UnreachableError, match="reserved"):
                server.can_login(tenant.name, user, PASSWORD)
            assert not server.can_login(tenant.name, user, "another-" + PASSWORD)
        assert server.can_login(tenant.name, user, PASSWORD)


@contextmanager
def _full(address: Postgres) -> Iterator[None]:
    """Nobody but a superuser gets in meanwhile: `crowd` has all other connections."""
    crowd: list[psycopg.Connection[Any]] = []
    with administrator(address) as connection:
        connection.execute(sql.SQL("CREATE ROLE crowd LOGIN PASSWORD {}").format(PASSWORD))
        _await_none(connection, "datname LIKE 'yz%'")  # one that ends late would leave room
        try:
            with pytest.raises(psycopg.OperationalError, match=r"connection slots|too many clients"):
                crowd.extend(login(address, "crowd", PASSWORD, "postgres") for _ in range(1000))
            yield
        finally:
            for each in crowd:
                each.close()
            _await_none(connection, "usename = 'crowd'")


def _await_none(connection: psycopg.Connection[Any], which: LiteralString) -> None:
    while connection.execute(f"SELECT FROM pg_stat_activity WHERE {which}").fetchone() is not None:
        time.sleep(0.05)
