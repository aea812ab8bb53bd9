"""How each person wants to be told. Who never chose anything has the defaults: Chinese, and the feed only."""

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from yunzu.model.message_preferences import Preferences
from yunzu.records.schema import message_preferences as table


def find(connection: Connection, account: str) -> Preferences:
    """The person's choice, or the defaults."""
    query = select(table.c.account, table.c.mail, table.c.language, table.c.channels)
    row = connection.execute(query.where(table.c.account == account)).mappings().one_or_none()
    return Preferences(account=account) if row is None else Preferences(**row)


def save(connection: Connection, preferences: Preferences) -> None:
    """Replace the person's choice. Messages under way go to the new address, in the new language."""
    values = preferences.model_dump(mode="json", exclude={"account"})
    entry = insert(table).values(account=preferences.account, **values)
    again = entry.on_conflict_do_update(
        index_elements=[table.c.account], set_={**values, "changed_at": func.now()}
    )
    connection.execute(again)
