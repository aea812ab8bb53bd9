"""What time alone brings about: run every minute, by any number of workers at once."""

from collections.abc import Callable
from contextlib import suppress

from yunzu.errors import RefusedError
from yunzu.model.actors import system
from yunzu.model.requests import CLOCKS, STATES, State
from yunzu.model.supervision import WARNING
from yunzu.records import requests
from yunzu.services.requests import moving, telling
from yunzu.services.requests.handling import Handling
from yunzu.services.requests.office import Office
from yunzu.services.requests.pausing import pauses_of

_RUNNING: tuple[State, ...] = tuple(one for one in STATES if CLOCKS[one] == "promise")


def go_on(office: Office) -> None:
    """逾期视为受理, and what waits for nobody any more: other requests are done, room was given back."""
    for number in _numbers(office, "submitted", "accepted"):
        with suppress(RefusedError):  # what stands in its way is said to who decides it
            moving.go_on(number, office=office)
    moving.admit_waiting(office)


def resume_ended(office: Office) -> None:
    """延长期满: the clock runs again where the time of an extension is over."""

    def act(handling: Handling) -> None:
        pauses = pauses_of(handling.connection, handling.request.number)
        if handling.state == "paused" and not any(one.under_way(handling.now) for one in pauses):
            handling.make("resume", system("延长期满"))
            handling.advance()

    _each(office, act, "paused")


def tell_what_is_due(office: Office) -> None:
    """Tell whoever a request waits for that it is due by the close of the next working day, or overdue."""
    _each(office, _tell_if_due, *_RUNNING)


def _tell_if_due(handling: Handling) -> None:
    due = telling.due_at(handling)
    clock = handling.office.working_time(handling.connection)
    if handling.now <= due and (due > clock.due(handling.now, WARNING) or not _is_long(handling)):
        return
    facts = handling.facts()
    accounts = telling.signatories(handling.connection, facts) if facts.step else []
    accounts = accounts or telling.operators(handling.connection)  # a delivery, or room, is theirs
    telling.falls_due(handling, "overdue" if handling.now > due else "due_soon", due, accounts)


def _is_long(handling: Handling) -> bool:
    """Whether its promise leaves time before the last working day; else filing it has told enough."""
    promised = handling.item.promised
    return promised.unit == "workday" and promised.n > 1


def _each(office: Office, act: Callable[[Handling], None], *states: State) -> None:
    for number in _numbers(office, *states):
        with suppress(RefusedError), office.records.transaction() as connection:
            act(Handling(connection, number, office))


def _numbers(office: Office, *states: State) -> list[str]:
    """Requests in these states, the oldest first."""
    with office.records.transaction() as connection:
        return [one.number for one in requests.each(connection, states=states)]
