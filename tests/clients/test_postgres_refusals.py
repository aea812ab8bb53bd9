"""Refused or not reachable: told apart in every language that a server may speak (`lc_messages`)."""

import psycopg
import pytest

from tests.support.postgres_tenants import PASSWORD, Tenant
from yunzu.clients.postgres import Server
from yunzu.clients.postgres_refusals import answer, is_about
from yunzu.clients.postgres_tenant import TenantLogin
from yunzu.errors import RefusedError, UnreachableError

BEFORE = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
# As PostgreSQL 15's own catalogues have them.
REFUSALS = [
    'FATAL:  permission denied for database "yz_a_b"\nDETAIL:  User does not have CONNECT privilege.',
    '致命错误:  访问数据库"yz_a_b"的权限不够\n详细信息:  用户没有CONNECT权限.',
    'ВАЖНО:  доступ к базе "yz_a_b" запрещён\nПОДРОБНОСТИ:  Пользователь не имеет привилегии CONNECT.',
    "FATAL:  Passwort-Authentifizierung für Benutzer »yz_a_b_owner_a« fehlgeschlagen",
    '致命的エラー:  ロール"yz_a_b_owner_a"はログインが許可されません',
]
NO_REFUSALS = [
    "FATAL:  the database system is starting up",
    "致命错误:  数据库系统启动中",
    "ВАЖНО:  система баз данных останавливается",
    "FATAL:  sorry, too many clients already",
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


def test_a_real_server_is_understood(server: Server) -> None:
    tenant, other = Tenant(server), Tenant(server)
    for one in (tenant, other):
        one.ensure("owner")
    login = TenantLogin(server.address, tenant.name, tenant.login().name, PASSWORD)
    assert login.log_in()
    with pytest.raises(RefusedError, match="permission denied for database"), login.session(other.name):
        pass
    stranger = TenantLogin(login.address, login.database, login.user, "another-password")
    with pytest.raises(RefusedError, match="authentication failed"):
        stranger.log_in()
    nowhere = TenantLogin(login.address.model_copy(update={"port": 1}), login.database, login.user, "x")
    with pytest.raises(UnreachableError):
        nowhere.log_in()
