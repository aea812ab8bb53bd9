"""`yunzu preflight`: whether given servers will do, before anything is made on them."""

import typer

from yunzu_cli.options import HomeOption, JsonOption, settings

_SOMETHING_FOUND = 4
_NOTHING_ANSWERED = 5


def preflight(home: HomeOption = None, json: JsonOption = False) -> None:
    """Examine the cluster, PostgreSQL and S3 that are given by YUNZU_…, or else the running centre.

    Creates nothing anywhere. Ends with 4 if a check is red, with 5 if no server could be examined at all.
    """
    from yunzu.services.preflight import examine
    from yunzu_cli.output import print_json, print_line, print_table

    report = examine(settings(home))
    if json:
        print_json(report.as_json())
    else:
        rows = (
            (check.level, f"{check.area}: {check.name}", check.fact, check.says) for check in report.checks
        )
        print_table(("", "CHECK", "FOUND", "CONSEQUENCE; WHAT TO DO"), rows)
        for what, text in report.apply.items():
            print_line(f"\n# {what}: what is missing, for an administrator to apply\n{text}")
    if not report.ok:
        raise typer.Exit(_SOMETHING_FOUND if report.reached else _NOTHING_ANSWERED)
