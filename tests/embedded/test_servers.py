"""The running servers, met as somebody who should not come in, and as a reader of their files."""

import json
import ssl
import stat
import time
from pathlib import Path

import psycopg
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.postgres import installation
from yunzu import naming
from yunzu.embedded import asking, bootstrap, keys, kubeconfigs, pki
from yunzu.embedded.asking import Door
from yunzu.embedded.home import Home
from yunzu.embedded.pki import Leaf, Pair
from yunzu.embedded.programs import MARK, Site
from yunzu.embedded.servers import apiserver, etcd
from yunzu.errors import RefusedError, UnreachableError
from yunzu.model.connections import Connections
from yunzu.settings import Settings


@pytest.fixture(scope="module")
def site(centre: Connections, centre_settings: Settings) -> Site:
    return bootstrap.recalled(centre_settings)


def secrets_of(site: Site) -> list[str]:
    """Every secret string of the centre, as its files hold them."""
    found = [path.read_text().strip() for path in site.home.secrets.iterdir() if path.suffix == ".password"]
    found.append(keys.identity_key(site.home))
    encryption = yaml.safe_load(keys.encryption_path(site.home).read_text())
    found.append(encryption["resources"][0]["providers"][0]["secretbox"]["keys"][0]["secret"])
    return found


def test_secret_is_encrypted_in_etcd_and_a_configmap_is_not(site: Site) -> None:
    door = kubeconfigs.admin_door(site)
    word = f"plain-{naming.mint_environment_uid()}"
    for kind, plural in (("Secret", "secrets"), ("ConfigMap", "configmaps")):
        key = "stringData" if kind == "Secret" else "data"
        manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "at-rest"}, key: {"word": word}}
        asking.apply(door, f"/api/v1/namespaces/default/{plural}/at-rest", manifest)

    assert word not in from_etcd(site, "/registry/secrets/default/at-rest")
    assert "k8s:enc:secretbox:v1:" in from_etcd(site, "/registry/secrets/default/at-rest")
    assert word in from_etcd(site, "/registry/configmaps/default/at-rest")


def from_etcd(site: Site, key: str) -> str:
    """The raw value, through etcd's JSON gateway."""
    import base64

    body = {"key": base64.b64encode(key.encode()).decode()}
    status, answer = asking.ask(etcd.door(site), "/v3/kv/range", method="POST", body=body)
    assert status == 200
    return base64.b64decode(json.loads(answer)["kvs"][0]["value"]).decode("utf-8", errors="replace")


def test_etcd_refuses_who_has_no_certificate_or_one_of_the_clients_authority(site: Site) -> None:
    """A person's certificate opens the cluster's door, never the store behind it."""
    ca = site.pki.authority("etcd").certificate
    asking.expect_ok(etcd.door(site), "/version")
    for login in (None, site.pki.pair("admin")):
        with pytest.raises(UnreachableError):
            asking.expect_ok(Door("etcd", site.url("etcd"), ca, login), "/version")


@pytest.mark.parametrize("server", ["apiserver", "controller-manager", "scheduler"])
def test_nobody_comes_in_without_a_certificate(site: Site, server: str) -> None:
    door = Door(server, site.url(server), site.pki.authority("services").certificate)
    path = "/api/v1/namespaces" if server == "apiserver" else "/metrics"
    assert asking.ask(door, path)[0] in {401, 403}


def test_certificate_of_a_stranger_is_refused(site: Site, tmp_path: Path) -> None:
    stranger = pki.Pki(tmp_path)
    stranger.ensure(Leaf("me", "clients", "yunzu:admin", "system:masters"))
    door = Door("apiserver", site.url("apiserver"), site.pki.authority("services").certificate)
    forged = Door(door.name, door.url, door.ca, stranger.pair("me"))
    assert asking.ask(forged, "/api/v1/namespaces")[0] == 401


def test_server_is_known_by_the_services_authority_only(site: Site) -> None:
    for name in ("apiserver", "s3"):
        with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            asking.ask(Door(name, site.url(name), site.pki.authority("clients").certificate), "/")


@pytest.mark.parametrize("which", ["records", "tenants-1"])
def test_postgres_refuses_plain_connections_and_wrong_passwords(centre: Connections, which: str) -> None:
    server = centre.records if which == "records" else centre.pools[which]
    right = asking.login(server)
    with psycopg.connect(**right) as connection:
        (tls,) = connection.execute(
            "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        ).fetchone() or (None,)
    assert tls == ("TLSv1.3" if installation().tls else None)
    if tls:
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(**right | {"sslmode": "disable", "sslrootcert": None})
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**right | {"password": "wrong"})


def test_failing_password_statement_is_not_logged(site: Site, centre: Connections) -> None:
    word = f"pw{naming.mint_environment_uid()}"
    login = asking.login(centre.pools["tenants-1"])
    refused = pytest.raises(psycopg.errors.UndefinedObject)
    with psycopg.connect(**login, autocommit=True) as connection, refused:
        connection.execute(f"ALTER ROLE nobody_of_this_name PASSWORD '{word}'")
    deadline = time.monotonic() + 10  # the supervisor carries it from the server to the file
    while "nobody_of_this_name" not in (log := (site.home.logs / "tenants-1.log").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert word not in log


def test_login_of_a_tenant_enters_neither_postgres_nor_template1(centre: Connections) -> None:
    server = centre.pools["tenants-1"]
    with psycopg.connect(**asking.login(server), autocommit=True) as connection:
        acls = dict(connection.execute("SELECT datname, datacl::text FROM pg_database").fetchall())
    for database in ("postgres", "template1"):
        assert "=Tc/" not in acls[database].replace("yunzu=CTc/", "")
        assert "{=" not in acls[database]
        assert ",=" not in acls[database]


def test_no_secret_in_any_command_line(site: Site) -> None:
    secrets, lines = secrets_of(site), []
    for entry in Path("/proc").iterdir():
        try:
            lines.append((entry / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    assert any(str(site.home.root) in line for line in lines)
    assert not [secret for secret in secrets for line in lines if secret in line]


def test_settings_of_the_operator_do_not_reach_servers(site: Site) -> None:
    """YUNZU_DATABASE_URL and the like hold passwords; a server's environment is readable in /proc."""
    mark = f"{MARK}={site.home.root}".encode()
    found = 0
    for entry in Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in environment:
            found += 1
            names = {item.partition(b"=")[0].decode() for item in environment}
            # The centre's own processes, where another test began them, have two more, which we set.
            ours = {MARK, "YUNZU_GENERATION", "YUNZU_HOME", "YUNZU_CODE"}
            assert {name for name in names if name.startswith("YUNZU_")} <= ours
    assert found >= 9


def test_home_is_for_its_owner_only(site: Site) -> None:
    for path in (site.home.root, site.home.secrets, site.home.pki, site.home.data, site.home.config):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in site.home.secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_of_others_is_not_shut_to_them(tmp_path: Path) -> None:
    shared = tmp_path / "srv"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "website").touch()
    with pytest.raises(RefusedError, match="is open to others and holds no centre, but website"):
        Home(shared).prepare()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert sorted(path.name for path in shared.iterdir()) == ["website"]
    (shared / "website").unlink()
    (shared / "data").mkdir()  # as a first `up` leaves it that was broken off
    Home(shared).prepare()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o700
    shared.chmod(0o755)
    Home(shared).mint_centre("127.0.0.1", {})
    (shared / "estate").mkdir()  # what somebody keeps beside a centre changes nothing
    Home(shared).prepare()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o700


def test_audit_log_names_the_secret_and_not_its_content(site: Site) -> None:
    word = f"audited-{naming.mint_environment_uid()}"
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": word},
        "stringData": {"w": f"{word}-body"},
    }
    asking.apply(kubeconfigs.admin_door(site), f"/api/v1/namespaces/default/secrets/{word}", manifest)

    lines = [line for line in (site.home.logs / "audit.log").read_text().splitlines() if word in line]
    assert lines
    assert {json.loads(line)["level"] for line in lines} == {"Metadata"}
    assert f"{word}-body" not in "".join(lines)


def test_audit_policy_never_keeps_bodies_of_what_is_secret() -> None:
    rules = yaml.safe_load(apiserver.audit_policy())["rules"]
    with_bodies = [rule for rule in rules if rule["level"] not in {"None", "Metadata"}]
    groups = {resource["group"] for rule in with_bodies for resource in rule["resources"]}
    assert groups == {"rbac.authorization.k8s.io", "networking.k8s.io"}
    assert rules[-1] == {"level": "Metadata"}


def test_persons_certificate_lives_an_hour_at_most(site: Site, tmp_path: Path) -> None:
    import base64

    key, request = requested("someone", tmp_path)
    door, name = kubeconfigs.admin_door(site), f"hour-{naming.mint_environment_uid()}"
    base = f"/apis/certificates.k8s.io/v1/certificatesigningrequests/{name}"
    spec = {
        "request": base64.b64encode(request).decode(),
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
        "expirationSeconds": 86400,
    }
    wanted = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
    }
    asking.apply(door, base, wanted | {"spec": spec})
    condition = {"type": "Approved", "status": "True", "reason": "Test", "message": "test"}
    approved = json.loads(asking.expect_ok(door, base)) | {"status": {"conditions": [condition]}}
    assert asking.ask(door, f"{base}/approval", method="PUT", body=approved)[0] == 200
    for _ in range(100):
        status = json.loads(asking.expect_ok(door, base))["status"]
        if "certificate" in status:
            break
        time.sleep(0.1)
    certificate = x509.load_pem_x509_certificate(base64.b64decode(status["certificate"]))
    assert (certificate.not_valid_after_utc - pki.now()).total_seconds() <= 3600
    (tmp_path / "crt.pem").write_bytes(base64.b64decode(status["certificate"]))
    person = Door(door.name, door.url, door.ca, Pair(tmp_path / "crt.pem", key))
    assert asking.ask(person, "/api/v1/namespaces")[0] == 403
    assert asking.ask(door, base, method="DELETE")[0] == 200


def requested(name: str, directory: Path) -> tuple[Path, bytes]:
    """The file of a new key, and a request for a certificate of that name."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (directory / "key.pem").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return directory / "key.pem", request.public_bytes(pem)


def test_pod_runs_on_a_simulated_node_and_a_job_ends(site: Site) -> None:
    door = kubeconfigs.admin_door(site)
    name = f"sim-{naming.mint_environment_uid()}"
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "nothing:1"}]}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, **template}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": template},
    }
    pod_path, job_path = (
        f"/api/v1/namespaces/default/pods/{name}",
        f"/apis/batch/v1/namespaces/default/jobs/{name}",
    )
    asking.apply(door, pod_path, pod)
    asking.apply(door, job_path, job)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        phase = json.loads(asking.expect_ok(door, pod_path))["status"].get("phase")
        succeeded = json.loads(asking.expect_ok(door, job_path))["status"].get("succeeded")
        if (phase, succeeded) == ("Running", 1):
            break
        time.sleep(0.1)
    assert (phase, succeeded) == ("Running", 1)
    for path in (pod_path, job_path):
        asking.ask(door, path, method="DELETE", body={"propagationPolicy": "Background"})


def test_tls_context_checks_names(site: Site) -> None:
    context = Door("s3", site.url("s3"), site.pki.authority("services").certificate).context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
