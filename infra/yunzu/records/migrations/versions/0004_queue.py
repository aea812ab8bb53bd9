"""The queue, as procrastinate ships it, in a schema of its own; and how far a delivery has come.

What it ships is applied as it is and once. A test notices a procrastinate whose SQL is another: then a new
version here applies the migrations that it ships, and this one goes on with a copy of today's file.
"""

from importlib import resources

from alembic import op

from yunzu.records.migrations.statements import run_beside
from yunzu.records.queue import SCHEMA

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - migrations never run offline
    shipped = resources.files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8")
    driver.execute(f"CREATE SCHEMA {SCHEMA}; SET LOCAL search_path TO {SCHEMA};")
    driver.execute(shipped)
    driver.execute("SET LOCAL search_path TO DEFAULT")
    run_beside(__file__)
