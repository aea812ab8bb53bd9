"""Accounts, their codes and deputies, and getting in, as the centre answers."""

from datetime import date
from typing import Any

from pydantic import Field

from yunzu.model.actors import AnyRole
from yunzu.model.answers.common import Answer, Moment
from yunzu.model.answers.requests import StrandedAnswer
from yunzu.model.answers.tokens import IssuedTokenAnswer


class DisabledAnswer(Answer):
    """Since when, by whom and why an account is shut out."""

    at: Moment
    by: str
    reason: str


class AccountAnswer(Answer):
    """One account. `tokens`: how many are good now; `last_used_at` of any; `disabled` null: it is open."""

    account: str
    name: str
    department: str | None
    second_factor: bool
    tokens: int
    roles: tuple[AnyRole, ...]
    last_used_at: Moment | None
    disabled: DisabledAnswer | None


class AccountsAnswer(Answer):
    """Accounts, the officers' first."""

    items: tuple[AccountAnswer, ...]


class DeputyAnswer(Answer):
    """`by` acts in the place of `of`; days are inclusive."""

    id: str
    of: str
    by: str
    start: date = Field(alias="from")
    until: date
    named_by: str
    named_at: Moment
    revoked_at: Moment | None
    revoked_by: str | None


class DeputiesAnswer(Answer):
    """Deputies, the newest first."""

    items: tuple[DeputyAnswer, ...]
    dry_run: bool = False


class SharedAnswer(Answer):
    """A credential that an environment's workloads share: of which environment, binding and slot."""

    uid: str
    binding: str
    slot: str


class HandoutAnswer(SharedAnswer):
    """One that an account was handed, and when."""

    at: Moment


class AccountEventAnswer(Answer):
    """What was done about an account: by whom, proved how, from where."""

    account: str
    event: str
    by: str
    authenticated: str
    origin: str
    reason: str | None
    detail: dict[str, Any]
    at: Moment


class ParticularsAnswer(AccountAnswer):
    """An account with its deputies on either side, what it was handed, and its trail, newest first."""

    deputies: tuple[DeputyAnswer, ...]
    handed_out: tuple[HandoutAnswer, ...]
    events: tuple[AccountEventAnswer, ...]


class SwitchedAnswer(Answer):
    """An account that was disabled or enabled, whether that `changed` anything, how much ended with it (null:
    nothing could), what is to be rotated, and steps that nobody can take now."""

    account: str
    disabled: bool
    changed: bool
    revoked_tokens: int | None
    ended_deputies: int | None
    rotate: tuple[SharedAnswer, ...]
    stranded: tuple[StrandedAnswer, ...]
    dry_run: bool = False


class CodeAnswer(Answer):
    """Whose one-time code it is, and until when it is good."""

    account: str
    name: str
    expires_at: Moment
    dry_run: bool = False


class IssuedCodeAnswer(CodeAnswer):
    """A new one with its text, this once."""

    code: str


class EnrolmentAnswer(Answer):
    """A second factor to enrol: its secret in base 32, and as an otpauth address. Shown this once."""

    secret: str = Field(repr=False)
    address: str = Field(repr=False)


class BegunAnswer(Answer):
    """What a login needs besides its code; null: nothing."""

    enrolment: EnrolmentAnswer | None


class SignedInAnswer(IssuedTokenAnswer):
    """The new token with its text, this once, and whose it is."""

    name: str


class ConfirmedAnswer(Answer):
    """Until when an account's second factor counts."""

    account: str
    confirmed_until: Moment


class SignedOutAnswer(Answer):
    """Whose token is refused from now on."""

    account: str
