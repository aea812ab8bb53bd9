"""Accounts and authority: one-time codes, second factors, who is disabled, deputies, and their trail."""

from yunzu.records.migrations.statements import run_beside

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_beside(__file__)
