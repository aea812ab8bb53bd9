"""A new centre takes what its files say, once and whole."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import centre_of
from tests.support.office import CENTRE, Desk
from yunzu.errors import InvalidInputError
from yunzu.model.actors import Register
from yunzu.model.capacity import Capacity
from yunzu.model.connections import Postgres
from yunzu.model.items import Item
from yunzu.model.plans import Plan
from yunzu.model.schemas import KINDS
from yunzu.records.centre import prepare
from yunzu.records.database import Records
from yunzu.services.requests import opening, truth
from yunzu.services.requests.office import Office, office_of
from yunzu.services.requests.truth import Truth
from yunzu.settings import Settings


@pytest.fixture
def office(empty_database: Postgres, tmp_path: Path) -> Iterator[Office]:
    """An office on fresh records."""
    prepare(centre_of(empty_database, tmp_path))
    with Records(empty_database) as records:
        yield office_of(Settings(request_prefix="NT"), records)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a centre with files of its own, each chosen by somebody."""
    directory = tmp_path / "centre"
    shutil.copytree(CENTRE, directory)
    return Settings(
        plans=directory / "plans",
        items=directory / "items",
        officers=directory / "register.yaml",
        capacity=directory / "capacity.yaml",
        calendars=directory / "calendar",
    )


def _known(office: Office) -> dict[str, int]:
    with office.records.transaction() as connection:
        found = Truth(connection)
        kinds = {kind: KINDS[kind] for kind in truth.SHIPPED}
        return {kind: len(found.all(model)) for kind, model in kinds.items()}


def test_everything_is_taken_at_the_first_time_and_nothing_at_the_second(
    office: Office, settings: Settings
) -> None:
    [said] = opening.adopt(settings, office)
    items = len(list((CENTRE / "items").iterdir()))
    assert said.startswith(f"adopted 3 plans, {items} items, 1 calendar, the register, the capacity; ")
    assert _known(office) == {"Plan": 3, "Item": items, "Calendar": 1, "Register": 1, "Capacity": 1}
    assert office.prefix == "NT"
    (settings.plans / "small.yaml").write_text("kind: [")
    (settings.items / "environment.new.yaml").unlink()
    assert opening.adopt(settings, office) == []
    assert _known(office)["Item"] == items


def test_with_any_fault_everything_is_said_and_nothing_taken(office: Office, settings: Settings) -> None:
    (settings.plans / "small.yaml").write_text("kind: Plan\nid: small\n")
    (settings.items / "environment.new.yaml").write_text("kind: [")
    settings.officers.write_text("kind: Register\nofficers: [{}]\n")
    for act in (lambda: opening.adopt(settings, office), lambda: opening.check(settings)):
        with pytest.raises(InvalidInputError) as caught:
            act()
        files = {Path(one.file).name for one in caught.value.findings}
        assert files == {"small.yaml", "environment.new.yaml", "register.yaml"}
        assert caught.value.exit_code == 2
    assert set(_known(office).values()) == {0}


def test_what_was_chosen_and_is_not_there_is_a_finding(office: Office, settings: Settings) -> None:
    shutil.rmtree(settings.plans)
    settings.capacity.unlink()
    with pytest.raises(InvalidInputError) as caught:
        opening.adopt(settings, office)
    assert {Path(one.file) for one in caught.value.findings} == {settings.plans, settings.capacity}


def test_what_is_absent_by_default_is_a_note_and_taken_when_it_comes(
    office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path / "centre")
    notes = opening.adopt(Settings(), office)
    assert [note.split(";")[0] for note in notes] == [
        "there are no plans",
        "there are no items",
        "there is no working calendar",
        "there is no register of officers",
        "there is no capacity",
    ]
    monkeypatch.chdir(tmp_path)
    [register_only] = opening.adopt(Settings(), office)
    assert "the register" in register_only
    assert min(_known(office).values()) > 0


def test_what_is_taken_is_what_the_files_say(office: Office, settings: Settings, desk: Desk) -> None:
    opening.adopt(settings, office)
    for model in (Item, Plan):
        with office.records.transaction() as ours, desk.office.records.transaction() as theirs:
            assert Truth(ours).all(model) == Truth(theirs).all(model)
    with office.records.transaction() as connection:
        assert Truth(connection).find(Register, truth.CENTRE) == desk.register
        assert Truth(connection).find(Capacity, truth.CENTRE) is not None
