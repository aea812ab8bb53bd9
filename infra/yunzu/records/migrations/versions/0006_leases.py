"""Leases that end: what operators decide about them."""

from yunzu.records.migrations.statements import run_beside

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_beside(__file__)
