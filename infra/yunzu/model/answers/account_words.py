"""What people say to the centre about accounts and to get in: the API's bodies.

Codes travel here and nowhere else. None is ever in the text of an error.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from yunzu.model.answers.common import Words


def _typed(code: SecretStr) -> SecretStr:
    if not code.get_secret_value().isascii():
        raise ValueError("holds characters that are in no code")
    return code


Code = Annotated[SecretStr, Field(max_length=200), AfterValidator(_typed)]


class CodeWords(Words):
    """The code that the second factor shows now."""

    code: Code


class BeginWords(Words):
    """Whose one-time code it is."""

    account: str
    code: Code


class FinishWords(BeginWords):
    """`proof`: code of the second factor that was offered; `label`: of the token, to tell it from others."""

    proof: Code | None = None
    label: str = "login"
    days: int = Field(90, description="Until the token expires.")


class WhyWords(Words):
    """Why; it is entered in the account's trail."""

    reason: str


class NewCodeWords(Words):
    """`emergency`: for a security officer without access, on the centre's machine; then with a reason."""

    emergency: bool = False
    reason: str = ""


class DeputyWords(Words):
    """Who is stood in for, by whom, from which day to which, both inclusive."""

    of: str
    by: str
    start: date = Field(alias="from")
    until: date
