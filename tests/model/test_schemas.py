"""The committed JSON Schemas are those of the models."""

from pathlib import Path

from yunzu.model.schemas import schema_files

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


def test_the_committed_schemas_are_fresh() -> None:
    committed = {file.name: file.read_text("utf-8") for file in SCHEMAS.glob("*.schema.json")}
    assert committed == schema_files(), "run `make schema` and commit the result"


def test_a_schema_refuses_unknown_keys_and_speaks_of_files() -> None:
    text = schema_files()["environment.schema.json"]
    assert '"additionalProperties": false' in text
    assert '"from"' in text
    assert '"start"' not in text
