"""Who acts. Whoever runs the command on the centre's machine is its operator."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yunzu.model.actors import Actor


def acting() -> "Actor":
    """The local operator, under the name that the machine knows them by."""
    from yunzu.model.actors import Actor
    from yunzu.services.environments import acting_account

    account = acting_account()
    return Actor(account, account, frozenset({"operator"}), None, "local", "this machine")
