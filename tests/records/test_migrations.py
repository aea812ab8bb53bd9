"""The schema: made once, never taken back, and what the code says it is."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.support.engine import CENTRE, centre_of
from tests.support.postgres import administrator
from yunzu.errors import RefusedError, UnreachableError
from yunzu.model.connections import Postgres
from yunzu.records import accounts_schema, jobs_schema, migrations, requests_schema
from yunzu.records.centre import prepare
from yunzu.records.database import Records


def dump(database: Postgres) -> list[tuple[object, ...]]:
    with administrator(database, database.database) as admin:
        columns = admin.execute(
            "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema IN ('yunzu', 'pulumi') ORDER BY 1, 2, 3"
        ).fetchall()
        rows = admin.execute("SELECT key, xmin::text FROM pulumi.pulumi_state").fetchall()
        return [*columns, *rows]


def test_migrating_twice_changes_nothing(empty_database: Postgres) -> None:
    migrations.migrate(empty_database)
    first = dump(empty_database)
    migrations.migrate(empty_database)
    assert dump(empty_database) == first
    with Records(empty_database) as records:
        migrations.require_current(records)


def test_tables_are_those_the_code_declares(empty_database: Postgres) -> None:
    migrations.migrate(empty_database)
    with Records(empty_database) as records, records.transaction() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in ("yunzu", "pulumi"),
                "include_object": lambda _, name, *__: (
                    name not in ("alembic_version", "pulumi_state_key_prefix_idx")
                ),
                "compare_server_default": False,
            },
        )
        for declaring in (jobs_schema, requests_schema):  # all tables, whatever was imported before
            assert declaring.metadata is accounts_schema.metadata
        assert compare_metadata(context, accounts_schema.metadata) == []


def test_head_is_the_newest_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_newer_schema_is_refused_and_left_alone(empty_database: Postgres) -> None:
    migrations.migrate(empty_database)
    with administrator(empty_database, empty_database.database) as admin:
        admin.execute("UPDATE yunzu.alembic_version SET version_num = '9999'")
    before = dump(empty_database)
    with pytest.raises(RefusedError, match="9999 is newer"):
        migrations.migrate(empty_database)
    with Records(empty_database) as records, pytest.raises(RefusedError, match="9999 is newer"):
        migrations.require_current(records)
    assert dump(empty_database) == before


def test_an_unmigrated_database_is_told(empty_database: Postgres) -> None:
    with Records(empty_database) as records, pytest.raises(RefusedError, match="yunzu up"):
        migrations.require_current(records)


def test_an_unreachable_server_is_told_without_the_password(empty_database: Postgres) -> None:
    gone = empty_database.model_copy(update={"port": 1})
    with pytest.raises(UnreachableError) as caught:
        migrations.migrate(gone)
    assert gone.password.get_secret_value() not in str(caught.value)


def test_records_of_another_centre_are_refused(empty_database: Postgres, tmp_path: Path) -> None:
    ours = centre_of(empty_database, tmp_path / "ours")
    prepare(ours)
    prepare(ours)
    with pytest.raises(RefusedError, match=f"belongs to centre {CENTRE}"):
        prepare(centre_of(empty_database, tmp_path / "theirs", centre="facade00"))
