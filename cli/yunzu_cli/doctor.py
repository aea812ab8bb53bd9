"""`yunzu doctor`: whether this machine can run a centre."""

import typer

from yunzu_cli.options import HomeOption, JsonOption, settings

_SOMETHING_FOUND = 4


def doctor(home: HomeOption = None, json: JsonOption = False) -> None:
    """Check whether a centre can run on this machine, and say what to do where not.

    Ends with 4 if something would stop `yunzu up`.
    """
    from yunzu.embedded.doctor import examine
    from yunzu_cli.output import print_json, print_table

    checks = examine(settings(home))
    ok = all(check.level != "fail" for check in checks)
    if json:
        print_json({"ok": ok, "items": [check.as_json() for check in checks]})
    else:
        rows = ((check.level, check.name, check.fact, check.advice) for check in checks)
        print_table(("", "CHECK", "FOUND", "WHAT TO DO"), rows)
    if not ok:
        raise typer.Exit(_SOMETHING_FOUND)
