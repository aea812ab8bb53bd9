"""Tables of accounts and their authority. `0005_authority.sql` makes them."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Identity, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from yunzu.records.schema import metadata


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


account_codes = Table(
    "account_codes",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    _at("made_at"),
    _at("expires_at"),
    _at("ended_at", nullable=True),
    Column("ended_as", Text),  # used, replaced, withdrawn
)
Index(
    "account_codes_one",
    account_codes.c.account,
    unique=True,
    postgresql_where=account_codes.c.ended_at.is_(None),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("account", Text, primary_key=True),
    Column("sealed", LargeBinary),
    _at("enrolled_at", nullable=True),
    Column("offered", LargeBinary),
    Column("last_step", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    _at("locked_until", nullable=True),
)

disabled_accounts = Table(
    "disabled_accounts",
    metadata,
    Column("account", Text, primary_key=True),
    _at("disabled_at"),
    Column("disabled_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

deputies = Table(
    "deputies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("of", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("start", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("named_by", Text, nullable=False),
    _at("named_at"),
    _at("revoked_at", nullable=True),
    Column("revoked_by", Text),
    Index("deputies_by", "by"),
    Index("deputies_of", "of"),
)

account_events = Table(
    "account_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _at("at"),
    Column("account", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("authenticated", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("reason", Text),
    Column("detail", JSONB, nullable=False),
    Index("account_events_by_account", "account", "id"),
)
