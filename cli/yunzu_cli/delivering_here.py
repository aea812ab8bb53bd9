"""Deliveries by the command itself, on the centre's machine: what workers of a queue are to do instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yunzu_cli.options import settings

if TYPE_CHECKING:
    from yunzu.clients.api import Api
    from yunzu.services.requests.delivering import Delivery
    from yunzu.settings import Settings


def finish(body: Any, api: "Api", home: Path | None, *, deliver: bool, json: bool) -> None:
    """Deliver a request if it is granted, and show it as it then is. Raises what stopped the delivery."""
    from yunzu.errors import YunzuError
    from yunzu.services.requests import delivering
    from yunzu_cli import show_requests

    failure = None
    chosen = settings(home)
    if deliver and body["state"] == "granted" and chosen.url is None:
        try:
            with _delivery(body["id"], chosen) as using:
                delivering.deliver(body["id"], with_=using)
        except YunzuError as error:
            failure = error
        body = api.get(f"/requests/{body['id']}")
    show_requests.request(body, json=json)
    if failure is not None:
        raise failure


def deliver_now(number: str, api: "Api", home: Path | None, *, json: bool) -> None:
    """Deliver, or go on with a delivery, and show the request. Raises what stopped it."""
    from yunzu.clients.api import path_part, understood
    from yunzu.errors import UsageError, YunzuError
    from yunzu.model.actors import Actor
    from yunzu.model.answers.tokens import ActorAnswer
    from yunzu.services.requests import delivering
    from yunzu.services.requests.office import office_of
    from yunzu_cli import show_requests
    from yunzu_stacks.centre import records_of

    chosen = settings(home)
    if chosen.url is not None:
        raise UsageError("request deliver", "delivers on the centre's machine", "ask an operator")
    who = understood(ActorAnswer, api.get("/whoami"))
    actor = Actor(**dict(who) | {"roles": frozenset(who.roles)})
    with records_of(chosen) as records:
        delivering.permit(number, actor=actor, office=office_of(chosen, records))
    failure = None
    with _delivery(number, chosen) as using:
        try:
            delivering.deliver(number, with_=using, actor=actor)
        except YunzuError as error:
            failure = error
    body = api.get(f"/requests/{path_part(number)}")
    if failure is not None and body["state"] != "failed":
        raise failure
    show_requests.request(body, json=json)
    if failure is not None:
        raise failure


@contextmanager
def _delivery(number: str, chosen: "Settings") -> "Iterator[Delivery]":
    """What a delivery works with, its progress shown."""
    from yunzu.services.requests.delivering import Delivery
    from yunzu.services.requests.office import office_of
    from yunzu_cli.steps import steps
    from yunzu_stacks.centre import opened

    with opened(chosen) as centre, steps(f"deliver {number}") as on_event:
        yield Delivery(
            office_of(chosen, centre.records),
            centre,
            on_event=on_event,
            on_probe=lambda probe: on_event.say(f"prove: {probe.name}"),
        )
