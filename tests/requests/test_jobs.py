"""Jobs through the API: who may have one, whose answer it is, and what a worker makes of it.

What is done on the servers is in tests/cli; here something else stands for it.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.api import Served
from tests.support.office import Desk, department, environment
from yunzu.clients.api import Api
from yunzu.errors import InterruptError, NotFoundError, RefusedError, UnreachableError, UsageError
from yunzu.model.answers.jobs import CredentialAnswer, CredentialsAnswer, PlacesAnswer
from yunzu.model.hashes import content
from yunzu.model.sealing import Reader
from yunzu.records import jobs, queue
from yunzu.services.jobs import asking, performing
from yunzu.services.jobs.performing import Performed
from yunzu.services.requests import truth
from yunzu.services.requests.delivering import Delivery

FLIGHTS = "transport/flights"


def worker(desk: Desk, identifier: str) -> None:
    """As a worker does it."""
    performing.perform(identifier, with_=Delivery(desk.office, None))  # type: ignore[arg-type]  # no servers


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has something stand for what is done on the servers."""

    def answer(**by_kind: Any) -> None:
        monkeypatch.setattr(performing, "PERFORMING", {**performing.PERFORMING, **by_kind})

    return answer


@pytest.fixture
def developer(served: Served) -> Iterator[Api]:
    api = served.bearer(served.token("transport-steward"))
    yield api
    api.close()


def queued(desk: Desk) -> list[str]:
    """Ids of the jobs that workers have before them."""
    table = f"{queue.SCHEMA}.procrastinate_jobs"
    query = f"SELECT args->>'subject' FROM {table} WHERE task_name = 'perform'"  # noqa: S608 - a constant
    with desk.office.records.transaction() as connection:
        return [row[0] for row in connection.exec_driver_sql(query)]


def asked(api: Api, kind: str, **words: Any) -> Any:
    return api.post("/jobs", {"kind": kind, "environment": FLIGHTS, **words})


def test_a_look_is_queued_done_and_read(desk: Desk, developer: Api, answers: Callable[..., None]) -> None:
    answers(where=lambda *_: Performed(PlacesAnswer(items=())))
    job = asked(developer, "where")
    assert (job["state"], job["attended"], queued(desk)) == ("queued", False, [job["id"]])
    worker(desk, job["id"])
    done = developer.get(f"/jobs/{job['id']}")
    assert (done["state"], done["result"], done["sealed"], done["failure"]) == (
        "done",
        {"items": []},
        None,
        None,
    )


def test_a_job_is_its_askers_alone(desk: Desk, served: Served, developer: Api) -> None:
    job = asked(developer, "where")
    for other in ("transport-applicant", "shenruochuan"):
        api = served.bearer(served.token(other))
        with pytest.raises(NotFoundError, match="is not known, or was forgotten"):
            api.get(f"/jobs/{job['id']}")
        api.close()
    with pytest.raises(NotFoundError):
        developer.get("/jobs/none")


def test_what_is_not_permitted_is_not_queued(desk: Desk, served: Served, developer: Api) -> None:
    for kind, words, error in (
        ("repair", {}, RefusedError),
        ("kubeconfig", {"account": "transport-applicant"}, RefusedError),
        ("kubeconfig", {}, UsageError),  # to whom?
        ("where", {"recipient": Reader().public}, UsageError),
        ("where", {"environment": "health/beds"}, RefusedError),
        ("plan", {"manifests": [content(environment("health/beds"))]}, UsageError),
        ("plan", {"manifests": [{"kind": "Environment"}]}, Exception),
        ("dance", {}, Exception),
    ):
        with pytest.raises(error):
            asked(developer, kind, **words)
    reading = served.bearer(served.token("transport-steward", "read"))
    with pytest.raises(RefusedError, match="for reading only"):
        asked(reading, "credentials", recipient=Reader().public)
    reading.close()
    assert queued(desk) == []


def test_a_secret_lies_sealed_and_is_entered_with_its_end(
    desk: Desk, developer: Api, answers: Callable[..., None]
) -> None:
    secret = CredentialsAnswer(
        account="me",
        items=(CredentialAnswer(binding="b", slot="a", secret="n/b", values={"password": "hunter2"}),),
    )
    entered: list[str] = []
    answers(credentials=lambda job, *_: Performed(secret, lambda _: entered.append(job.id)))
    reader = Reader()
    job = asked(developer, "credentials", recipient=reader.public)
    worker(desk, job["id"])
    worker(desk, job["id"])  # a second one, after the first had ended
    assert entered == [job["id"]]
    done = developer.get(f"/jobs/{job['id']}")
    assert done["result"] is None
    with desk.office.records.transaction() as connection:
        rows = connection.exec_driver_sql("SELECT j::text FROM yunzu.jobs j").scalars().all()
        assert not [row for row in rows if "hunter2" in row]
    opened = json.loads(reader.open(done["sealed"], job["id"]))
    assert opened["items"][0]["values"] == {"password": "hunter2"}


def test_what_cannot_be_entered_is_not_handed_out(
    desk: Desk, developer: Api, answers: Callable[..., None]
) -> None:
    def refuse(_: Any) -> None:
        raise RefusedError("b, slot a", "was handed out to another")

    answers(credentials=lambda *_: Performed(CredentialsAnswer(account="me", items=()), refuse))
    job = asked(developer, "credentials", recipient=Reader().public)
    worker(desk, job["id"])
    done = developer.get(f"/jobs/{job['id']}")
    assert (done["state"], done["sealed"], done["failure"]["exit_code"]) == ("failed", None, 3)


def test_a_failure_is_the_answer_and_what_nobody_foresaw_says_nothing(
    desk: Desk, developer: Api, answers: Callable[..., None]
) -> None:
    def fail(error: Exception) -> Any:
        def act(*_: Any) -> Performed:
            raise error

        return act

    answers(where=fail(UnreachableError("S3", "does not answer")), verify=fail(KeyError("hunter2")))
    job = asked(developer, "where")
    worker(desk, job["id"])
    assert developer.get(f"/jobs/{job['id']}")["failure"]["exit_code"] == 5
    job = asked(developer, "verify")
    with pytest.raises(KeyError):
        worker(desk, job["id"])
    failure = developer.get(f"/jobs/{job['id']}")["failure"]
    assert (failure["exit_code"], "hunter2" in json.dumps(failure)) == (1, False)


def test_one_that_was_cut_short_is_begun_anew(
    desk: Desk, developer: Api, answers: Callable[..., None]
) -> None:
    def part(job: jobs.Job, *_: Any) -> Performed:
        found = {"name": "door", "ok": True, "seconds": 0.1, "detail": "shut"}
        with desk.office.records.transaction() as connection:
            jobs.add(connection, job.id, found)
        if cut.pop():
            raise InterruptError("verify", "stopped")
        return Performed(PlacesAnswer(items=()))

    cut = [False, True]
    answers(verify=part)
    job = asked(developer, "verify")
    with pytest.raises(InterruptError):
        worker(desk, job["id"])
    assert developer.get(f"/jobs/{job['id']}")["state"] == "running"
    worker(desk, job["id"])
    done = developer.get(f"/jobs/{job['id']}")
    assert (done["state"], [one["name"] for one in done["found"]]) == ("done", ["door"])


def test_nobody_waits_for_ever_and_nothing_is_kept_for_long(
    desk: Desk, developer: Api, answers: Callable[..., None]
) -> None:
    answers(where=lambda *_: Performed(PlacesAnswer(items=())))
    job = asked(developer, "where")
    desk.pass_time(seconds=asking.BEGUN_WITHIN.total_seconds() + 1)
    worker(desk, job["id"])
    assert developer.get(f"/jobs/{job['id']}")["failure"]["exit_code"] == 5
    assert asking.forget(desk.office) == 0
    desk.pass_time(seconds=asking.KEPT.total_seconds())
    assert asking.forget(desk.office) == 1
    worker(desk, job["id"])  # forgotten: nothing happens
    assert asking.KEPT - timedelta(minutes=5) > asking.BEGUN_WITHIN


def test_nobody_fills_the_queue(desk: Desk, developer: Api, answers: Callable[..., None]) -> None:
    answers(where=lambda *_: Performed(PlacesAnswer(items=())))
    asked_for = [asked(developer, "where") for _ in range(asking.AT_ONCE)]
    with pytest.raises(RefusedError, match="8 jobs under way; wait for one of them"):
        asked(developer, "where")
    worker(desk, asked_for[0]["id"])
    asked(developer, "where")


def test_a_plan_is_of_the_manifests_that_come_with_it(desk: Desk, developer: Api) -> None:
    with desk.office.records.transaction() as connection:
        approved = truth.Truth(connection).catalogue(desk.office.day)
    bigger = environment(plan="standard")
    words = {"manifests": [content(bigger), content(department())]}
    job = asked(developer, "plan", **words)
    with desk.office.records.transaction() as connection:
        found = jobs.find(connection, job["id"], "transport-steward")
    assert performing._proposed(found, approved).environment(FLIGHTS) == bigger
    unknown = asked(developer, "plan", manifests=[content(environment(plan="gold"))])
    worker(desk, unknown["id"])
    failure = developer.get(f"/jobs/{unknown['id']}")["failure"]
    assert (failure["exit_code"], "gold" in failure["subject"]) == (1, True)
