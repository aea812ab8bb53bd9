"""`yunzu campaign …`: ask departments which environments they keep, and answer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from yunzu_cli.acting import TokenFileOption, asking
from yunzu_cli.options import DryRunOption, HomeOption, IdArgument, JsonOption, department_id
from yunzu_cli.request import ApplicantOption, WaitOption, ask_for

app = typer.Typer(no_args_is_help=True, help="Renewals in bulk: ask, answer, see who has not.")


class AnswerChoice(StrEnum):
    """What becomes of an environment."""

    RENEW = "renew"
    SHRINK = "shrink"
    RETIRE = "retire"


@app.command("renew")
def campaign_renew(
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day of what is renewed.")
    ],
    answer_by: Annotated[
        datetime | None,
        typer.Option("--answer-by", formats=["%Y-%m-%d"], help="Omitted: in 14 days."),
    ] = None,
    department: Annotated[
        str | None,
        typer.Option("--department", metavar="DEPT", callback=department_id, help="Of one department."),
    ] = None,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Ask about every environment whose lease ends before a day; again: also about what has come since."""
    from yunzu_cli import show_campaigns

    words = {
        "until": until.date().isoformat(),
        "answer_by": answer_by.date().isoformat() if answer_by else None,
        "department": department,
    }
    with asking(home, token_file) as api:
        show_campaigns.campaigns(api.post("/campaigns", words, {"dry_run": dry_run}), json=json)


@app.command("show")
def campaign_show(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="For example renew-2028-12-31; omitted: all.")
    ] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only lines that nobody has answered.")
    ] = False,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is asked, what was answered, and what was not."""
    from yunzu_cli import show_campaigns

    with asking(home, token_file) as api:
        found = api.get("/campaigns", {"campaign": campaign, "unanswered": unanswered})
        show_campaigns.campaigns(found, json=json)


@app.command("answer")
def campaign_answer(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="For example renew-2028-12-31.")],
    environment: IdArgument,
    answer: Annotated[
        AnswerChoice, typer.Argument(metavar="renew|shrink|retire", help="What becomes of it.")
    ],
    *,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="PLAN", help="Of a shrinking: the smaller plan.")
    ] = None,
    applicant: ApplicantOption = None,
    wait: WaitOption = True,
    home: HomeOption = None,
    token_file: TokenFileOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Answer for one environment: files its request in your department's bundle."""
    from yunzu.clients.api import path_part

    ask_for(
        f"/campaigns/{path_part(campaign)}/answers",
        {"environment": environment, "answer": answer.value, "plan": plan, "applicant": applicant},
        home=home,
        token_file=token_file,
        wait=wait,
        dry_run=dry_run,
        json=json,
    )
