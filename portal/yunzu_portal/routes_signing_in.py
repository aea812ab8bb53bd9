"""Getting in with a one-time code, proving the second factor, getting out. None of it can be rehearsed: what
a wrong code comes to has to stay."""

from fastapi import APIRouter

from yunzu.model.answers.account_words import BeginWords, CodeWords, FinishWords
from yunzu.model.answers.accounts import BegunAnswer, ConfirmedAnswer, SignedInAnswer, SignedOutAnswer
from yunzu.services.accounts import second_factor, signing_in
from yunzu_portal import answering_accounts
from yunzu_portal.identity import Caller, Visitor

router = APIRouter(tags=["signing in"])
open_router = APIRouter(tags=["signing in"])
"""Of those who have nothing but a one-time code."""


@open_router.post("/login/begin")
def begin_login(body: BeginWords, caller: Caller) -> BegunAnswer:
    """Say what a login needs besides its one-time code; the code stays good."""
    code = body.code.get_secret_value()
    with caller.counted(code):
        offered = signing_in.begin(body.account, code, office=caller.office, origin=caller.origin)
    return answering_accounts.begun(offered)


@open_router.post("/login/finish", status_code=201)
def finish_login(body: FinishWords, caller: Caller) -> SignedInAnswer:
    """Use a one-time code up for a token. Its text is in this answer and nowhere else; older ones end."""
    code = body.code.get_secret_value()
    with caller.counted(code):
        done = signing_in.finish(
            body.account,
            code,
            office=caller.office,
            origin=caller.origin,
            proof=None if body.proof is None else body.proof.get_secret_value(),
            label=body.label,
            days=body.days,
        )
    return answering_accounts.signed_in(done, caller.office.zone)


@router.post("/confirm")
def confirm_second_factor(body: CodeWords, visitor: Visitor) -> ConfirmedAnswer:
    """Prove the second factor: the token that is shown decides for a quarter of an hour."""
    until = second_factor.confirm(body.code.get_secret_value(), actor=visitor.actor, office=visitor.office)
    return ConfirmedAnswer(
        account=visitor.actor.account, confirmed_until=until.astimezone(visitor.office.zone)
    )


@router.post("/logout")
def logout(visitor: Visitor) -> SignedOutAnswer:
    """Revoke the token that is shown."""
    signing_in.sign_out(actor=visitor.actor, office=visitor.office)
    return SignedOutAnswer(account=visitor.actor.account)
