"""How messages, and the way they are told, look."""

from typing import Any

from yunzu_cli.output import print_json, print_line, print_table, stderr


def messages(body: Any, *, json: bool) -> None:
    """Each with its text under its title."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.messages import MessagesAnswer

    if json:
        print_json(body)
        return
    found = understood(MessagesAnswer, body).items
    if not found:
        stderr("no message")
    for one in found:
        print_line(f"{one.created_at:%Y-%m-%d %H:%M}  {one.event}  {one.title}")
        for line in (*one.text.splitlines(), *([one.link] if one.link else ())):
            print_line(f"    {line}" if line else "")


def preferences(body: Any, url: str, *, json: bool) -> None:
    """What is sent about each event, and where the feed is that has them all."""
    from yunzu.clients.api import understood
    from yunzu.model.answers.messages import PreferencesAnswer

    if json:
        print_json(body)
        return
    one = understood(PreferencesAnswer, body)
    rows = [
        ("account", one.account),
        ("feed", f"{url}/api/v1/feed"),
        ("mail", one.mail or "no address"),
        ("language", one.language),
        *((event, ", ".join(("feed", *channels))) for event, channels in one.channels.items()),
    ]
    print_table(("WHAT", "VALUE"), rows)
    by_mail = any("mail" in channels for channels in one.channels.values())
    if by_mail and one.mail is None:
        stderr("note: no mail is sent: there is no address; `yunzu message set --mail ADDRESS`")
    elif by_mail and "mail" not in one.configured:
        stderr("note: no mail is sent: this centre has no mail server")
    if one.dry_run:
        stderr("nothing was changed")
