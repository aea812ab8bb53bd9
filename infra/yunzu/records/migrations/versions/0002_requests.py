"""Requests, what they approved and reserved, and the tokens of those who make them."""

from yunzu.records.migrations.statements import run_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_beside(__file__)
