"""Jobs that people ask the workers for, without a decision."""

from yunzu.records.migrations.statements import run_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_beside(__file__)
