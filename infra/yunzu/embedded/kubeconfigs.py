"""Kubeconfig files of the embedded cluster, one for each identity that asks it something."""

from pathlib import Path

import yaml

from yunzu import naming
from yunzu.embedded.asking import Door
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import Site

ADMIN = "admin"  # break-glass: system:masters, bound by no role
PLATFORM = "platform"
_COMPONENTS = {
    "controller-manager": "system:kube-controller-manager",
    "scheduler": "system:kube-scheduler",
    "kwok": "yunzu:kwok",
}


def leaves(site: Site) -> list[Leaf]:
    """Client certificates of the cluster's own identities."""
    return [
        Leaf(ADMIN, "clients", "yunzu:admin", "system:masters"),
        Leaf(PLATFORM, "clients", naming.platform_user(site.centre)),
        *(Leaf(name, "clients", user) for name, user in _COMPONENTS.items()),
    ]


def path(site: Site, identity: str) -> Path:
    return site.home.pki / f"{identity}.kubeconfig"


def content(site: Site, identity: str) -> str:
    """A kubeconfig that names certificate files, so that a renewed one is picked up."""
    pair = site.pki.pair(identity)
    user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "yunzu",
                "cluster": {
                    "server": site.url("apiserver"),
                    "certificate-authority": str(site.pki.authority("services").certificate),
                },
            }
        ],
        "users": [{"name": identity, "user": user}],
        "contexts": [{"name": "yunzu", "context": {"cluster": "yunzu", "user": identity}}],
        "current-context": "yunzu",
    }
    return yaml.safe_dump(document, sort_keys=False)


def admin_door(site: Site) -> Door:
    """How the embedded room itself asks the cluster, with the break-glass identity."""
    return Door(
        "apiserver",
        site.url("apiserver"),
        site.pki.authority("services").certificate,
        site.pki.pair(ADMIN),
    )
