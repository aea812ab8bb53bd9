"""`yunzu message …`: what the centre tells you, and how you want to be told."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Messages to you: list, preferences, set.")


class LanguageChoice(StrEnum):
    """In which language messages are written."""

    ZH = "zh"
    EN = "en"


@app.command("list")
def message_list(
    home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False
) -> None:
    """List the hundred newest messages to you, the newest first."""
    from yunzu_cli import show_messages

    with asking(home, token_file) as api:
        show_messages.messages(api.get("/messages"), json=json)


@app.command("preferences")
def message_preferences(
    home: HomeOption = None, token_file: TokenFileOption = None, json: JsonOption = False
) -> None:
    """Show how you are told: mail address, language, what is sent about which event."""
    from yunzu_cli import show_messages

    with asking(home, token_file) as api:
        show_messages.preferences(api.get("/message-preferences"), api.url, json=json)


@app.command("set")
def message_set(
    mail: Annotated[str | None, typer.Option("--mail", metavar="ADDRESS", help="Where mails go.")] = None,
    no_mail: Annotated[bool, typer.Option("--no-mail", help="Forget the address: no mails.")] = False,
    language: Annotated[LanguageChoice | None, typer.Option("--language", help="Of messages.")] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(
            "--on",
            metavar="EVENT=CHANNELS",
            help="What is sent besides the feed: decided=mail,webhook/office, or decided= for nothing.",
        ),
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Change how you are told; what you leave out stays as it is."""
    from yunzu_cli import show_messages

    words = _words(mail, no_mail, language, on or [])
    with asking(home, token_file) as api:
        after = api.post("/message-preferences", words, {"dry_run": dry_run})
        show_messages.preferences(after, api.url, json=json)


def _words(mail: str | None, no_mail: bool, language: LanguageChoice | None, on: list[str]) -> dict[str, Any]:
    from yunzu.errors import UsageError

    if mail is not None and no_mail:
        raise UsageError("preferences", "--mail and --no-mail exclude each other", "give one of them")
    words: dict[str, Any] = {"mail": mail} if mail is not None or no_mail else {}
    if language is not None:
        words["language"] = language.value
    if on:
        words["channels"] = _channels(on)
    if not words:
        raise UsageError("preferences", "nothing was said to change", "see `yunzu message set --help`")
    return words


def _channels(on: list[str]) -> dict[str, list[str]]:
    from yunzu.errors import UsageError

    found: dict[str, list[str]] = {}
    for one in on:
        event, equals, channels = one.partition("=")
        if not equals:
            raise UsageError(f"--on {one}", "says no channels", "write EVENT=mail, or EVENT= for nothing")
        if event in found:
            raise UsageError(f"--on {event}", "is given twice", "write its channels in one: EVENT=mail,…")
        found[event] = [channel for channel in channels.split(",") if channel]
    return found
