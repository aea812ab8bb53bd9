"""The first schema: environments, claims, journal, fences, and Pulumi's state behind the fence."""

from yunzu.records.migrations.statements import run_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_beside(__file__)
