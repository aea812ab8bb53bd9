"""The API's contract: the committed document, and that what is said over it arrives as it was."""

import json
from pathlib import Path

import pytest
import urllib3

from tests.support.api import Served
from tests.support.office import CENTRE, ROOT
from yunzu.model.hashes import content
from yunzu.services.requests import proposing
from yunzu_portal import understanding
from yunzu_portal.application import openapi

COMMITTED = ROOT / "docs" / "reference" / "openapi.json"
MANIFESTS = sorted((*CENTRE.rglob("*.yaml"), *(ROOT / "tenants").rglob("*.yaml")))


def test_the_committed_document_is_that_of_the_routes() -> None:
    assert json.loads(COMMITTED.read_text("utf-8")) == openapi(), "run `make schema` and commit the result"


def test_a_running_station_speaks_the_committed_document(served: Served) -> None:
    with urllib3.PoolManager(ca_certs=str(served.ca)) as pool:
        answer = pool.request("GET", f"{served.url}/api/v1/openapi.json")
        assert json.loads(answer.data) == json.loads(COMMITTED.read_text("utf-8"))
        answer.close()


OPEN = {"/api/v1/health", "/api/v1/login/begin", "/api/v1/login/finish"}


def test_every_route_but_three_asks_who_it_is_and_may_answer_with_a_problem() -> None:
    open_paths = set()
    for path, methods in openapi()["paths"].items():
        for method in methods.values():
            if "security" not in method:
                open_paths.add(path)
            else:
                assert method["security"] == [{"HTTPBearer": []}], path
            if not path.endswith("/health"):
                assert "default" in method["responses"], path
    assert open_paths == OPEN


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: str(Path(file).relative_to(ROOT)))
def test_a_manifest_arrives_as_it_was_written(file: Path) -> None:
    written = proposing.read(file)
    sent = json.loads(json.dumps(content(written), ensure_ascii=False))
    assert understanding.manifest(sent) == written
