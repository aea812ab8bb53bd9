"""kube-controller-manager: quotas, namespaces' deletion, service accounts, and people's certificates."""

from functools import partial

from yunzu.embedded import keys, kubeconfigs
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site


def leaves(site: Site) -> list[Leaf]:
    name, subject = "controller-manager-server", "kube-controller-manager"
    return [Leaf(name, "services", subject, hosts=(site.address,), purpose="server")]


def program(site: Site) -> ServerProgram:
    binary = site.binaries["kube-controller-manager"]
    serving, services = site.pki.pair("controller-manager-server"), site.pki.authority("services").certificate
    clients, private = site.pki.authority("clients"), keys.service_account_paths(site.home)[0]
    config = kubeconfigs.path(site, "controller-manager")
    login = site.pki.pair("controller-manager").certificate
    admin, url = site.pki.pair(kubeconfigs.ADMIN), site.url("controller-manager")
    door = Door("controller-manager", url, services, admin)
    return ServerProgram(
        name="controller-manager",
        command=(
            str(binary.path),
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            f"--client-ca-file={clients.certificate}",
            f"--bind-address={site.address}",
            f"--secure-port={site.ports['controller-manager']}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--tls-min-version=VersionTLS12",
            "--profiling=false",
            "--leader-elect=false",  # there is one; electing it would cost up to 15 s after a kill
            "--use-service-account-credentials",
            f"--service-account-private-key-file={private}",
            f"--root-ca-file={services}",
            f"--cluster-signing-cert-file={clients.certificate}",
            f"--cluster-signing-key-file={clients.key}",
            "--cluster-signing-duration=1h",  # the longest life of a person's certificate
            "--controllers=*,-node-ipam-controller",  # simulated nodes take pod addresses from kwok
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--concurrent-namespace-syncs=50",
            "--concurrent-resource-quota-syncs=20",
            "--concurrent-serviceaccount-token-syncs=10",
            "--terminated-pod-gc-threshold=1000",
        ),
        version=binary.version,
        address=url,
        probe=partial(_healthy, door),
        files={config: kubeconfigs.content(site, "controller-manager")},
        inputs=(serving.certificate, login, clients.certificate, services, private),
        certificate=serving.certificate,
        after=("apiserver",),
    )


def _healthy(door: Door) -> None:
    expect_ok(door, "/healthz")
