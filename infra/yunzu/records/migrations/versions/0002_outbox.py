"""The outbox: messages to people, and how each wants to be told."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - migrations never run offline
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
