"""The database that YUNZU_DATABASE_URL names, of which `up` takes what PUBLIC may: it is said before."""

from collections.abc import Iterator

import psycopg
import pytest
from pydantic import SecretStr

from tests.support.postgres import administrator, login, running_postgres
from yunzu.clients.postgres import Server
from yunzu.model.connections import Postgres
from yunzu.services.preflight import Targets, examine_targets
from yunzu.services.preflight_checks import Check

PASSWORD = "of-a-login-of-others"


@pytest.fixture
def given() -> Iterator[Postgres]:
    """A database of others' on a server of others', on which `tenant` may do nothing; we are `platform`."""
    with running_postgres() as address:
        with administrator(address) as connection:
            connection.execute("CREATE DATABASE office")
            for name, more in (("platform", "CREATEROLE CREATEDB"), ("tenant", "")):
                connection.execute(f"CREATE ROLE {name} LOGIN {more} PASSWORD '{PASSWORD}'".encode())
        yield address.model_copy(update={"database": "office"})


def _public(address: Postgres) -> tuple[Check, str]:
    report = examine_targets(Targets("1a2b3c4d", pools={"tenants-1": address}))
    [check] = [one for one in report.checks if one.name == "PUBLIC"]
    return check, report.apply.get("postgres", "")


def test_what_up_shuts_is_named_with_who_is_shut_out(given: Postgres) -> None:
    check, _ = _public(given)
    assert (check.level, check.fact) == ("amber", "may enter office and postgres and template1")
    assert check.consequence.endswith("whoever lived on it there is shut out")
    login(given, "tenant", PASSWORD, "office").close()
    with Server(given) as server:
        assert server.harden() == ()
    assert _public(given)[0].level == "green"
    for database in ("office", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            login(given, "tenant", PASSWORD, database)


def test_the_sql_shuts_it_and_leaves_us_in(given: Postgres) -> None:
    ours = given.model_copy(update={"user": "platform", "password": SecretStr(PASSWORD)})
    _, sql = _public(ours)
    with administrator(given) as connection:
        connection.execute(sql.encode())
    assert _public(ours)[0].level == "green"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        login(given, "tenant", PASSWORD, "office")
