"""When something of what an environment was let have ends by itself."""

from yunzu.records.migrations.statements import run_beside

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_beside(__file__)
