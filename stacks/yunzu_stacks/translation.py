"""Pulumi's failures in our words: subject, fact, what to do, and no secret, URL or traceback."""

import re
from collections.abc import Sequence

from yunzu.errors import FencedError, RefusedError, UnreachableError, YunzuError
from yunzu_stacks.child import Ended, raise_if_interrupted
from yunzu_stacks.events import Diagnostic
from yunzu_stacks.workspace import REFUSED_MARK

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+")
_COLOURS = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
_LONGEST = 400  # characters of a foreign message


def failure(
    stack: str,
    ended: Ended,
    *,
    program: Exception | None,
    providers: Sequence[YunzuError],
    diagnostics: Sequence[Diagnostic],
) -> Exception:
    """The exception that tells why a run ended badly.

    The originals come first, since they say most: what a provider or the program raised in this very
    process. FencedError comes before all, because the others follow from it.
    """
    raise_if_interrupted(ended, stack)
    fenced = next((error for error in providers if isinstance(error, FencedError)), None)
    original = fenced or (providers[0] if providers else program)
    if original is not None:
        return original
    said = [message(d.message) for d in diagnostics if d.severity == "error" and d.message]
    text = next((line for line in said if "resource changes" not in line), "") or message(_last_error(ended))
    return _from_text(stack, ended, text, "\n".join([*said, ended.output]))


def message(foreign: str) -> str:
    """A foreign message in one line: without colours, URLs and traceback, cut at 400 characters."""
    text = _COLOURS.sub("", foreign).split("Traceback (most recent call last)")[0]
    text = " ".join(_URL.sub("(address)", text).split()).removeprefix("error: ")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _from_text(stack: str, ended: Ended, text: str, everything: str) -> YunzuError:
    if REFUSED_MARK in everything:
        return RefusedError(
            stack, "the program would put a secret into the state", "let a provider keep it in a Secret"
        )
    if "fenced: writer" in everything:
        return RefusedError(stack, "was overtaken by a later run", "nothing is lost: the later run goes on")
    if "the stack is currently locked" in everything:
        return RefusedError(stack, "is locked by a running Pulumi", "wait for it to end")
    if "failed to ping PostgreSQL" in everything or "unable to open state database" in everything:
        return UnreachableError(
            "the records database", f"does not answer the Pulumi CLI ({text})", "see `yunzu status`"
        )
    if ended.code < 0:
        return YunzuError(
            stack, f"the Pulumi CLI was ended by signal {-ended.code}", "run the same command again"
        )
    return YunzuError(
        stack, text or f"the Pulumi CLI ended with code {ended.code}", "run the same command again"
    )


def _last_error(ended: Ended) -> str:
    lines = [line for line in ended.output.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or [""])[-1]
