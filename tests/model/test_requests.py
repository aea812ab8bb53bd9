"""The life of a request: every state and move, by a table that was written without the code's."""

from itertools import product
from pathlib import Path

import pytest

from yunzu.errors import RefusedError
from yunzu.model.labels import CLOCK_LABELS, MOVE_LABELS, MOVER_LABELS, STATE_LABELS
from yunzu.model.reference import reference_files
from yunzu.model.requests import (
    CLOCKS,
    MOVES,
    STATES,
    TRANSITIONS,
    Move,
    State,
    advance,
    is_ended,
    legal_moves,
    transition,
)

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

# domain.md d.4, one line a state, and the wait-list: move>state it leads to.
LIFE = """\
draft       submit>submitted withdraw>withdrawn
submitted   accept>accepted return>returned refuse>refused withdraw>withdrawn
returned    resubmit>submitted withdraw>withdrawn
accepted    approve>accepted grant>granted deny>denied pause>paused extend>paused wait>waitlisted \
            withdraw>withdrawn emergency>accepted
paused      resume>accepted withdraw>withdrawn
waitlisted  admit>accepted deny>denied withdraw>withdrawn
granted     deliver>delivering
delivering  complete>done fail>failed abandon>abandoned
failed      retry>delivering abandon>abandoned
done
refused
denied
withdrawn
abandoned
"""
WANTED = {
    (state, *move.split(">")): None for state, *moves in map(str.split, LIFE.splitlines()) for move in moves
}


def test_the_table_is_the_domains() -> None:
    assert [line.split()[0] for line in LIFE.splitlines()] == list(STATES)
    assert [(row.state, row.move, row.after) for row in TRANSITIONS] == list(WANTED)


@pytest.mark.parametrize("state", STATES)
def test_every_other_move_is_refused_with_the_legal_ones(state: State) -> None:
    legal = [move for start, move, _ in WANTED if start == state]
    assert list(legal_moves(state)) == legal
    for move in set(MOVES) - set(legal):
        with pytest.raises(RefusedError) as caught:
            advance(state, move, request="NT20261123-0007")
        assert str(caught.value).startswith(
            f"NT20261123-0007: is {state}, and '{move}' is not possible then; "
        )
        wanted = f"possible now: {', '.join(legal)}" if legal else "it has ended; file a new request"
        assert caught.value.advice == wanted
        assert caught.value.exit_code == 3


def test_legal_moves_lead_on() -> None:
    for state, move, after in WANTED:
        assert advance(state, move) == after  # type: ignore[arg-type]  # the table is text


def test_a_move_that_nobody_knows_is_refused_in_printable_words() -> None:
    with pytest.raises(RefusedError) as caught:
        advance("draft", "\x1b[2J" * 100)  # type: ignore[arg-type]
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_every_state_is_reached_and_left_or_ended() -> None:
    reached = {"draft"} | {row.after for row in TRANSITIONS}
    assert reached == set(STATES)
    assert {state for state in STATES if is_ended(state)} == {
        "done",
        "refused",
        "denied",
        "withdrawn",
        "abandoned",
    }


def test_nothing_granted_is_withdrawn_and_everything_before_is() -> None:
    before = {"draft", "submitted", "returned", "accepted", "paused", "waitlisted"}
    assert {state for state in STATES if "withdraw" in legal_moves(state)} == before


def test_only_grant_leads_to_a_grant() -> None:
    assert [row.move for row in TRANSITIONS if row.after == "granted"] == ["grant"]


def test_reasons_are_asked_where_the_applicant_does_not_get_on() -> None:
    moves = {row.move for row in TRANSITIONS if row.reason}
    assert moves == {"return", "refuse", "deny", "pause", "extend", "wait", "fail", "emergency", "abandon"}
    for row, other in product(TRANSITIONS, TRANSITIONS):
        assert row.move != other.move or row.reason == other.reason


def test_no_decision_against_the_applicant_is_the_systems() -> None:
    for move in ("return", "refuse", "deny", "pause"):
        assert all(row.movers == ("decider",) for row in TRANSITIONS if row.move == move)
    assert [row.movers for row in TRANSITIONS if row.move == "extend"] == [("operator",)]


def test_the_clock_stops_only_for_corrections_and_special_procedures() -> None:
    assert {state for state in STATES if CLOCKS[state] == "stopped"} == {"returned", "paused"}
    assert CLOCKS["waitlisted"] == CLOCKS["failed"] == CLOCKS["delivering"] == "promise"
    assert {state for state in STATES if CLOCKS[state] == "ended"} == set(filter(is_ended, STATES))


def test_everything_has_a_chinese_label_and_an_english_word() -> None:
    assert list(STATE_LABELS) == list(STATES)
    assert set(MOVE_LABELS) == set(MOVES)
    assert set(MOVER_LABELS) == {mover for row in TRANSITIONS for mover in row.movers}
    assert set(CLOCK_LABELS) == set(CLOCKS.values())
    for labels in (STATE_LABELS, MOVE_LABELS):
        names = list(labels.values())
        assert len({name.zh for name in names}) == len({name.en for name in names}) == len(names)
        assert all(name.en.isascii() and not name.zh.isascii() for name in names)


def test_the_committed_page_is_fresh() -> None:
    for name, text in reference_files().items():
        assert (REFERENCE / name).read_text("utf-8") == text, "run `make schema` and commit the result"


def test_the_page_shows_every_row_in_table_and_diagram() -> None:
    page = reference_files()["request-states.md"]
    for row in TRANSITIONS:
        assert f"| `{row.state}` | `{row.move}` |" in page
        assert f"    {row.state} --> {row.after}: {MOVE_LABELS[row.move].zh}" in page
    assert "```mermaid\nstateDiagram-v2\n" in page


def test_a_row_says_who_and_whether_why() -> None:
    move: Move = "deny"
    assert transition("accepted", move).reason
    assert transition("accepted", move).movers == ("decider",)
