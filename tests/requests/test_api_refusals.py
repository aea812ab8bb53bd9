"""What the API refuses, and how it says so: always one document, with the status that fits."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from pydantic import SecretStr
from starlette.requests import Request

from tests.support.api import KEY, Served, serving
from tests.support.office import MONDAY, Desk, department, environment
from yunzu.clients.api import Api, bearer, operator
from yunzu.errors import NotFoundError, RefusedError, UnreachableError, UsageError
from yunzu.records import tokens
from yunzu.services.requests import offering
from yunzu_portal import identity
from yunzu_portal.guarding import LARGEST_BODY
from yunzu_portal.identity import Attempts, Portal, TooManyAttemptsError, UnknownActorError

UNKNOWN = "token: is not valid; an operator, or `yunzu token new`, makes another"


class Caller:
    """Whoever speaks HTTP, and not as our client does."""

    def __init__(self, served: Served) -> None:
        self._pool = urllib3.connection_from_url(served.url, ca_certs=str(served.ca), retries=False)

    def __call__(
        self, method: str, path: str, token: str | None = None, **more: Any
    ) -> tuple[int, dict[str, Any], Any]:
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = self._pool.urlopen(method, f"/api/v1{path}", headers=headers, **more)
        return answer.status, json.loads(answer.data), answer.headers

    def close(self) -> None:
        self._pool.close()


@pytest.fixture
def call(served: Served) -> Iterator[Caller]:
    caller = Caller(served)
    yield caller
    caller.close()


@pytest.fixture
def applicant(served: Served) -> str:
    return served.token("transport-applicant")


def test_nobody_is_known_without_a_proof(served: Served, call: Caller, applicant: str) -> None:
    with served.office.records.transaction() as connection:
        [one] = tokens.listed(connection, "transport-applicant")
        assert call("GET", "/whoami", applicant)[1]["account"] == "transport-applicant"
        tokens.revoke(connection, one.id, MONDAY)
    for headers in (
        {},
        {"Authorization": f"Bearer {applicant}"},
        {"Authorization": "Bearer yunzu_x"},
        {"Authorization": f"Basic {applicant}"},
        {"Authorization": "Operator !"},
        {"Authorization": "Bearer " + "x" * 20_000},
    ):
        status, body, answered = call("GET", "/whoami", headers=headers)
        assert (status, answered["www-authenticate"].split(",")[0]) == (401, "Bearer"), headers
        assert (body["subject"], body["exit_code"]) == ("token", 3)
        assert answered["content-type"] == "application/problem+json"
    for proof in (bearer(""), bearer("\x1b"), operator("tester", SecretStr("guessed")), operator("a b", KEY)):
        api = served.api(proof)
        with pytest.raises(RefusedError) as refused:
            api.get("/items")
        api.close()
        assert str(refused.value) == UNKNOWN


@pytest.mark.parametrize(
    ("client", "server", "known"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.2", "10.0.0.1", False),
    ],
)
def test_the_key_in_the_home_opens_from_its_machine_alone(
    client: str, server: str, known: bool, desk: Desk
) -> None:
    """A request is made up here: a test has one machine."""
    portal = Portal(desk.office, KEY)
    header = operator("wei", KEY).header.get_secret_value().encode()
    state = type("App", (), {"state": type("State", (), {"portal": portal})})
    scope = {"type": "http", "headers": [(b"authorization", header)], "app": state}
    request = Request(scope | {"client": (client, 1), "server": (server, 443)})
    if known:
        assert identity.desk(request).actor.account == "local-wei"
    else:
        with pytest.raises(UnknownActorError):
            identity.desk(request)


def test_who_only_reads_posts_nothing(served: Served, call: Caller) -> None:
    reading = served.token("transport-applicant", "read")
    body = {"item": "environment.new", "manifest": _manifest()}
    days = {"from": "2026-11-23", "until": "2026-11-30"}
    for path, words in (
        ("/requests", body),
        ("/manifests", {"manifest": _manifest()}),
        ("/tokens", {}),
        ("/deputies", {"of": "transport-applicant", "by": "transport-steward"} | days),
        ("/accounts/transport-steward/code", {}),
        ("/accounts/transport-steward/disable", {"reason": "x"}),
        ("/leases/transport/flights/tolerate", {"until": "2026-11-30", "reason": "x"}),
        ("/campaigns", {"until": "2028-12-31"}),
        ("/message-preferences", {"language": "en"}),
    ):
        status, said, _ = call(
            "POST", path, reading, body=json.dumps(words), headers={"Content-Type": "application/json"}
        )
        assert (status, said["exit_code"]) == (403, 3)
        assert "for reading only" in said["fact"]
    assert call("GET", "/requests", reading)[0] == 200


def test_another_departments_request_is_not_shown(desk: Desk, served: Served, call: Caller) -> None:
    number = desk.file(environment()).number
    desk.register_department(department("health"))
    foreign = served.token("health-auditor")
    status, said, _ = call("GET", f"/requests/{number}", foreign)
    assert (status, said["exit_code"]) == (403, 3)
    assert number not in json.dumps(call("GET", "/requests", foreign)[1])
    for path in ("/requests?department=transport", "/ledger?department=transport"):
        assert call("GET", path, foreign)[0] == 403
    assert call("GET", f"/requests/{number}", served.token("transport-auditor"))[0] == 200


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("POST", "/requests", {"body": b"x" * (LARGEST_BODY + 1), "headers": JSON}, 413, 2),
        ("POST", "/requests", {"body": iter([b"x" * LARGEST_BODY, b"x"]), "headers": JSON}, 413, 2),
        ("POST", "/requests", {"body": b"item=a"}, 415, 2),
        ("POST", "/requests", {"body": b"a: 1", "headers": {"Content-Type": "text/yaml"}}, 415, 2),
        ("POST", "/requests", {"body": b'{"item": ', "headers": JSON}, 422, 2),
        ("POST", "/requests", {"body": b"\xff", "headers": JSON}, 400, 2),
        ("POST", "/requests", {"body": b'{"item": "a", "mani": 1}', "headers": JSON}, 422, 2),
        ("POST", "/requests", {"body": b'{"item": "a"}', "headers": JSON}, 400, 2),
        ("POST", "/requests", {"headers": JSON}, 422, 2),
        ("GET", "/requests?open=perhaps", {}, 422, 2),
        ("GET", "/requests/YZ%1b", {}, 404, 1),
        ("GET", "/nothing", {}, 404, 1),
        ("GET", "/requests/a%2Fb", {}, 404, 1),
        ("DELETE", "/requests", {}, 405, 2),
        ("GET", "/service-levels?month=2026-13", {}, 400, 2),
    ],
)
def test_what_is_no_request_is_answered_with_a_sentence(
    method: str, path: str, more: dict[str, Any], status: int, code: int, call: Caller, applicant: str
) -> None:
    answered, said, headers = call(method, path, applicant, **more)
    assert (answered, said["exit_code"]) == (status, code), said
    assert said["subject"]
    assert said["fact"]
    assert headers["content-type"] == "application/problem+json"
    assert "server" not in headers
    assert headers["cache-control"] == "no-store"


def test_every_fault_of_a_manifest_is_named(served: Served) -> None:
    api = served.bearer(served.token("transport-applicant"))
    with pytest.raises(UsageError, match="surrogate"):
        api.post("/requests", {"item": "environment.new", "manifest": {"kind": "\ud800"}})
    with pytest.raises(Exception, match="nothing was changed") as invalid:
        api.post("/requests", {"item": "environment.new", "manifest": {"kind": "Environment", "id": "x--y"}})
    api.close()
    assert {"plan", "lease"} <= {one.path for one in invalid.value.findings}  # type: ignore[attr-defined]


def test_too_many_tokens_that_are_not_valid(desk: Desk, tmp_path: Path) -> None:
    with serving(desk.office, tmp_path / "pki", most=2) as served:
        call, good, other = (
            Caller(served),
            *(served.token(f"transport-{one}") for one in ("steward", "auditor")),
        )
        assert call("GET", "/whoami", good)[0] == 200
        assert [call("GET", "/whoami", "yunzu_x")[0] for _ in range(3)] == [401, 401, 429]
        assert call("GET", "/whoami", "yunzu_x")[2]["retry-after"] == "60"
        assert call("GET", "/whoami", good)[0] == 200  # somebody else's attempts shut nobody out
        assert call("GET", "/whoami", other)[0] == 429  # was never seen, so it is not looked up
        desk.pass_time(minutes=1)
        assert call("GET", "/whoami", other)[0] == 200
        call.close()


def test_attempts_of_one_address_are_nobody_elses() -> None:
    attempts = Attempts(most=1)
    attempts.note("a", "x", MONDAY, valid=False)
    attempts.admit("b", "x", MONDAY)
    with pytest.raises(TooManyAttemptsError):
        attempts.admit("a", "x", MONDAY)
    attempts.admit("a", "x", MONDAY + timedelta(minutes=1))


def test_a_fault_of_ours_is_in_the_log_and_not_in_the_answer(
    served: Served, call: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise LookupError("a detail of ours")

    monkeypatch.setattr(offering, "items", broken)
    status, said, headers = call("GET", "/items", served.token("transport-auditor"))
    assert (status, said["exit_code"], headers["content-type"]) == (500, 1, "application/problem+json")
    assert "detail" not in json.dumps(said)
    [record] = [one for one in caplog.records if one.name == "yunzu_portal"]
    assert record.getMessage().removeprefix("fault ") in said["fact"]
    assert record.exc_info
    assert "yunzu_" not in "".join(one.getMessage() for one in caplog.records if one.name != "yunzu_portal")


def test_a_client_without_trust_or_without_an_api(served: Served, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="no certificate that is trusted"):
        Api(served.url, ca=None, proof=None).get("/whoami")
    elsewhere = Api(f"{served.url}/elsewhere", ca=served.ca, proof=None)
    with pytest.raises(NotFoundError):
        elsewhere.get("/whoami")
    elsewhere.close()


def _manifest() -> dict[str, Any]:
    from yunzu.model.hashes import content

    return content(environment())
