"""Tables of requests, of what was approved, of leases, and of personal tokens. `0002_requests.sql` and
`0007_emergency.sql` make them, `0004_queue.sql` the deliveries, and `0006_leases.sql` the leases."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from yunzu.records.schema import metadata


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


_document = JSONB(none_as_null=True)  # what is not there is NULL, not the JSON value null

requests = Table(
    "requests",
    metadata,
    Column("number", Text, primary_key=True),
    Column("item", Text, nullable=False),
    Column("item_hash", Text, nullable=False),
    Column("item_content", JSONB, nullable=False),
    Column("department", Text),
    Column("subject_kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("base_hash", Text),
    Column("original", _document),
    Column("requested", JSONB, nullable=False),
    Column("requested_hash", Text, nullable=False),
    Column("decided_hash", Text),
    Column("applicant", Text, nullable=False),
    Column("agent", Text),
    Column("authors", ARRAY(Text), nullable=False),
    Column("bundle", Text),
    Column("needs", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Integer),
    Column("reason", Text),
    Column("ruling", _document),
    Column("emergency", Text),
    _at("submitted_at"),
    _at("accepted_at", nullable=True),
    _at("decided_at", nullable=True),
    _at("done_at", nullable=True),
    Column("rating", SmallInteger),
    _at("rated_at", nullable=True),
    Column("filing_key", Text, unique=True),
    Column("filed_hash", Text),
)
Index("requests_by_subject", requests.c.subject_kind, requests.c.subject)
Index("requests_open", requests.c.state, postgresql_where=requests.c.done_at.is_(None))

request_days = Table(
    "request_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

request_steps = Table(
    "request_steps",
    metadata,
    Column("request", Text, ForeignKey(requests.c.number), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("step", Text, nullable=False),
    Column("by", Text, nullable=False),
    _at("started_at"),
    _at("due_at"),
    _at("ended_at", nullable=True),
    Column("action", Text),
    Column("account", Text),
    Column("principal", Text),
    Column("opinion", Text),
    Column("ruling", _document),
)

request_pauses = Table(
    "request_pauses",
    metadata,
    Column("request", Text, ForeignKey(requests.c.number), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _at("started_at"),
    _at("ended_at", nullable=True),
    Column("approved_by", Text),
)

request_moves = Table(
    "request_moves",
    metadata,
    Column("request", Text, ForeignKey(requests.c.number), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _at("at"),
    Column("move", Text, nullable=False),
    Column("state_before", Text),
    Column("state_after", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("authenticated", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("principal", Text),
    Column("reason", Text),
    Column("detail", JSONB, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("request", Text, ForeignKey(requests.c.number), primary_key=True),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("doing", Text, nullable=False),
    Column("failure", _document),
)

manifests = Table(
    "manifests",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("hash", Text),
    Column("content", _document),
    Column("request", Text, ForeignKey(requests.c.number)),
    _at("at"),
)
Index("manifests_newest", manifests.c.kind, manifests.c.id, manifests.c.seq.desc())

grants = Table(
    "grants",
    metadata,
    Column("environment", Text, primary_key=True),
    Column("department", Text, nullable=False),
    Column("pool", Text, nullable=False),
    Column("plan_hash", Text, nullable=False),
    Column("request", Text, ForeignKey(requests.c.number), nullable=False),
    Column("amounts", JSONB, nullable=False),
    _at("at"),
    Index("grants_by_department", "department"),
)

lease_decisions = Table(
    "lease_decisions",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("environment", Text, nullable=False),
    Column("until", Date, nullable=False),
    Column("decision", Text, nullable=False),
    Column("tolerated_until", Date),
    Column("reason", Text),
    Column("account", Text, nullable=False),
    _at("at"),
)
Index(
    "lease_decisions_newest",
    lease_decisions.c.environment,
    lease_decisions.c.until,
    lease_decisions.c.seq.desc(),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Text, primary_key=True),
    Column("until", Date, nullable=False),
    Column("answer_by", Date, nullable=False),
    Column("account", Text, nullable=False),
    _at("at"),
)

campaign_lines = Table(
    "campaign_lines",
    metadata,
    Column("campaign", Text, ForeignKey(campaigns.c.id), primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("department", Text, nullable=False),
)

quota_levels = Table(
    "quota_levels",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("crossing", Integer, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("scope", Text, nullable=False),
    _at("created_at"),
    _at("expires_at"),
    _at("last_used_at", nullable=True),
    _at("revoked_at", nullable=True),
    _at("confirmed_until", nullable=True),
    Index("tokens_by_account", "account"),
)
