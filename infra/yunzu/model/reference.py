"""Pages of the reference that are generated from the model, committed and compared by a test."""

from yunzu.model.labels import CLOCK_LABELS, MOVE_LABELS, MOVER_LABELS, STATE_LABELS
from yunzu.model.requests import CLOCKS, STATES, TRANSITIONS, is_ended

_HEAD = """\
# States of a request 办件状态

Generated from `yunzu.model.requests` by `make schema`; change it there. A move that a state does not list is
refused with those that it does.

*Clock* says what time a state costs: until acceptance (受理时限), of the promise (承诺时限), or nobody's
(补正, 特别程序). A request that waits for room in a pool (等待) lacks nothing else, and its promise
runs on: the centre's shortage is not the applicant's delay. *Reason*: whether the move has to say why.
"""


def request_states_page() -> str:
    """States, moves and who makes them, as tables and a diagram (Markdown with Mermaid)."""
    return "\n".join([_HEAD, *_states(), "", *_moves(), "", *_diagram(), ""])


def reference_files() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {"request-states.md": request_states_page()}


def _states() -> list[str]:
    rows = [f"| `{state}` | {STATE_LABELS[state]} | {CLOCK_LABELS[CLOCKS[state]]} |" for state in STATES]
    return ["## States", "", "| state | called | clock |", "|---|---|---|", *rows]


def _moves() -> list[str]:
    rows = [
        f"| `{row.state}` | `{row.move}` | {MOVE_LABELS[row.move]} | `{row.after}` "
        f"| {', '.join(str(MOVER_LABELS[mover]) for mover in row.movers)} | {'yes' if row.reason else ''} |"
        for row in TRANSITIONS
    ]
    head = ["| from | move | called | to | who | reason |", "|---|---|---|---|---|---|"]
    return ["## Moves", "", *head, *rows]


def _diagram() -> list[str]:
    arrows = [f"    {row.state} --> {row.after}: {MOVE_LABELS[row.move].zh}" for row in TRANSITIONS]
    names = [f'    state "{STATE_LABELS[state].zh}" as {state}' for state in STATES]
    ends = [f"    {state} --> [*]" for state in STATES if is_ended(state)]
    lines = ["stateDiagram-v2", *names, f"    [*] --> {STATES[0]}", *arrows, *ends]
    return ["## Diagram", "", "```mermaid", *lines, "```"]
