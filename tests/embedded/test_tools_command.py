"""`yunzu tools`: what other programs read."""

import json

import pytest
from typer.testing import CliRunner

from yunzu.embedded.tool_catalogue import SPECS
from yunzu.errors import UsageError
from yunzu_cli import tools


def test_list_prints_one_document_with_every_tool() -> None:
    result = CliRunner().invoke(tools.app, ["list", "--json"], catch_exceptions=False)

    items = {item["name"]: item for item in json.loads(result.stdout)["items"]}
    assert items.keys() == {*(spec.name for spec in SPECS), "postgres"}
    for item in items.values():
        assert item["origin"] in {"built", "path", "wheel", "missing"}
        assert item["version"]
        assert (item["path"] is None) == (item["origin"] == "missing")


def test_list_tells_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    result = CliRunner().invoke(tools.app, ["list", "--json"], catch_exceptions=False)

    [etcd] = [item for item in json.loads(result.stdout)["items"] if item["name"] == "etcd"]
    assert (etcd["path"], etcd["origin"], etcd["needed"]) == (None, "missing", True)


def test_list_for_people_has_one_line_a_tool() -> None:
    result = CliRunner().invoke(tools.app, ["list"], catch_exceptions=False)
    assert len(result.stdout.splitlines()) == 1 + len(SPECS) + 1


def test_unknown_name_is_a_usage_error() -> None:
    result = CliRunner().invoke(tools.app, ["build", "nonsense"])
    assert isinstance(result.exception, UsageError)
