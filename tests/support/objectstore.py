"""Real S3 servers with TLS for the tests, each in a directory of its own."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from tests.support.postgres import certificate, free_port
from yunzu.clients.objectstore import object_store
from yunzu.embedded import tools
from yunzu.errors import UnreachableError, YunzuError
from yunzu.model.connections import ObjectStore
from yunzu.settings import Settings

ADMIN_KEY = "admin-of-the-test-server"
ADMIN_SECRET = "secret-of-the-test-server"  # loopback, for the minutes of a test run


def binary(name: str) -> Path | None:
    """The server's program, where the product finds it too; None if it is not built."""
    try:
        return tools.find(name, Settings()).path
    except UnreachableError:
        return None


@contextmanager
def running_store(driver: str, directory: Path, program: Path) -> Iterator[ObjectStore]:
    """The server while the context lasts; its log is `directory/server.log`."""
    port, certs, data = free_port(), directory / "certs", directory / "data"
    for path in (certs, data, directory / "iam", directory / "versions"):
        path.mkdir()
    ca, key = certificate(certs)
    if driver == "minio":
        command: list[str | Path] = [
            program,
            "server",
            "--quiet",
            "--certs-dir",
            certs,
            "--address",
            f"127.0.0.1:{port}",
        ]
        command += [data]
        names, root = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"), (ADMIN_KEY, ADMIN_SECRET)
    else:
        command = [program, "--port", f"127.0.0.1:{port}", "--cert", ca, "--key", key]
        command += ["--iam-dir", directory / "iam", "--keep-alive", "--quiet"]
        command += ["posix", "--versioning-dir", directory / "versions", data]
        names, root = ("ROOT_ACCESS_KEY", "ROOT_SECRET_KEY"), ("not/used", "not/used")
        account = {"access": ADMIN_KEY, "secret": ADMIN_SECRET, "role": "admin"}  # as the product has it
        (directory / "iam" / "users.json").write_text(json.dumps({"accessAccounts": {ADMIN_KEY: account}}))
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "MINIO_BROWSER": "off"}
    environment |= dict(zip(names, root, strict=True))
    with (directory / "server.log").open("ab") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    address = ObjectStore(
        driver=driver,
        endpoint=f"https://127.0.0.1:{port}",
        region="us-east-1",
        access_key=SecretStr(ADMIN_KEY),
        secret_key=SecretStr(ADMIN_SECRET),
        ca=ca,
    )
    try:
        _await(server, address, directory / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _await(server: subprocess.Popen[bytes], address: ObjectStore, log: Path) -> None:
    deadline = time.monotonic() + 60
    store = object_store(address)
    while True:
        try:
            store.version()
        except YunzuError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.1)
        else:
            store.close()
            return
