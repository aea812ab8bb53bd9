"""Where a secret may not be, searched for secrets in every form in which it could lie there."""

import base64
import gzip
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from yunzu.model.connections import Postgres
from yunzu.records.database import conninfo
from yunzu.services.centre import Centre


def forms(secret: str) -> list[bytes]:
    """A secret as text, in a URL, and in base64 wherever in a longer text it begins."""
    found = [secret.encode(), quote(secret, safe="").encode()]
    for before, mixed in ((0, 0), (1, 2), (2, 3)):  # bytes before it, characters that they have a part in
        encoded = base64.b64encode(b"\0" * before + secret.encode()).rstrip(b"=")
        found.append(encoded[mixed:-1])
    return found


class Leaks:
    """Secrets by name, and the places where one of them was seen."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        assert all(len(secret) >= 16 for secret in secrets.values()), "too short to be told from chance"
        self._forms = {name: forms(secret) for name, secret in secrets.items()}
        self.seen: list[str] = []
        self.searched = 0  # bytes

    def search(self, place: str, content: bytes) -> None:
        """Look for every secret in one content."""
        self.searched += len(content)
        for name, patterns in self._forms.items():
            if any(pattern in content for pattern in patterns):
                self.seen.append(f"{name} in {place}")

    def search_tree(self, directory: Path) -> None:
        """Every file below a directory, and what is packed in it."""
        for path in sorted(directory.rglob("*")):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                self.search(str(path), content)
                if content[:2] == b"\x1f\x8b":
                    self.search(f"{path} (unpacked)", gzip.decompress(content))

    def search_database(self, address: Postgres) -> None:
        """Every row of every table of a database, as text; Pulumi's state also decoded."""
        with psycopg.connect(**conninfo(address), autocommit=True) as connection:
            for schema, table in connection.execute(_TABLES).fetchall():
                name = psycopg.sql.Identifier(schema, table)
                query = psycopg.sql.SQL("SELECT t::text FROM {} t").format(name)
                for (row,) in connection.execute(query):
                    self.search(f"table {schema}.{table}", row.encode())
            for key, data in connection.execute("SELECT key, data ->> 'data' FROM pulumi.pulumi_state"):
                self.search(f"state {key}", base64.b64decode(data or ""))

    def search_processes(self, seen: "Processes") -> None:
        """What was seen of processes while they were watched."""
        for content, place in seen.contents.items():
            self.search(place, content)


class Processes:
    """Arguments and environments of every process that was there while the block ran.

    They are kept and searched afterwards: the first to hold a secret may be the one that makes it.
    """

    def __init__(self) -> None:
        self.contents: dict[bytes, str] = {}  # each once, and where it was first seen
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> "Processes":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            for entry in Path("/proc").glob("[0-9]*"):
                self._look_at(entry)
            time.sleep(0.01)

    def _look_at(self, process: Path) -> None:
        try:
            words = (process / "cmdline").read_bytes()
            self.contents.setdefault(words, f"arguments of {words[:60]!r}")
            environment = (process / "environ").read_bytes()
            self.contents.setdefault(environment, f"environment of {words[:60]!r}")
        except OSError:
            return  # it has ended, or is not ours to read


_TABLES = (
    "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)


def tenants_secrets(centre: Centre, namespaces: Iterable[str]) -> dict[str, str]:
    """What is secret in the environments' Secrets, by namespace, Secret and key."""
    found = {}
    for namespace in namespaces:
        for secret in centre.cluster.list("v1", "Secret", namespace):
            data: dict[str, Any] = secret.get("data") or {}
            for key in ("password", "secret-key", "access-key"):
                if key in data:
                    name = f"{namespace}/{secret['metadata']['name']}/{key}"
                    found[name] = base64.b64decode(data[key]).decode()
    return found


def centres_secrets(home: Path) -> dict[str, str]:
    """What is secret in the centre's own files, by file; of a key in PEM, a line from its middle."""
    found = {}
    for path in sorted((home / "secrets").iterdir()):
        lines = path.read_text().strip().splitlines()
        if path.name == "encryption.yaml":
            key = next(line for line in lines if "secret:" in line)
            found[path.name] = key.split("secret: ")[1].rstrip("}")
        else:
            found[path.name] = lines[len(lines) // 2]
    return found
