"""The centre's API: the certificate that it shows, and how somebody on this machine reaches it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from yunzu.embedded import keys
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import Site
from yunzu.settings import Settings

NAME = "api"


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the API is, the authority that its certificate is of, and the key of the machine's operator."""

    url: str
    ca: Path
    operator_key: SecretStr


def leaves(settings: Settings, site: Site) -> list[Leaf]:
    """What the API shows to people's programs."""
    hosts = tuple(dict.fromkeys((site.address, "127.0.0.1", "localhost", *settings.api_names)))
    return [Leaf(NAME, "services", "yunzu api", hosts=hosts, purpose="server")]


def check(site: Site) -> None:
    """Raises UnreachableError when it does not answer, or its records do not."""
    door = Door(NAME, site.url(NAME), site.pki.authority("services").certificate)
    expect_ok(door, "/api/v1/health")


def reached(site: Site) -> Reached:
    """How the owner of the home reaches it."""
    return Reached(site.url(NAME), site.pki.authority("services").certificate, keys.operator_key(site.home))
