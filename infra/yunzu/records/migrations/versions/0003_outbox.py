"""The outbox: messages to people, and how each wants to be told."""

from yunzu.records.migrations.statements import run_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_beside(__file__)
