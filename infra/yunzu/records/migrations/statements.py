"""What a version's `upgrade` does: run the SQL file beside it."""

from pathlib import Path

from alembic import op


def run_beside(version: str) -> None:
    """Run the statements of the version whose `__file__` this is."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - migrations never run offline
    # Past SQLAlchemy, which takes colons and percent signs in the functions for parameters.
    driver.execute(Path(version).with_suffix(".sql").read_text("utf-8"))
