"""The showcase of the demonstration: done once, by its people, as whom whoever runs it acts."""

import pytest

from tests.support.office import Desk
from yunzu.errors import InterruptError
from yunzu.model.actors import local_operator
from yunzu.records import tokens
from yunzu.services.demo import showcase
from yunzu.services.demo.showcase import APPLICANT, APPROVER, OPERATOR, REVIEWER, SECOND_OPERATOR, Means
from yunzu.services.requests import delivering, reading
from yunzu.services.requests.asking import Asking
from yunzu.services.requests.delivering import Delivery

PEOPLE = {APPLICANT, APPROVER, REVIEWER, OPERATOR, SECOND_OPERATOR}


@pytest.fixture
def by(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Means:
    """The local operator, and deliveries that touch no server."""
    nothing = dict.fromkeys(delivering.PERFORMING, lambda *_: None)
    monkeypatch.setattr(delivering, "PERFORMING", nothing)
    asking = Asking(desk.office, local_operator("somebody", "here"))
    using = Delivery(desk.office, None)  # type: ignore[arg-type]  # there are no servers
    return Means(asking, lambda number: delivering.deliver(number, with_=using))


def test_every_kind_is_shown_and_a_second_run_changes_nothing(desk: Desk, by: Means) -> None:
    shown = showcase.showcase(by)
    assert [one.state for one in shown] == ["done", "denied", "done", "done", "denied"]
    reviewed, denied, first, second, edge = shown
    assert set(reviewed.accounts) == {APPLICANT, APPROVER, OPERATOR, SECOND_OPERATOR}
    assert (denied.accounts, denied.reason) == ((APPLICANT, REVIEWER), "规模超出业务需要，请改选标准型")
    assert (first.accounts, second.accounts) == ((APPLICANT,), (APPLICANT,))
    assert edge.reason == "the department's quota is not enough: environments would be 3 of 2"
    assert showcase.showcase(by) == shown
    views = [reading.show(one.request, actor=desk.officer("auditor"), office=desk.office) for one in shown]
    acted = {one.authenticated for view in views for one in view.moves if one.account in PEOPLE}
    assert acted == {"demonstration"}  # the trail says who they are not
    with desk.office.records.transaction() as connection:
        assert tokens.listed(connection, None) == []  # nobody's proof was made for it
    figures = showcase.summary(by, [first.request, second.request], shown)
    assert (figures.on_time, len(figures.delivered)) == (1, 2)
    assert figures.speed_up is not None
    assert figures.speed_up > 0.6


def test_one_that_was_cut_short_goes_on(desk: Desk, by: Means) -> None:
    cut = iter(range(100))

    def deliver(number: str) -> object:
        if next(cut) == 2:
            raise InterruptError("demo", "stopped")
        return by.deliver(number)

    interrupted = Means(by.asking, deliver)
    with pytest.raises(InterruptError):
        showcase.showcase(interrupted)
    states = [one.state for one in showcase.showcase(interrupted)]
    assert states == ["done", "denied", "done", "done", "denied"]
