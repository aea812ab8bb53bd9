"""MinIO: the S3 server of trials. Its public source is archived, so production points elsewhere."""

from functools import partial
from pathlib import Path

from yunzu.embedded import keys
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.home import Home, write_if_changed
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site

NAME = "minio"


def leaves(site: Site) -> list[Leaf]:
    return [Leaf("s3-server", "services", "s3", hosts=(site.address, "localhost"), purpose="server")]


def program(site: Site) -> ServerProgram:
    binary, pair = site.binaries[NAME], site.pki.pair("s3-server")
    services = site.pki.authority("services").certificate
    certificates = site.home.config / "minio-certs"
    url = site.url("s3")
    return ServerProgram(
        name="s3",
        command=(
            str(binary.path),
            "server",
            "--quiet",
            f"--address={url.removeprefix('https://')}",
            f"--certs-dir={certificates}",
            str(site.home.data / "minio"),
        ),
        version=binary.version,
        address=url,
        probe=partial(_live, Door("s3", url, services)),
        environment={
            "MINIO_CONFIG_ENV_FILE": str(_credentials_file(site.home)),
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        },
        inputs=(pair.certificate, _credentials_file(site.home)),
        certificate=pair.certificate,
        prepare=partial(prepare, site),
    )


def prepare(site: Site) -> None:
    """Lay out what MinIO reads at start: its certificate directory and the file its keys."""
    pair, certificates = site.pki.pair("s3-server"), site.home.config / "minio-certs"
    certificates.mkdir(mode=0o700, exist_ok=True)
    for source, name in ((pair.certificate, "public.crt"), (pair.key, "private.key")):
        link = certificates / name
        if not link.is_symlink():
            link.symlink_to(source)
    write_if_changed(
        _credentials_file(site.home),
        f"MINIO_ROOT_USER={keys.access_key(site.home, 's3')}\n"
        f"MINIO_ROOT_PASSWORD={keys.password(site.home, 's3')}\n"
        # Without one it keeps every user's secret key readable in its data directory.
        f"MINIO_KMS_SECRET_KEY=yunzu:{keys.encryption_key(site.home, 's3')}\n",
    )


def _credentials_file(home: Home) -> Path:
    return home.secrets / "minio.env"


def _live(door: Door) -> None:
    expect_ok(door, "/minio/health/ready")
