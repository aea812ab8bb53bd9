"""The centre's tables. `migrations/` makes them; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

SCHEMA = "yunzu"
STATE_SCHEMA = "pulumi"  # apart, because the Pulumi CLI's own login owns what is in it

metadata = MetaData(schema=SCHEMA)


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


centre = Table("centre", metadata, Column("id", Text, primary_key=True), _now("created_at"))

environments = Table(
    "environments",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("centre", Text, ForeignKey(centre.c.id), nullable=False),
    Column("department", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("state", Text, nullable=False),  # see yunzu.records.environments
    Column("lease_from", Date),
    Column("lease_until", Date),
    Column("applied_hash", Text),
    _now("created_at"),
    _moment("applied_at"),
    _moment("destroyed_at"),
    _moment("erased_at"),
    _moment("emptied_at"),  # when somebody looked and found nothing left of an erased one
    _moment("suspended_at"),  # since when it is to be suspended, whatever the state says has been done
    Column("next_end", Date),  # last day on which all that was delivered holds; NULL: nothing ends by itself
)
Index(
    "environments_living",
    environments.c.department,
    environments.c.name,
    unique=True,
    postgresql_where=environments.c.state != "erased",
)

claims = Table(
    "claims",
    metadata,
    Column("uid", Text, ForeignKey(environments.c.uid), primary_key=True),
    Column("kind", Text, primary_key=True),  # database, bucket
    Column("claim", Text, primary_key=True),
    Column("external_name", Text, nullable=False, unique=True),
    _now("created_at"),
    _moment("erased_at"),
)

operations = Table(
    "operations",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uid", Text, ForeignKey(environments.c.uid), nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    _now("started_at"),
    _moment("ended_at"),
    Column("outcome", Text),
    Column("detail", JSONB, nullable=False),
    Index("operations_by_environment", "uid", "id"),
)

fences = Table(
    "fences",
    metadata,
    Column("stack", Text, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),  # host and pid, for people
    _now("since"),
    Column("child_machine", Text),  # where the holder's Pulumi CLI runs: host, boot, pid namespace
    Column("child_pid", Integer),
    Column("child_started", BigInteger),  # clock ticks after boot, as /proc says it
)

intents = Table(
    "intents",
    metadata,
    Column("stack", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("token", BigInteger, nullable=False),
    _now("at"),
)

handouts = Table(
    "handouts",
    metadata,
    Column("uid", Text, ForeignKey(environments.c.uid), nullable=False),
    Column("binding", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),  # of the password: a slot renewed is another to hand out
    Column("account", Text, nullable=False),
    _now("at"),
    UniqueConstraint("uid", "binding", "slot", "fingerprint", name="handouts_once"),
)

message_preferences = Table(
    "message_preferences",
    metadata,
    Column("account", Text, primary_key=True),
    Column("mail", Text),
    Column("language", Text, nullable=False, server_default="zh"),  # zh, en
    Column("channels", JSONB, nullable=False, server_default="{}"),  # event -> what is sent besides the feed
    _now("changed_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("delivery", Uuid, nullable=False, unique=True, server_default=func.gen_random_uuid()),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),  # which occurrence of the event
    Column("recipient", Text, nullable=False),  # account
    Column("channel", Text, nullable=False),  # feed, mail, webhook/<name>
    Column("payload", JSONB, nullable=False),
    _now("created_at"),
    _moment("next_attempt_at"),  # set while the message is under way
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("sent_at"),
    _moment("failed_at"),
    Column("last_error", Text),
    UniqueConstraint("event", "subject", "recipient", "channel", name="messages_once"),
    Index("messages_by_recipient", "recipient", "channel", "id"),
)
Index(
    "messages_due",
    messages.c.channel,
    messages.c.next_attempt_at,
    postgresql_where=messages.c.next_attempt_at.is_not(None),
)

pulumi_state = Table(
    "pulumi_state",
    metadata,
    Column("key", Text, primary_key=True),
    Column("data", JSON, nullable=False),
    _now("updated_at"),
    Column("token", BigInteger),  # of the writer; set by the fence
    schema=STATE_SCHEMA,
)
