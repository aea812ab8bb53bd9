"""A filing is neither lost nor filed twice, whatever happens to the API meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.support.api import Served, serving
from tests.support.office import Desk, environment
from yunzu.clients import api as client
from yunzu.clients.api import Api
from yunzu.errors import RefusedError, UnreachableError
from yunzu.model.hashes import content
from yunzu.records import requests

KEY = "k" * 32


def asked(**changes: Any) -> dict[str, Any]:
    return {"item": "environment.new", "manifest": content(environment(**changes))}


def filed(desk: Desk) -> list[str]:
    """Numbers of the requests about environments."""
    with desk.office.records.transaction() as connection:
        return [one.number for one in requests.listed(connection) if one.item == "environment.new"]


@pytest.fixture
def applicant(served: Served) -> Iterator[Api]:
    api = served.bearer(served.token("transport-applicant"))
    yield api
    api.close()


def lose_answers(api: Api, monkeypatch: pytest.MonkeyPatch, count: int) -> list[str]:
    """Each of the next `count` calls is made, and its answer lost. A fake: no test can cut a connection
    between the two."""
    real, calls = api._pool.request, []

    def request(method: str, url: str, **more: Any) -> Any:
        calls.append(method)
        answer = real(method, url, **more)
        if len(calls) <= count:
            raise urllib3.exceptions.ProtocolError("Connection aborted.")
        return answer

    monkeypatch.setattr(api._pool, "request", request)
    monkeypatch.setattr(client, "_AGAIN_AFTER_S", (0.0, 0.0))
    return calls


def test_the_answer_is_lost_and_it_is_filed_once(
    desk: Desk, applicant: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = lose_answers(applicant, monkeypatch, 2)
    document = applicant.post("/requests", asked(), key=KEY)
    assert (len(calls), filed(desk)) == (3, [document["id"]])
    assert document["state"] == "granted"


def test_what_has_no_key_is_not_said_again(
    desk: Desk, applicant: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = applicant.post("/requests", asked(plan="large"))["id"]
    calls = lose_answers(applicant, monkeypatch, 1)
    with pytest.raises(UnreachableError, match="may have done it or not"):
        applicant.post(f"/requests/{number}/withdraw")
    assert calls == ["POST"]
    assert applicant.get(f"/requests/{number}")["state"] == "withdrawn"


def test_a_look_is_repeated(applicant: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = lose_answers(applicant, monkeypatch, 1)
    assert applicant.get("/whoami")["account"] == "transport-applicant"
    assert calls == ["GET", "GET"]


def test_a_filing_waits_for_an_api_that_is_restarted(desk: Desk, tmp_path: Path) -> None:
    with serving(desk.office, tmp_path / "pki") as served:
        token, port = served.token("transport-applicant"), int(served.url.rpartition(":")[2])
    api = served.bearer(token)
    with ThreadPoolExecutor(1) as pool:
        filing = pool.submit(api.post, "/requests", asked(), key=KEY)
        with serving(desk.office, tmp_path / "pki", port=port):
            number = filing.result(60)["id"]
            api.close()
    assert filed(desk) == [number]


def test_where_nothing_listens_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_AGAIN_AFTER_S", (0.0,))
    api = Api("https://127.0.0.1:9", ca=None, proof=None)
    with pytest.raises(UnreachableError, match="does not answer"):
        api.post("/requests", asked(), key=KEY)


def test_two_at_once_with_one_key_are_one(desk: Desk, served: Served, applicant: Api) -> None:
    second = served.bearer(served.token("transport-applicant"))
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda one: one.post("/requests", asked(), key=KEY)["id"], (applicant, second))
        assert set(both) == set(filed(desk))
    second.close()
    assert len(filed(desk)) == 1


def test_a_key_is_of_one_filing_and_one_person(desk: Desk, served: Served, applicant: Api) -> None:
    applicant.post("/requests", asked(), key=KEY)
    other = served.bearer(served.token(desk.officer("operator").account))
    for api, words in (
        (applicant, asked(identifier="transport/other")),
        (other, asked() | {"applicant": "transport-applicant"}),
    ):
        with pytest.raises(RefusedError, match="was another one"):
            api.post("/requests", words, key=KEY)
    other.close()
    assert len(filed(desk)) == 1


def test_a_rehearsal_files_nothing(desk: Desk, applicant: Api) -> None:
    rehearsed = applicant.post("/requests", asked(), {"dry_run": True}, key=KEY)
    assert (rehearsed["id"], rehearsed["dry_run"], rehearsed["state"]) == (None, True, "granted")
    assert filed(desk) == []
    assert applicant.post("/requests", asked(), key=KEY)["dry_run"] is False
