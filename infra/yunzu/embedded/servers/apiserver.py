"""kube-apiserver: the cluster's door. Certificates or service-account tokens only, Secrets encrypted
at rest, an audit log that never holds the body of anything secret."""

from functools import partial
from pathlib import Path

import yaml

from yunzu.embedded import keys, kubeconfigs
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site

SERVICE_RANGE = "10.96.0.0/16"
AUDIT_MEGABYTES = 100  # a file
AUDIT_FILES = 10  # besides the one that is written
_SERVICE_ADDRESS = "10.96.0.1"  # first of the range: what pods call `kubernetes.default`


def leaves(site: Site) -> list[Leaf]:
    hosts = (
        site.address,
        "localhost",
        _SERVICE_ADDRESS,
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    )
    return [Leaf("apiserver", "services", "kube-apiserver", hosts=hosts, purpose="server")]


def audit_policy() -> str:
    """Who did what, never with which secret: bodies only for access rules, which hold none."""
    quiet = {
        "level": "None",
        "users": [
            "system:kube-scheduler",
            "system:kube-controller-manager",
            "system:apiserver",
            "yunzu:kwok",
        ],
        "verbs": ["get", "list", "watch"],
    }
    leases = {"group": "coordination.k8s.io", "resources": ["leases"]}
    noise = {"level": "None", "resources": [leases, {"group": "", "resources": ["events"]}]}
    probes = {"level": "None", "nonResourceURLs": ["/healthz*", "/readyz*", "/livez*", "/version"]}
    rules = {
        "level": "RequestResponse",
        "verbs": ["create", "update", "patch", "delete"],
        "resources": [{"group": "rbac.authorization.k8s.io"}, {"group": "networking.k8s.io"}],
    }
    document = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "omitManagedFields": True,
        "rules": [quiet, noise, probes, rules, {"level": "Metadata"}],
    }
    return yaml.safe_dump(document, sort_keys=False)


def program(site: Site) -> ServerProgram:
    binary, home = site.binaries["kube-apiserver"], site.home
    serving, etcd_login = site.pki.pair("apiserver"), site.pki.pair("etcd-client")
    private, public = keys.service_account_paths(home)
    policy = home.config / "audit-policy.yaml"
    clients, etcd_ca = site.pki.authority("clients").certificate, site.pki.authority("etcd").certificate
    encryption = keys.encryption_path(home)
    return ServerProgram(
        name="apiserver",
        command=(
            str(binary.path),
            f"--bind-address={site.address}",
            f"--secure-port={site.ports['apiserver']}",
            "--endpoint-reconciler-type=none",  # it refuses to publish a loopback address
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            f"--etcd-servers={site.url('etcd')}",
            f"--etcd-cafile={etcd_ca}",
            f"--etcd-certfile={etcd_login.certificate}",
            f"--etcd-keyfile={etcd_login.key}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--tls-min-version=VersionTLS12",
            f"--client-ca-file={clients}",
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-account-key-file={public}",
            f"--service-account-signing-key-file={private}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--encryption-provider-config={encryption}",
            "--profiling=false",
            "--max-requests-inflight=400",
            "--max-mutating-requests-inflight=200",
            "--event-ttl=1h",
            *_audit_flags(home.logs, policy),
        ),
        version=binary.version,
        address=site.url("apiserver"),
        probe=partial(_ready, kubeconfigs.admin_door(site)),
        files={policy: audit_policy()},
        inputs=(serving.certificate, etcd_login.certificate, clients, etcd_ca, public, encryption),
        certificate=serving.certificate,
        after=("etcd",) if "etcd" in site.ports else (),
        stop_seconds=12,
    )


def _audit_flags(logs: Path, policy: Path) -> tuple[str, ...]:
    return (
        f"--audit-policy-file={policy}",
        f"--audit-log-path={logs / 'audit.log'}",
        f"--audit-log-maxsize={AUDIT_MEGABYTES}",
        f"--audit-log-maxbackup={AUDIT_FILES}",
        "--audit-log-maxage=180",  # days: six months, what GB/T 22239 asks of logs
    )


def _ready(door: Door) -> None:
    expect_ok(door, "/readyz")
