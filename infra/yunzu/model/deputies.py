"""Deputies (代理): who acts for whom, on which days. What they may do stands in `permissions`."""

from datetime import date

from pydantic import Field, model_validator

from yunzu.model.identifiers import Identifier
from yunzu.model.manifests import Day, Manifest


class Deputy(Manifest):
    """代理: `by` acts for `of` from one day until another, both inclusive."""

    of: Identifier
    by: Identifier
    start: Day = Field(alias="from")
    until: Day

    @model_validator(mode="after")
    def _sound(self) -> "Deputy":
        if self.of == self.by:
            raise ValueError(f"'{self.of}' cannot be their own deputy")
        if self.until < self.start:
            raise ValueError(f"the deputy's time ends on {self.until}, before it begins on {self.start}")
        return self

    def covers(self, day: date) -> bool:
        return self.start <= day <= self.until
