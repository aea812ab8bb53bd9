"""Environments, as the centre answers."""

from datetime import date, datetime

from pydantic import Field

from yunzu.model.answers.common import Answer


class DatabaseAnswer(Answer):
    """A database: its name in the manifest, and on the server."""

    name: str
    database: str


class BucketAnswer(Answer):
    """A bucket: its name in the manifest, and on the server."""

    name: str
    bucket: str


class TermAnswer(Answer):
    """First and last day of the right of use."""

    start: date | None = Field(alias="from")
    until: date | None


class EnvironmentAnswer(Answer):
    """One environment. `suspended_at`: since when it is to be suspended (UTC), whatever its state says has
    been done."""

    id: str
    uid: str
    department: str
    environment: str
    namespace: str
    databases: tuple[DatabaseAnswer, ...]
    buckets: tuple[BucketAnswer, ...]
    plan: str
    state: str
    suspended_at: datetime | None
    lease: TermAnswer


class EnvironmentsAnswer(Answer):
    """What whoever asks may see, by id."""

    items: tuple[EnvironmentAnswer, ...]
