"""The few errors a caller can act on, each with the exit code the command ends with.

Every error is built from data: a subject, a fact about it, and what to do. Nothing is logged or
printed here, and no value that may be secret belongs in any of the three.
"""

from collections.abc import Sequence
from typing import ClassVar

from yunzu.findings import Finding


class YunzuError(Exception):
    """Something failed. Its text is one sentence: subject, fact, what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, subject: str, fact: str, advice: str = "") -> None:
        self.subject = subject
        self.fact = fact
        self.advice = advice
        super().__init__(f"{subject}: {fact}" + (f"; {advice}" if advice else ""))


class UsageError(YunzuError):
    """The caller's words or options are wrong; nothing was changed."""

    exit_code = 2


class InvalidInputError(YunzuError):
    """A manifest, plan or estate file is invalid; nothing was changed and no server was asked."""

    exit_code = 2

    def __init__(self, subject: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        super().__init__(subject, f"{count} finding{'s' if count != 1 else ''}; nothing was changed")


class RefusedError(YunzuError):
    """Policy, permission or ownership forbids it."""

    exit_code = 3


class BusyError(RefusedError):
    """Another run works on the same thing; it passes."""


class NotOursError(RefusedError):
    """An object of that name exists and does not belong to this centre and environment.

    It is neither adopted nor deleted.
    """

    def __init__(self, kind: str, name: str, owner: str) -> None:
        super().__init__(
            f"{kind} {name}",
            f"exists and is not ours ({owner})",
            "rename the environment, or have its owner remove it",
        )


class FencedError(RefusedError):
    """A later writer has taken over this environment; this one must not change anything any more."""

    def __init__(self, environment: str, token: int, current: int) -> None:
        super().__init__(
            environment,
            f"writer {token} was overtaken by writer {current}",
            "nothing is lost: the later run brings the environment to its manifest",
        )


class UnreachableError(YunzuError):
    """A server or tool this command needs does not answer or is not there."""

    exit_code = 5


class NotFoundError(YunzuError):
    """The named thing does not exist."""


class InterruptError(YunzuError):
    """Stopped by the user; the state is consistent and a next run goes on."""

    exit_code = 130
