"""Alembic runs this file; the connection and its transaction are `migrate`'s."""

from alembic import context

from yunzu.records.schema import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
context.run_migrations()
