"""Emergencies: what an operator had granted without the people whose steps it waited for."""

from yunzu.records.migrations.statements import run_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_beside(__file__)
