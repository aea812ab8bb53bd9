"""What went wrong, as the centre answers: the errors of `yunzu.errors`, there and back."""

from yunzu.errors import (
    InvalidInputError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
    YunzuError,
)
from yunzu.findings import Finding
from yunzu.model.answers.common import Answer

_CLASSES: dict[int, type[YunzuError]] = {2: UsageError, 3: RefusedError, 5: UnreachableError}


class FindingAnswer(Answer):
    """One fault of an input."""

    file: str
    path: str
    code: str
    message: str


class Problem(Answer):
    """Subject, fact, what to do; the exit code with which the command ends; all faults of an input."""

    subject: str
    fact: str
    advice: str
    exit_code: int
    found: bool = True
    findings: tuple[FindingAnswer, ...] = ()


def problem_of(error: YunzuError) -> Problem:
    """The document of an error."""
    found = error.findings if isinstance(error, InvalidInputError) else ()
    return Problem(
        subject=error.subject,
        fact=error.fact,
        advice=error.advice,
        exit_code=error.exit_code,
        found=not isinstance(error, NotFoundError),
        findings=tuple(FindingAnswer(**one.as_json()) for one in found),
    )


def error_of(problem: Problem) -> YunzuError:
    """The error that a document tells of, of the class that the command ends with."""
    if problem.findings:
        findings = [Finding(one.file, one.path, one.code, one.message) for one in problem.findings]
        return InvalidInputError(problem.subject, findings)
    kind = _CLASSES.get(problem.exit_code, YunzuError if problem.found else NotFoundError)
    return kind(problem.subject, problem.fact, problem.advice)
