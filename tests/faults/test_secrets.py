"""No secret anywhere but where it belongs: the tenant's Secret, and the centre's own key files."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.support.deliveries import Deliveries
from tests.support.faults import Fault
from tests.support.killing import Ran
from tests.support.leaks import Leaks, Processes, centres_secrets, forms, tenants_secrets
from tests.support.lives import Life
from tests.support.own_centre import Own
from yunzu.records.database import conninfo
from yunzu.records.engine_login import engine_login
from yunzu.services import inventory


class Told:
    """Everything that commands printed, and every secret there was meanwhile."""

    def __init__(self, own: Own) -> None:
        self.own = own
        self.life = Life(own.tenants, own.command)
        self.ran: list[Ran] = []
        self.secrets: dict[str, str] = {}
        self.processes = Processes()

    @property
    def home(self) -> Path:
        return self.own.settings.home

    def run(self, *arguments: str, fault: Fault | None = None) -> Ran:
        ran = self.own.command.run(*arguments, fault=fault or Fault())
        self.ran.append(ran)
        self._collect()
        return ran

    def env(self, verb: str, *options: str) -> Ran:
        manifests = ("--tenants", str(self.own.command.tenants)) if verb == "apply" else ()
        return self.run("env", verb, self.life.identifier, *options, *manifests)

    def _collect(self) -> None:
        centre = self.own.tenants.centre
        held = tenants_secrets(centre, [self.life.identifier.replace("/", "--")])
        for name, value in held.items():
            if value not in self.secrets.values():
                self.secrets[f"{name} ({len(self.ran)})"] = value
        connections = centre.connections
        login = engine_login(connections.records, centre=centre.id, identity_key=connections.identity_key)
        self.secrets |= centres_secrets(self.home) | {"engine login": login.password.get_secret_value()}


@pytest.fixture(scope="module")
def told(attended: Own) -> Told:
    """A life with a repaired password, an answer that was lost, and a server that was down."""
    told = Told(attended)
    with told.processes:
        _live(told)
    return told


def _live(told: Told) -> None:
    own = told.own
    assert told.env("apply").code == 0
    told.env("apply")
    told.env("verify")
    _spoil_password(told)
    assert told.env("verify").code == 4
    assert told.env("apply").code == 0
    told.env("apply", "--dry-run")
    with own.without("tenants-1"):
        assert told.env("apply").code == 5
        assert told.env("verify").code != 0
        assert told.env("destroy").code != 0
    assert told.env("apply").code == 0
    with own.without("worker-delivery"):
        Deliveries(own).file()
        told.run("work", fault=Fault("lose", kind="postgres commit CREATE ROLE"))
    account = f"{told.life.identifier.split('/')[0]}-zhang"
    handed = told.env("credentials", "--account", account)
    assert handed.code == 0
    told.ran[-1] = replace(handed, output="")  # the one place where they are to be printed
    assert told.env("credentials", "--account", account).code == 3


def _spoil_password(told: Told) -> None:
    centre = told.own.tenants.centre
    entry = inventory.environment(told.life.identifier, centre.records)
    login = sql.Identifier(f"{entry.databases[0][1]}_owner_a")
    with psycopg.connect(**conninfo(centre.connections.pools["tenants-1"]), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD 'spoilt'").format(login))


def test_the_search_finds_what_is_there() -> None:
    secret = "correct-horse-battery-staple"
    for content in (b"x" + secret.encode(), b"data: " + b64encode(b"user:" + secret.encode() + b"@host")):
        leaks = Leaks({"it": secret})
        leaks.search("here", content)
        assert leaks.seen == ["it in here"]
    assert len(forms(secret)) == 5


def test_the_life_had_secrets_and_they_changed(told: Told) -> None:
    passwords = {value for name, value in told.secrets.items() if "/database-main/password" in name}
    assert len(passwords) >= 2
    assert any("/bucket-main/secret-key" in name for name in told.secrets)
    assert "identity-key" in told.secrets


def test_no_secret_in_state_and_records(told: Told) -> None:
    leaks = Leaks(told.secrets)
    leaks.search_database(told.own.tenants.centre.connections.records)
    assert sorted(set(leaks.seen)) == []
    assert leaks.searched > 50_000


def test_no_secret_in_logs_and_the_engines_home(told: Told) -> None:
    leaks = Leaks(told.secrets)
    leaks.search_tree(told.home / "logs")
    leaks.search_tree(told.home / "pulumi")
    assert sorted(set(leaks.seen)) == []
    assert leaks.searched > 50_000
    assert (told.home / "logs" / "audit.log").stat().st_size > 10_000


def test_no_secret_of_a_tenant_at_rest(told: Told) -> None:
    """etcd holds Secrets encrypted, PostgreSQL verifiers, the S3 server its users encrypted."""
    leaks = Leaks({name: value for name, value in told.secrets.items() if "access-key" not in name})
    leaks.search_tree(told.home / "data")
    assert sorted(set(leaks.seen)) == []


def test_no_secret_in_arguments_and_environments(told: Told) -> None:
    """Of all that ran from the first apply, which makes the passwords, to their being handed out."""
    leaks = Leaks(told.secrets)
    leaks.search_processes(told.processes)
    assert leaks.seen == []
    assert any(b"pulumi" in content for content in told.processes.contents)


def test_no_secret_in_what_commands_print(told: Told) -> None:
    leaks = Leaks(told.secrets)
    for number, ran in enumerate(told.ran):
        leaks.search(f"stdout of command {number}", ran.output.encode())
        leaks.search(f"stderr of command {number}", ran.errors.encode())
        assert "Traceback" not in ran.errors, ran
    assert leaks.seen == []
