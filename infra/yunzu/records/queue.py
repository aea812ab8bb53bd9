"""The queue of work, in the records: a job is deferred in the transaction that makes it due.

Jobs are procrastinate's; this module and the worker that runs it are all that knows so. Its tables lie in a
schema of their own and are named there without it, so whoever uses them sets the search path.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from sqlalchemy import Connection, text

from yunzu.model.connections import Postgres
from yunzu.model.manifests import Environment
from yunzu.records.database import conninfo

SCHEMA = "yunzu_queue"

Queue = Literal["delivery", "background"]
DELIVER = "deliver"  # the task; takes the number of a request
ADMIT = "admit people"  # the task; takes a department
SHUT_OUT = "shut out"  # the task; takes a department
PUT_RIGHT = "put right"  # the task; takes an environment
PERFORM = "perform"  # the task; takes the id of a job
STALLED_S = 10.0  # a worker that has not shown itself for so long has nothing under way any more
HEARTBEAT_S = 2.0

_WORKER = "yunzu worker"


def defer_delivery(connection: Connection, number: str, *, subject: str) -> None:
    """Have a request delivered once this transaction is committed; one that is queued already begins at once.

    Deliveries of one `subject` are made one after the other, in the order in which they became due.
    """
    _defer(connection, DELIVER, number, key=number, lock=subject)


def defer_admission(connection: Connection, department: str) -> None:
    """Have all environments of a department know who of its people has access, once this is committed.

    One that is under way may have read who that was before, so another one follows it.
    """
    _defer(connection, ADMIT, department, key=None, lock=f"people of {department}")


def defer_shutting_out(connection: Connection, department: str) -> None:
    """Have whoever lost a role in a department lose it in the cluster once this is committed.

    It goes before all deliveries, and waits for none of them.
    """
    _defer(connection, SHUT_OUT, department, key=None, lock=f"access of {department}", priority=1)


def defer_putting_right(connection: Connection, environment: str) -> None:
    """Have an environment brought to what holds of it, among the deliveries of its requests, once this is
    committed. One that is under way may have read what held before, so another one follows it."""
    _defer(connection, PUT_RIGHT, environment, key=None, lock=f"{Environment.__name__} {environment}")


def defer_job(connection: Connection, identifier: str) -> None:
    """Have a job performed once this transaction is committed."""
    _defer(connection, PERFORM, identifier, key=f"job {identifier}", lock=f"job {identifier}")


def _defer(
    connection: Connection, task: str, subject: str, *, key: str | None, lock: str, priority: int = 0
) -> None:
    """`key`: of what there is one job at most, until it has ended; None: of the task and its subject, one at
    most that has not begun, beside one under way."""
    from procrastinate import App, SyncPsycopgConnector

    with _path(connection):
        known = {"task": task, "subject": subject} if key is None else {"key": key}
        if _hurried(connection, _NOT_BEGUN if key is None else _LIVING, known):
            return
        App(connector=SyncPsycopgConnector()).configure_task(
            task,
            queue="delivery",
            lock=lock,
            queueing_lock=key,
            priority=priority,
            connection=connection.connection.driver_connection,
        ).defer(subject=subject)


_LIVING = """
UPDATE procrastinate_jobs SET scheduled_at = CASE status WHEN 'todo' THEN NULL ELSE scheduled_at END
WHERE queueing_lock = :key AND status IN ('todo', 'doing')
RETURNING id
"""
_NOT_BEGUN = """
UPDATE procrastinate_jobs SET scheduled_at = NULL
WHERE task_name = :task AND args->>'subject' = :subject AND status = 'todo' RETURNING id
"""


def _hurried(connection: Connection, statement: str, known: Mapping[str, str]) -> bool:
    """Whether there is a job for it; one that waits for its next try does not wait any longer."""
    found = connection.execute(text(statement), known).scalars().all()
    _notify(connection, "delivery", found)
    return bool(found)


_RETURN_STALLED = """
UPDATE procrastinate_jobs AS job SET status = 'todo', attempts = attempts + 1, scheduled_at = NULL
WHERE status = 'doing' AND queue_name = :queue AND NOT EXISTS (
    SELECT 1 FROM procrastinate_workers AS worker
    WHERE worker.id = job.worker_id AND last_heartbeat >= now() - make_interval(secs => :seconds))
RETURNING id
"""
_RETURN_OWN = """
UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL
WHERE status = 'doing' AND worker_id = :worker RETURNING id
"""


def return_stalled(connection: Connection, queue: Queue) -> int:
    """Give what dead or hanging workers had under way to others; how much that is."""
    with _path(connection):
        values = {"queue": queue, "seconds": STALLED_S}
        found = connection.execute(text(_RETURN_STALLED), values).scalars().all()
        _notify(connection, queue, found)
    return len(found)


def return_own(connection: Connection, queue: Queue, worker: int) -> None:
    """A worker that has to end gives back what it has under way."""
    with _path(connection):
        found = connection.execute(text(_RETURN_OWN), {"worker": worker}).scalars().all()
        _notify(connection, queue, found)


def undelivered(connection: Connection, numbers: list[str]) -> list[str]:
    """Those of the requests for which there is no job."""
    query = (
        f"SELECT queueing_lock FROM {SCHEMA}.procrastinate_jobs"  # noqa: S608 - a constant
        " WHERE queueing_lock = ANY(:numbers) AND status IN ('todo', 'doing')"
    )
    queued = {*connection.execute(text(query), {"numbers": numbers}).scalars()}
    return [one for one in numbers if one not in queued]


def is_attended(connection: Connection, queue: Queue) -> bool:
    """Whether any worker looks after that queue: a hanging one has a session, and asks nothing on it."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND starts_with(application_name, :name)"
        " AND (state = 'active' OR state_change > clock_timestamp() - make_interval(secs => :seconds))"
    )
    values = {"name": f"{_WORKER} {queue} ", "seconds": STALLED_S}
    return bool(connection.execute(query, values).scalar_one())


def session(postgres: Postgres, queue: Queue, place: str) -> dict[str, Any]:
    """How a worker of that queue connects, as keyword arguments of `psycopg.connect`; holds the password."""
    return conninfo(postgres, f"{_WORKER} {queue} {place}") | {"options": f"-c search_path={SCHEMA}"}


@contextmanager
def _path(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
    yield
    connection.exec_driver_sql("SET LOCAL search_path TO DEFAULT")


_NOTIFY = """
SELECT pg_notify('procrastinate_queue_v1#' || :queue, '{"type": "job_inserted", "job_id": 0}')
"""


def _notify(connection: Connection, queue: Queue, found: Any) -> None:
    """As procrastinate's trigger does for a new job: workers look at once."""
    if found:
        connection.execute(text(_NOTIFY), {"queue": queue})
