"""Load what an environment gets, through the credentials that were handed to it and nothing else."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from yunzu import naming
from yunzu.services.demo.bucket import TenantBucket
from yunzu.services.demo.cast import CARGO
from yunzu.services.demo.database import load_table
from yunzu.services.demo.shapes import Cargo, Content, File, Loaded, Progress, Source
from yunzu.services.demo.tenancy import Bindings, binding, session

_LOGIN = ("host", "port", "database", "username", "password")
_KEYS = ("endpoint", "region", "bucket", "access-key", "secret-key")
_OURS = Source("云租", "1", "MIT")


def load(
    environment_id: str, bindings: Mapping[str, Mapping[str, str]], *, full: bool, progress: Progress
) -> list[Loaded]:
    """Load the tables and files of one environment of the demonstration; one without any gets none.

    `bindings` are the environment's Secrets by name, decoded. Flights are January's unless `full`.
    A second run changes nothing and says so. Raises NotFoundError for a Secret that is missing,
    UnreachableError for a server or a package, YunzuError for what a server refuses.
    """
    cargo = CARGO.get(environment_id)
    if cargo is None:
        return []
    total = len(cargo.tables) + len(cargo.files) + 1
    loaded: list[Loaded] = []
    for one in _everything(environment_id, cargo, bindings, full=full):
        loaded.append(one)
        progress(environment_id, len(loaded), total, f"{one.state}: {one.where}")
    return loaded


def _everything(environment_id: str, cargo: Cargo, bindings: Bindings, *, full: bool) -> Iterator[Loaded]:
    tables: list[Loaded] = []
    for claim, pairs in groupby(cargo.tables, key=lambda pair: pair[0]):
        login = binding(environment_id, naming.database_secret(claim), bindings, _LOGIN)
        # One transaction for each table: a stop in between leaves whole tables only.
        for _, table in pairs:
            with session(f"database {claim} of {environment_id}", login) as connection:
                tables.append(load_table(connection, f"{claim}.{table.name}", table, full=full))
            yield tables[-1]
    objects: list[Loaded] = []
    for claim, file in (*cargo.files, (_first_bucket(bindings), None)):
        keys = binding(environment_id, naming.bucket_secret(claim), bindings, _KEYS)
        with TenantBucket(claim, keys) as bucket:
            objects.append(bucket.load_file(file or _readme(environment_id, cargo)))
        yield objects[-1]


def _first_bucket(bindings: Bindings) -> str:
    """Claim of the first bucket by name: where a reader looks for the README."""
    prefix = naming.bucket_secret("")
    return min((name.removeprefix(prefix) for name in bindings if name.startswith(prefix)), default="main")


def _readme(environment_id: str, cargo: Cargo) -> File:
    """What lies in this environment and where it comes from; the same text at every run."""

    def content() -> Content:
        lines = [f"# {environment_id}", "", "云租演示环境的首批数据。 First data of a demonstration.", ""]
        for claim, table in cargo.tables:
            found = table.content(False)
            lines.append(f"- 表 {claim}.{table.name}：{table.title}；来源 {found.source}")
        for claim, file in cargo.files:
            lines.append(f"- 文件 {claim}/{file.name}：来源 {file.content().source}")
        lines.append("\n标明“虚构”的数据不对应任何真实的人或企业。")
        return Content(("\n".join(lines) + "\n").encode(), _OURS)

    return File("README.md", content, "text/markdown; charset=utf-8")
