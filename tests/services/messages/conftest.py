"""Fixtures of the messages' tests: records on a real PostgreSQL, and a clock that tests move."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.engine import connections, empty_database, records, records_server
from tests.support.mail_sink import Sink, sink
from tests.support.messages import payload
from tests.support.webhook_sink import HookSink, hook_sink
from yunzu.clients.smtp import MailChannel
from yunzu.clients.webhook import WebhookChannel
from yunzu.model.letters import Channel
from yunzu.model.message_preferences import Preferences
from yunzu.model.messages import Event
from yunzu.records import message_preferences, outbox
from yunzu.records.database import Records
from yunzu.services.messages.rendering import Templates
from yunzu.services.messages.sending import Counts, send_due

__all__ = ["connections", "empty_database", "records", "records_server"]


class Office:
    """A centre's messages, its two sinks, and its clock."""

    def __init__(self, records: Records, mail: Sink, hook: HookSink) -> None:
        self.records = records
        self.mail = mail
        self.hook = hook
        self.now = datetime.now(UTC) + timedelta(minutes=1)
        self.channels: dict[str, Channel] = {
            "mail": MailChannel(mail.server, timeout=2),
            "webhook/office": WebhookChannel("office", hook.target, timeout=2),
        }

    def person(self, account: str = "wang", *channels: str) -> None:
        """Somebody with a mail address; decisions are told by these channels."""
        chosen = {"decided": channels or ("mail",)}
        with self.records.transaction() as connection:
            message_preferences.save(
                connection,
                Preferences.model_validate(
                    {"account": account, "mail": f"{account}@health.example", "channels": chosen}
                ),
            )

    def enter(
        self, subject: str, *, recipient: str = "wang", event: Event = "decided", **facts: object
    ) -> None:
        with self.records.transaction() as connection:
            outbox.enqueue(connection, event, payload(event, **facts), subject=subject, recipient=recipient)

    def send(self, limit: int = 100) -> Counts:
        return send_due(self.records, self.channels, templates=Templates(), now=lambda: self.now, limit=limit)

    def later(self, **length: float) -> None:
        self.now += timedelta(**length)

    def errors(self) -> list[str | None]:
        """Of everything that was not sent, in the order entered."""
        with self.records.transaction() as connection:
            query = "SELECT last_error FROM yunzu.messages WHERE sent_at IS NULL ORDER BY id"
            return [row[0] for row in connection.exec_driver_sql(query)]


@pytest.fixture
def office(records: Records, tmp_path: Path) -> Office:
    """Its sinks run when a test starts them."""
    made = Office(records, sink(tmp_path / "mail"), hook_sink(tmp_path / "hook"))
    made.person()
    return made
