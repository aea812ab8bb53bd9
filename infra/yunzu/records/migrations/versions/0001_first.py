"""The first schema: environments, claims, journal, fences, and Pulumi's state behind the fence."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - migrations never run offline
    # Past SQLAlchemy, which takes colons and percent signs in the functions for parameters.
    driver.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
