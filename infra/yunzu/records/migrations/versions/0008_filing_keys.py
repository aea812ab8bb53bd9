"""What a client calls a filing, so that one that is said twice is filed once."""

from yunzu.records.migrations.statements import run_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_beside(__file__)
