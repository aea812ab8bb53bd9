"""What a CLI process is started with."""

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from tests.support.engine import centre_of
from yunzu.model.connections import Postgres
from yunzu_stacks.workspace import Workspace


@pytest.mark.parametrize("host", ["db.example", "10.0.0.5", "fd00::5", "::1"])
@pytest.mark.parametrize("token", [None, 7])
def test_the_states_url_leads_to_the_records_also_with_ipv6(
    host: str, token: int | None, tmp_path: Path
) -> None:
    records = Postgres(host=host, port=5433, user="a", password=SecretStr("p"), database="records")
    with Workspace(centre_of(records, tmp_path)).shared_state(token) as backend:
        url = urlsplit(backend.url)
        assert (url.hostname, url.port, url.username, url.password) == (host, 5433, None, None)
        assert url.query == ("" if token is None else "yunzu.fence=7")
        understood = conninfo_to_dict(backend.url.partition("?")[0])
    assert (understood["host"], understood["port"]) == (host, "5433")


def test_the_copies_that_killed_previews_left_are_removed(tmp_path: Path) -> None:
    records = Postgres(host="::1", port=5433, user="a", password=SecretStr("p"), database="records")
    workspace = Workspace(centre_of(records, tmp_path))
    old, living = workspace.home / "preview-old", workspace.home / "preview-living"
    for directory in (old, living):
        (directory / ".pulumi").mkdir(parents=True)
    day_ago = time.time() - 86400
    os.utime(old, (day_ago, day_ago))
    with workspace.copied_state("a", b"{}") as backend:
        copies = {path.name for path in workspace.home.glob("preview-*")}
        assert "preview-old" not in copies
        assert {"preview-living", Path(urlsplit(backend.url).path).name} == copies
