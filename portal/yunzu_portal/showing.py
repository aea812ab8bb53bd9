"""A request as whoever asks may see it, for every route that files or moves one."""

from dataclasses import replace

from yunzu.model.answers.requests import RequestAnswer
from yunzu.services.requests import reading
from yunzu_portal import answering
from yunzu_portal.identity import Desk


def shown(number: str, desk: Desk, *, dry_run: bool = False, unnumbered: bool = False) -> RequestAnswer:
    """Raises NotFoundError, RefusedError. `unnumbered`: it was rehearsed, and has no number."""
    view = reading.show(number, actor=desk.actor, office=desk.office)
    if unnumbered:
        view = replace(view, request=replace(view.request, number=""))
    return answering.request(view, desk.office.zone, dry_run=dry_run)
