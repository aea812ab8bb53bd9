"""What the centre tells whoever asks, and how they want to be told: always their own."""

from fastapi import APIRouter, Request, Response

from yunzu.model.answers.messages import (
    MessageAnswer,
    MessagesAnswer,
    PreferencesAnswer,
    PreferenceWords,
)
from yunzu.model.message_preferences import Preferences
from yunzu.model.messages import EVENT_NAMES
from yunzu.services.messages import own
from yunzu.services.requests.office import Office
from yunzu_portal.identity import DryRun, Visitor

router = APIRouter(tags=["messages"])


class AtomResponse(Response):
    """RFC 4287; the document says its encoding."""

    media_type = "application/atom+xml"


@router.get("/feed", response_class=AtomResponse)
def feed(request: Request, visitor: Visitor) -> AtomResponse:
    """Your messages as an Atom feed. A reader may send the token as the password of HTTP Basic."""
    address = str(request.url.replace(query=""))
    return AtomResponse(own.feed(address, actor=visitor.actor, office=visitor.office))


@router.get("/messages")
def list_messages(visitor: Visitor) -> MessagesAnswer:
    """List the hundred newest messages to you."""
    found = own.listed(actor=visitor.actor, office=visitor.office)
    zone = visitor.office.zone
    return MessagesAnswer(
        items=tuple(
            MessageAnswer(
                id=one.id,
                event=one.event,
                title=one.title,
                text=one.text,
                created_at=one.created_at.astimezone(zone),
                link=one.link,
            )
            for one in found
        )
    )


@router.get("/message-preferences")
def show_preferences(visitor: Visitor) -> PreferencesAnswer:
    """Show how you are told."""
    found = own.preferences(actor=visitor.actor, office=visitor.office)
    return _answer(found, visitor.office)


@router.post("/message-preferences")
def change_preferences(body: PreferenceWords, visitor: Visitor, dry_run: DryRun = False) -> PreferencesAnswer:
    """Change how you are told."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    with visitor.rehearsing(dry_run) as desk:
        after = own.prefer(changes, actor=desk.actor, office=desk.office)
    return _answer(after, visitor.office, dry_run=dry_run)


def _answer(one: Preferences, office: Office, *, dry_run: bool = False) -> PreferencesAnswer:
    return PreferencesAnswer(
        account=one.account,
        mail=one.mail,
        language=one.language,
        channels={event: one.chosen_for(event) for event in EVENT_NAMES},
        configured=tuple(sorted(office.channels)),
        dry_run=dry_run,
    )
