"""kube-scheduler: places pods on the nodes."""

from functools import partial

from yunzu.embedded import kubeconfigs
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site


def leaves(site: Site) -> list[Leaf]:
    return [Leaf("scheduler-server", "services", "kube-scheduler", hosts=(site.address,), purpose="server")]


def program(site: Site) -> ServerProgram:
    binary = site.binaries["kube-scheduler"]
    serving, services = site.pki.pair("scheduler-server"), site.pki.authority("services").certificate
    clients = site.pki.authority("clients").certificate
    config = kubeconfigs.path(site, "scheduler")
    door = Door("scheduler", site.url("scheduler"), services, site.pki.pair(kubeconfigs.ADMIN))
    return ServerProgram(
        name="scheduler",
        command=(
            str(binary.path),
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            f"--client-ca-file={clients}",
            f"--bind-address={site.address}",
            f"--secure-port={site.ports['scheduler']}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--tls-min-version=VersionTLS12",
            "--profiling=false",
            "--leader-elect=false",
        ),
        version=binary.version,
        address=site.url("scheduler"),
        probe=partial(_healthy, door),
        files={config: kubeconfigs.content(site, "scheduler")},
        inputs=(serving.certificate, site.pki.pair("scheduler").certificate, clients, services),
        certificate=serving.certificate,
        after=("apiserver",),
    )


def _healthy(door: Door) -> None:
    expect_ok(door, "/healthz")
