"""Messages about the promise's clock: a request is paused, given more time, resumed."""

from yunzu.records.migrations.statements import run_beside

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_beside(__file__)
