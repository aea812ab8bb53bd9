"""etcd: holds the cluster's objects; speaks only to holders of a certificate of its own authority."""

from functools import partial

from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site

QUOTA_BYTES = 4 * 1024**3
HISTORY = "1h"  # older revisions are compacted away


def leaves(site: Site) -> list[Leaf]:
    return [
        Leaf("etcd-server", "etcd", "etcd", hosts=_hosts(site), purpose="both"),
        Leaf("etcd-peer", "etcd", "etcd-peer", hosts=_hosts(site), purpose="both"),
        Leaf("etcd-client", "etcd", "kube-apiserver"),
    ]


def door(site: Site) -> Door:
    return Door(
        "etcd", site.url("etcd"), site.pki.authority("etcd").certificate, site.pki.pair("etcd-client")
    )


def program(site: Site) -> ServerProgram:
    binary = site.binaries["etcd"]
    server, peer, ca = (
        site.pki.pair("etcd-server"),
        site.pki.pair("etcd-peer"),
        site.pki.authority("etcd").certificate,
    )
    client_url, peer_url = site.url("etcd"), site.url("etcd-peer")
    return ServerProgram(
        name="etcd",
        command=(
            str(binary.path),
            "--name=centre",
            f"--data-dir={site.home.data / 'etcd'}",
            f"--listen-client-urls={client_url}",
            f"--advertise-client-urls={client_url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=centre={peer_url}",
            f"--cert-file={server.certificate}",
            f"--key-file={server.key}",
            f"--trusted-ca-file={ca}",
            "--client-cert-auth",
            f"--peer-cert-file={peer.certificate}",
            f"--peer-key-file={peer.key}",
            f"--peer-trusted-ca-file={ca}",
            "--peer-client-cert-auth",
            "--tls-min-version=TLS1.2",
            "--auto-compaction-mode=periodic",
            f"--auto-compaction-retention={HISTORY}",
            f"--quota-backend-bytes={QUOTA_BYTES}",
            "--snapshot-count=10000",
            "--log-level=warn",
        ),
        version=binary.version,
        address=client_url,
        probe=partial(_healthy, door(site)),
        inputs=(server.certificate, peer.certificate, ca),
        certificate=server.certificate,
    )


def _healthy(door: Door) -> None:
    """etcd's own health check: it has a leader and can commit."""
    expect_ok(door, "/health")


def _hosts(site: Site) -> tuple[str, ...]:
    return (site.address, "localhost")
