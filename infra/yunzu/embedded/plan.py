"""Which servers an embedded centre runs, given what the operator already has."""

from collections.abc import Sequence

from yunzu.embedded import api, kubeconfigs
from yunzu.embedded.home import write_if_changed
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site
from yunzu.embedded.servers import (
    apiserver,
    controller_manager,
    etcd,
    kwok,
    minio,
    postgres,
    scheduler,
    versitygw,
)
from yunzu.settings import Settings

_S3 = {minio.NAME: minio, versitygw.NAME: versitygw}


def embeds_cluster(settings: Settings) -> bool:
    return settings.kubeconfig is None


def databases(settings: Settings) -> list[str]:
    """Names of the embedded PostgreSQL servers."""
    names = [postgres.RECORDS] if settings.records_url is None else []
    return [*names, *postgres.POOLS] if settings.database_url is None else names


def ports(settings: Settings) -> list[str]:
    """Names of the ports that the embedded servers listen on."""
    cluster = ["etcd", "etcd-peer", "apiserver", "controller-manager", "scheduler"]
    return [
        *(cluster if embeds_cluster(settings) else []),
        *databases(settings),
        *(["s3"] if settings.s3_endpoint is None else []),
    ]


def names(settings: Settings) -> list[str]:
    """Names of the servers."""
    cluster = ["etcd", "apiserver", "controller-manager", "scheduler"]
    return [
        *databases(settings),
        *(["s3"] if settings.s3_endpoint is None else []),
        *(cluster if embeds_cluster(settings) else []),
        *(["kwok"] if embeds_cluster(settings) and settings.nodes == "kwok" else []),
    ]


def binaries(settings: Settings) -> list[str]:
    """Names of the tools that the embedded servers are."""
    cluster = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
    return [
        *(cluster if embeds_cluster(settings) else []),
        *(["kwok"] if embeds_cluster(settings) and settings.nodes == "kwok" else []),
        *([settings.s3_driver] if settings.s3_endpoint is None else []),
    ]


def leaves(settings: Settings, site: Site) -> list[Leaf]:
    """Certificates that those servers and their clients hold."""
    found: list[Leaf] = []
    if embeds_cluster(settings):
        found += etcd.leaves(site) + apiserver.leaves(site)
        found += controller_manager.leaves(site) + scheduler.leaves(site) + kubeconfigs.leaves(site)
    for name in databases(settings):
        found += postgres.leaves(site, name)
    if settings.s3_endpoint is None:
        found += _S3[settings.s3_driver].leaves(site)
    return found + api.leaves(settings, site)


def programs(settings: Settings, site: Site) -> list[ServerProgram]:
    """The servers to run, each after those it needs."""
    found = [postgres.program(site, name) for name in databases(settings)]
    if settings.s3_endpoint is None:
        found.append(_S3[settings.s3_driver].program(site))
    if embeds_cluster(settings):
        found += [etcd.program(site), apiserver.program(site), controller_manager.program(site)]
        found.append(scheduler.program(site))
        if settings.nodes == "kwok":
            found.append(kwok.program(site))
    return found


def write_files(settings: Settings, site: Site, servers: Sequence[ServerProgram]) -> None:
    """Write the servers' configuration and the kubeconfigs of people and of the platform."""
    for server in servers:
        for path, content in server.files.items():
            write_if_changed(path, content)
    if embeds_cluster(settings):
        for identity in (kubeconfigs.ADMIN, kubeconfigs.PLATFORM):
            write_if_changed(kubeconfigs.path(site, identity), kubeconfigs.content(site, identity))
