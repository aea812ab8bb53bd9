"""Table of jobs. `0009_jobs.sql` makes it."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from yunzu.records.schema import metadata

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("arguments", JSONB, nullable=False),
    Column("recipient", Text),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("doing", Text, nullable=False, server_default=""),
    Column("found", JSONB, nullable=False, server_default="[]"),
    Column("result", JSONB(none_as_null=True)),
    Column("sealed", Text),
    Column("failure", JSONB(none_as_null=True)),
    Column("ended_at", DateTime(timezone=True)),
)
Index("jobs_by_time", jobs.c.asked_at)
