"""What a body means: a manifest from its JSON, a last day as the moment it ends."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from yunzu.errors import UsageError
from yunzu.model.answers.filing import Filing
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.services.requests import proposing
from yunzu.services.requests.office import Office

_SOURCE = "manifest"


def proposed(body: Filing, office: Office) -> Manifest:
    """What is asked for, from its manifest or of the environment that is named.

    Raises InvalidInputError, NotFoundError, UsageError.
    """
    if body.item == proposing.ERASE:
        advice = "`yunzu env destroy ID --erase-data --confirm ID`"
        raise UsageError(f"item {body.item}", "is asked for with the id repeated", advice)
    if (body.manifest is None) == (body.subject is None):
        raise UsageError("request", "is for either a manifest or a subject", "give one of them")
    if body.manifest is None:
        return proposing.of_subject(body.item, body.subject or "", body.until, office=office)
    if body.until is not None:
        raise UsageError("request", "until goes with a subject", "the manifest says until when")
    return manifest(body.manifest)


def manifest(document: dict[str, Any]) -> Manifest:
    """Raises InvalidInputError with all findings."""
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(_SOURCE, "holds half a character (a lone surrogate)") from error
    return proposing.parse(text, _SOURCE)


def wanted(document: dict[str, Any]) -> Department | Environment:
    """What a department asks for by its files. Raises InvalidInputError with all findings, UsageError."""
    found = manifest(document)
    if not isinstance(found, Department | Environment):
        advice = "ask with `yunzu request new`"
        raise UsageError(_SOURCE, f"is a {type(found).__name__}, not a Department or an Environment", advice)
    return found


def end(until: date | datetime, zone: ZoneInfo) -> datetime:
    """The moment, in the centre's zone where none is said; a day ends with its last moment."""
    if isinstance(until, datetime):
        return until if until.tzinfo is not None else until.replace(tzinfo=zone)
    return datetime.combine(until + timedelta(days=1), time(), zone)
