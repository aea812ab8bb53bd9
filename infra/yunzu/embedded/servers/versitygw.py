"""versitygw: a light, maintained S3 server over a directory; no quotas and no managed policies."""

from functools import partial

from yunzu.embedded import keys
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site

NAME = "versitygw"


def leaves(site: Site) -> list[Leaf]:
    return [Leaf("s3-server", "services", "s3", hosts=(site.address, "localhost"), purpose="server")]


def program(site: Site) -> ServerProgram:
    binary, pair, home = site.binaries[NAME], site.pki.pair("s3-server"), site.home
    url = site.url("s3")
    return ServerProgram(
        name="s3",
        command=(
            str(binary.path),
            f"--port={url.removeprefix('https://')}",
            f"--cert={pair.certificate}",
            f"--key={pair.key}",
            f"--iam-dir={home.data / 'versitygw-iam'}",
            "--health=/health",
            "--quiet",
            "posix",
            f"--versioning-dir={home.data / 'versitygw-versions'}",
            str(home.data / "versitygw"),
        ),
        version=binary.version,
        address=url,
        probe=partial(_live, Door("s3", url, site.pki.authority("services").certificate)),
        environment={
            "ROOT_ACCESS_KEY": keys.access_key(home, "s3"),
            "ROOT_SECRET_KEY": keys.password(home, "s3"),
        },
        inputs=(pair.certificate,),
        certificate=pair.certificate,
        prepare=partial(prepare, site),
    )


def prepare(site: Site) -> None:
    for name in ("versitygw", "versitygw-iam", "versitygw-versions"):
        (site.home.data / name).mkdir(mode=0o700, exist_ok=True)


def _live(door: Door) -> None:
    expect_ok(door, "/health")
