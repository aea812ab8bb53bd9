"""versitygw: a light, maintained S3 server over a directory; no quotas and no managed policies.

It takes its root account from arguments or the environment only, where it could be read. So root is given
a name that no request can state, and the centre's administrator is an account of the gateway's own, in
the file in which it keeps all of them.
"""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

from yunzu.embedded import keys
from yunzu.embedded.asking import Door, expect_ok
from yunzu.embedded.home import Home, write_private
from yunzu.embedded.pki import Leaf
from yunzu.embedded.programs import ServerProgram, Site
from yunzu.errors import YunzuError

NAME = "versitygw"
# A signature's scope is split at its slashes into exactly five parts, the first of them the account.
_NOBODY = "no/request/can/state/this"


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
            f"--iam-dir={_directory(home, '-iam')}",
            "--health=/health",
            "--quiet",
            "posix",
            f"--versioning-dir={_directory(home, '-versions')}",
            str(_directory(home)),
        ),
        version=binary.version,
        address=url,
        probe=partial(_live, Door("s3", url, site.pki.authority("services").certificate)),
        environment={
            "ROOT_ACCESS_KEY": _NOBODY,
            "ROOT_SECRET_KEY": _unused(home),
        },
        inputs=(pair.certificate,),
        certificate=pair.certificate,
        prepare=partial(prepare, site),
    )


def prepare(site: Site) -> None:
    """Its directories, and its administrator among its accounts."""
    for suffix in ("", "-iam", "-versions"):
        _directory(site.home, suffix).mkdir(mode=0o700, exist_ok=True)
    _ensure_administrator(site.home)


def _ensure_administrator(home: Home) -> None:
    """Its account, and those of the tenants' users as the gateway wrote them."""
    file = _directory(home, "-iam") / "users.json"
    access = keys.access_key(home, "s3")
    numbers = dict.fromkeys(("userID", "groupID", "projectID"), 0)
    wanted = {"access": access, "secret": keys.password(home, "s3"), "role": "admin", **numbers}
    try:
        accounts: dict[str, Any] = json.loads(file.read_bytes())["accessAccounts"] or {}
    except FileNotFoundError:
        accounts = {}
    except (ValueError, KeyError, TypeError) as error:
        raise YunzuError(f"file {file}", "is not the gateway's list of accounts", "restore it") from error
    if accounts.get(access) != wanted:
        write_private(file, json.dumps({"accessAccounts": accounts | {access: wanted}}))


def _unused(home: Home) -> str:
    """Root's secret: not to be guessed, though its name cannot be stated."""
    return hashlib.sha256(b"root of versitygw" + keys.password(home, "s3").encode()).hexdigest()


def _directory(home: Home, suffix: str = "") -> Path:
    return home.data / f"versitygw{suffix}"


def _live(door: Door) -> None:
    expect_ok(door, "/health")
