"""Accounts and tokens, as the centre answers."""

from yunzu.model.actors import AnyRole, Authenticated, Scope
from yunzu.model.answers.common import Answer, Moment


class ActorAnswer(Answer):
    """Who asks, proved how, from where."""

    account: str
    name: str
    roles: tuple[AnyRole, ...]
    department: str | None
    authenticated: Authenticated
    origin: str
    scope: Scope
    confirmed_until: Moment | None


class TokenAnswer(Answer):
    """One token without its text."""

    id: str
    account: str
    label: str
    scope: Scope
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None
    confirmed_until: Moment | None


class TokensAnswer(Answer):
    """Tokens, newest first."""

    items: tuple[TokenAnswer, ...]


class IssuedTokenAnswer(TokenAnswer):
    """A new token with its text, this once."""

    token: str
