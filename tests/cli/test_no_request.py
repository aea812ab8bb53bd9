"""Bad input ends the command before any server is asked: no socket is opened, and no server hears of it.

Each run is a process that says which sockets it touched. The centre of `onboard` and `env apply` is one
listening port, which also hears what libpq does beside Python; valid manifests do knock there.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.support import manifest_tree as tree
from tests.support.command import Command, Ended
from tests.support.estate import write_estate
from yunzu.embedded.home import Home

_WATCHED = """
import sys
touched = []
sys.addaudithook(lambda event, _: touched.append(event) if event.startswith("socket.") else None)
from yunzu_cli.main import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    code = end.code
asked = {event for event in touched if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto")}
print(*asked, *({"psycopg", "kubernetes", "minio", "pulumi", "grpc", "sqlalchemy"} & set(sys.modules)))
sys.exit(code)
"""


@dataclass
class Door:
    """A port of this machine that shuts at once, and how often somebody knocked."""

    listener: socket.socket
    knocks: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    def shut_on_everybody(self) -> None:
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return  # closed: the test is over
            self.knocks.append(str(peer))
            connection.close()


@pytest.fixture
def door() -> Iterator[Door]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        door = Door(listener)
        thread = threading.Thread(target=door.shut_on_everybody, daemon=True)
        thread.start()
        yield door
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def command(tmp_path: Path) -> Command:
    tree.department(tmp_path / "tenants", "dept-a")
    tree.environment(tmp_path / "tenants", "dept-a/beds")
    return Command(tmp_path / "home", tmp_path / "tenants")


def _centre(command: Command, door: Door) -> dict[str, str]:
    """Settings of a centre that was up once and whose every server is that door."""
    home = Home(command.home)
    home.prepare()
    home.mint_centre("127.0.0.1", {"api": 1})
    kubeconfig = command.home / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"https://{door.address}"}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    kubeconfig.write_text(yaml.safe_dump(config), "utf-8")
    return {
        "YUNZU_KUBECONFIG": str(kubeconfig),
        "YUNZU_RECORDS_URL": f"postgresql://u:p@{door.address}/records",
        "YUNZU_DATABASE_URL": f"postgresql://u:p@{door.address}/postgres",
        "YUNZU_S3_ENDPOINT": f"https://{door.address}",
        "YUNZU_S3_ACCESS_KEY": "x",
        "YUNZU_S3_SECRET_KEY": "x",
        "YUNZU_URL": f"https://{door.address}",
        "YUNZU_TOKEN": "x",
    }


def _watched(command: Command, *arguments: object, **changes: str) -> tuple[Ended, str]:
    """How it ended, and what it touched."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=command.environment(**changes),
    )
    *out, touched = done.stdout.splitlines() or [""]
    return Ended(done.returncode, "\n".join(out), done.stderr), touched


def _spoil(tenants: Path, plans: Path) -> set[str]:
    """Everything bad at once; the names of the files that must be found."""
    environments = tenants / "dept-a" / "environments"
    plain = (environments / "beds.yaml").read_text("utf-8")
    texts = {
        "bomb": "a: &a [1]\nb: [*a, *a]\n",
        "twice": plain + "stage: dev\n",
        "unknown": plain.replace("beds", "unknown") + "colour: red\n",
        "erase": plain.replace("beds", "erase") + "retain: false\n",
        "elsewhere": plain.replace("dept-a/beds", "dept-b/beds"),
        "hostile": plain.replace("dept-a/beds", '"dept-a/../../etc"'),
    }
    for name, text in texts.items():
        (environments / f"{name}.yaml").write_text(text, "utf-8")
    with (environments / "huge.yaml").open("wb") as file:
        file.truncate(100 * 2**20)
    (environments / "folder.yaml").mkdir()
    tree.department(tenants, "dept-b", id="dept-a")
    tree.department(tenants, "dept-c", id="dept--c")
    plans.mkdir()
    small = (tree.PLANS / "small.yaml").read_text("utf-8")
    bad = {"pods": "pods: -1", "storage": "storage: 1e100", "requests": "requests: {cpu: 0.1m, memory: 2Gi}"}
    for key, text in bad.items():
        lines = [text if line.startswith(f"{key}:") else line for line in small.splitlines()]
        (plans / f"{key}.yaml").write_text("\n".join(lines).replace("id: small", f"id: {key}"), "utf-8")
    (plans / "small.yaml").write_text(small, "utf-8")
    spoilt = {f"{name}.yaml" for name in [*texts, *bad, "huge", "folder"]}
    return spoilt | {"dept-b/department.yaml", "dept-c/department.yaml"}


def test_valid_manifests_do_knock(command: Command, door: Door) -> None:
    """Otherwise the silence below would prove nothing."""
    settings = _centre(command, door)
    for arguments in (["env", "apply", "dept-a/beds"], ["onboard", command.tenants / "dept-a"]):
        door.knocks.clear()
        ended, _ = _watched(command, *arguments, **settings)
        assert ended.code == 5, ended.err
        assert door.knocks


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["really", "dry"])
@pytest.mark.parametrize("words", [("env", "apply", "dept-a/beds"), ("onboard",)], ids=" ".join)
def test_bad_manifests_open_no_door(
    words: tuple[str, ...], dry: tuple[str, ...], command: Command, door: Door, tmp_path: Path
) -> None:
    settings = _centre(command, door)
    spoilt = _spoil(command.tenants, tmp_path / "plans")
    arguments = [*words, *([command.tenants / "dept-a"] if words == ("onboard",) else []), *dry]
    ended, touched = _watched(command, *arguments, YUNZU_PLANS=str(tmp_path / "plans"), **settings)
    assert (ended.code, ended.out, door.knocks) == (2, "", []), ended.err
    assert "socket." not in touched
    assert "findings; nothing was changed" in ended.err.splitlines()[-1]
    for file in spoilt:
        assert any(file in line.partition(": ")[0] for line in ended.err.splitlines()), file
    assert "environments/beds.yaml" not in ended.err


def test_validate_and_import_need_no_client_of_a_server(command: Command, tmp_path: Path) -> None:
    spoilt = _spoil(command.tenants, tmp_path / "plans")
    ended, touched = _watched(command, "validate", command.tenants, "--json", "--plans", tmp_path / "plans")
    assert (ended.code, touched) == (2, ""), ended.err
    files = {one["file"] for one in json.loads(ended.out)["findings"]}
    assert all(any(found.endswith(file) for found in files) for file in spoilt)
    estate = write_estate(tmp_path / "estate.jsonl", ["{"])
    ended, touched = _watched(command, "import", "estate", estate, "--into", tmp_path / "x")
    assert (ended.code, touched) == (2, ""), ended.err
