"""When something of what an environment was let have ends by itself."""

from yunzu.records.migrations.statements import run_beside

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_beside(__file__)
