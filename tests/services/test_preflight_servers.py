"""Preflight on real servers: what lacks is found and can be applied, and nothing is written."""

import base64
import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import urllib3
import yaml
from pydantic import SecretStr
from typer.testing import CliRunner

from tests.support.centre import tls_of
from tests.support.postgres import administrator, log_of, running_postgres
from yunzu.clients import kubernetes_people
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_transport import Transport
from yunzu.components import cluster_roles
from yunzu.errors import NotFoundError
from yunzu.model.connections import Cluster, Connections, Postgres
from yunzu.services.preflight import Report, Targets, examine_targets
from yunzu.services.preflight_checks import Check
from yunzu.settings import Settings
from yunzu_cli import preflight as command

PASSWORD = "of-a-login-with-few-rights"
NOWHERE = "127.0.0.1:9"


def checks(report: Report, area: str) -> dict[str, Check]:
    return {check.name: check for check in report.checks if check.area == area}


def of_centre(centre: Connections, cluster: Cluster) -> Targets:
    return Targets(centre.centre, centre.cluster, cluster, centre.pools, centre.records, centre.object_store)


@pytest.fixture
def admin(centre: Connections) -> Cluster:
    return Cluster(kubeconfig=centre.home / "pki" / "admin.kubeconfig")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running_postgres() as address:
        yield address


@pytest.fixture
def few_rights(server: Postgres) -> Iterator[Postgres]:
    """A login that may only log in."""
    name = f"few_{secrets.token_hex(4)}"
    with administrator(server) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    yield server.model_copy(update={"user": name, "password": SecretStr(PASSWORD)})
    with administrator(server) as connection:
        connection.execute(f"DROP ROLE {name}")


@pytest.fixture
def stranger(centre: Connections, admin: Cluster, tmp_path: Path) -> tuple[str, Cluster]:
    """A user of the cluster with no rights at all."""
    name = f"preflight-{secrets.token_hex(4)}"
    client = Client(admin)
    certificate, key = kubernetes_people.issue_certificate(client, name, seconds=600)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [
            {
                "name": "c",
                "cluster": {"server": client.host, "certificate-authority-data": _b64(client.authority)},
            }
        ],
        "users": [
            {
                "name": "u",
                "user": {"client-certificate-data": _b64(certificate), "client-key-data": _b64(key)},
            }
        ],
    }
    client.close()
    path = tmp_path / "stranger.kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return name, Cluster(kubeconfig=path, external=True)


def _b64(content: bytes | None) -> str:
    assert content is not None
    return base64.b64encode(content).decode()


def test_a_running_centre_has_nothing_red(centre: Connections, admin: Cluster) -> None:
    report = examine_targets(of_centre(centre, admin))
    assert [check for check in report.checks if check.level == "red"] == []
    assert {check.area for check in report.checks} == {"cluster", "records", "s3", *centre.pools}
    assert checks(report, "cluster")["nodes"].fact.endswith("simulated")


def test_missing_rights_come_as_yaml_that_gives_them(admin: Cluster, stranger: tuple[str, Cluster]) -> None:
    name, cluster = stranger
    id_ = secrets.token_hex(4)
    targets = Targets(id_, cluster, cluster)
    before = examine_targets(targets)
    found = checks(before, "cluster")
    assert (found["rights"].level, found["departments' roles"].level) == ("red", "amber")
    assert f"{name} lacks" in found["rights"].fact
    assert found["nodes"].fact.startswith("unknown: ")
    objects = list(yaml.safe_load_all(before.apply["kubernetes"]))
    client = Client(admin)
    try:
        for wanted in objects:
            client.apply(wanted, field_manager="test")
        assert _settled(targets, "green")["departments' roles"].level == "green"
        assert "kubernetes" not in examine_targets(targets).apply
        _take_away(client, id_, "resourcequotas")
        lost = _settled(targets, "red")["rights"].fact
        assert re.search(r"lacks 7 of \d+: create resourcequotas, ", lost)
        _take_away(client, id_, "pods", "replicasets/status")
        lost = _settled(targets, "red", "delete pods")["rights"].fact
        assert re.search(r"lacks 5 of \d+: delete pods, .*patch replicasets/status\.apps", lost)
    finally:
        for wanted in objects:
            _forget(client, wanted)
        client.close()


def _settled(targets: Targets, level: str, word: str = "") -> dict[str, Check]:
    """The authorizer learns of roles by a watch."""
    until = time.monotonic() + 10
    while True:
        found = checks(examine_targets(targets), "cluster")
        rights = found["rights"]
        if (rights.level == level and word in rights.fact) or time.monotonic() > until:
            assert rights.level == level
            return found
        time.sleep(0.2)


def _take_away(client: Client, centre: str, *resources: str) -> None:
    role = next(
        one for one in cluster_roles.objects(centre) if one["metadata"]["name"] == f"yunzu:{centre}:platform"
    )
    for rule in role["rules"]:
        rule["resources"] = [name for name in rule["resources"] if name not in resources]
    role["rules"] = [rule for rule in role["rules"] if rule["resources"]]
    client.apply(role, field_manager="test")


def _forget(client: Client, wanted: dict[str, Any]) -> None:
    try:
        client.delete(wanted["apiVersion"], wanted["kind"], wanted["metadata"]["name"])
    except NotFoundError:
        return


def test_missing_attributes_come_as_sql_that_gives_them(server: Postgres, few_rights: Postgres) -> None:
    targets = Targets("1a2b3c4d", pools={"tenants-1": few_rights})
    before = examine_targets(targets)
    assert checks(before, "tenants-1")["role"].level == "red"
    assert checks(before, "tenants-1")["PUBLIC"].level == "amber"
    with administrator(server) as connection:
        try:
            connection.execute(before.apply["postgres"].encode())
            after = examine_targets(targets)
        finally:
            connection.execute(f"REVOKE ALL ON DATABASE postgres FROM {few_rights.user}")
            connection.execute("GRANT CONNECT, TEMPORARY ON DATABASE postgres, template1 TO PUBLIC")
    assert {checks(after, "tenants-1")[name].level for name in ("role", "PUBLIC")} == {"green"}
    assert after.apply == {}


def test_records_that_are_not_there_come_as_sql(server: Postgres) -> None:
    targets = Targets("1a2b3c4d", records=server.model_copy(update={"database": "rec-ords"}))
    before = examine_targets(targets)
    assert checks(before, "records")["database"].level == "red"
    with administrator(server) as connection:
        connection.execute(before.apply["postgres"].encode())
        try:
            assert checks(examine_targets(targets), "records")["schema"].level == "green"
            with administrator(server, "rec-ords") as inside:
                inside.execute(
                    "CREATE SCHEMA yunzu CREATE TABLE alembic_version (version_num text)"
                    " CREATE TABLE centre (id text)"
                )
                inside.execute("INSERT INTO yunzu.alembic_version VALUES ('9999')")
                inside.execute("INSERT INTO yunzu.centre VALUES ('deadbeef')")
            found = checks(examine_targets(targets), "records")
        finally:
            connection.execute('DROP DATABASE "rec-ords" WITH (FORCE)')
    assert "newer than" in found["schema"].fact
    assert found["owner"].level == "red"
    assert "belongs to centre deadbeef" in found["owner"].fact


def test_nothing_is_written(
    centre: Connections, admin: Cluster, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    transported, opened = Transport.request, urllib3.PoolManager.urlopen

    def request(self: Transport, method: str, path: str, **options: Any) -> Any:
        asked.append((method, path))
        return transported(self, method, path, **options)

    def urlopen(self: urllib3.PoolManager, method: str, url: str, *rest: Any, **options: Any) -> Any:
        asked.append((method, urllib3.util.parse_url(url).path or "/"))
        return opened(self, method, url, *rest, **options)

    monkeypatch.setattr(Transport, "request", request)
    monkeypatch.setattr(urllib3.PoolManager, "urlopen", urlopen)
    log = log_of(server)
    begin = log.stat().st_size
    targets = of_centre(centre, admin)
    pool = {"tenants-1": server}
    examine_targets(Targets(targets.centre, targets.cluster, admin, pool, server, targets.object_store))
    reviews = {path for method, path in asked if method not in {"GET", "HEAD"}}
    assert {path.rsplit("/", 1)[1] for path in reviews} == {"selfsubjectaccessreviews", "selfsubjectreviews"}
    assert any(path.startswith("/minio/admin/") for _, path in asked)
    told = log.read_bytes()[begin:].decode()
    words = re.findall(r"(?:statement|execute [^:]*): *(\w+)", told)
    assert len(words) > 10
    assert set(words) <= {"SELECT", "SET", "RESET"}


def test_servers_that_do_not_answer_leave_the_others_examined(server: Postgres, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "nowhere"
    kubeconfig.write_text(
        json.dumps({
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"https://{NOWHERE}"}}],
            "users": [{"name": "u", "user": {"token": PASSWORD}}],
        })
    )  # fmt: skip
    cluster = Cluster(kubeconfig=kubeconfig, external=True)
    report = examine_targets(Targets("1a2b3c4d", cluster, cluster, {"tenants-1": server}))
    assert [check.level for check in report.checks if check.area == "cluster"] == ["red"]
    assert checks(report, "tenants-1")["role"].level == "green"
    assert (report.ok, report.reached) == (False, True)
    alone = examine_targets(Targets("1a2b3c4d", cluster, cluster))
    assert (alone.ok, alone.reached) == (False, False)


def test_a_wrong_password_is_a_red_line_without_it(server: Postgres) -> None:
    wrong = server.model_copy(update={"password": SecretStr("of-somebody-else")})
    report = examine_targets(Targets("1a2b3c4d", pools={"tenants-1": wrong}))
    assert checks(report, "tenants-1")["reachable"].level == "red"
    assert "of-somebody-else" not in json.dumps(report.as_json())


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command.preflight)
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return result.exit_code, result.output


def test_command_tells_of_the_running_centre_and_no_secret(
    centre: Connections, centre_settings: Settings
) -> None:
    home = ("--home", str(centre_settings.home))
    status, printed = run(*home)
    status_json, document = run(*home, "--json")
    told = json.loads(document)
    assert (status, status_json, told["ok"]) == (0, 0, True)
    assert told["apply"].keys() <= {"kubernetes", "postgres"}
    assert told["checks"][0].keys() == {"area", "name", "level", "fact", "consequence", "fix"}
    store = centre.object_store
    hidden = [store.access_key, store.secret_key, centre.identity_key, centre.records.password]
    hidden += [pool.password for pool in centre.pools.values()]
    assert not [1 for one in hidden if one.get_secret_value() in printed + document]


def test_command_ends_with_four_or_five_where_something_is_red(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUNZU_RECORDS_URL", f"postgresql://a:{PASSWORD}@{NOWHERE}/records?sslmode=require")
    status, printed = run("--home", str(tmp_path))
    assert (status, PASSWORD in printed) == (5, False)
    url = f"postgresql://{server.user}:{server.password.get_secret_value()}@127.0.0.1:{server.port}"
    monkeypatch.setenv("YUNZU_DATABASE_URL", f"{url}/postgres?{tls_of(server)}")
    status, printed = run("--home", str(tmp_path))
    assert status == 4
    assert "REVOKE CONNECT, TEMPORARY ON DATABASE" in printed
    assert server.password.get_secret_value() not in printed
    assert not (tmp_path / "centre.json").exists()
