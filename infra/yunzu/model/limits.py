"""A time limit (时限) as items state it: so many minutes, hours or working days (GB/T 39046-2020)."""

from typing import Annotated, Literal

from pydantic import Field

from yunzu.model.identifiers import DisplayText
from yunzu.model.manifests import Manifest

Unit = Literal["minute", "hour", "workday"]

OFFICE_MINUTES = 420  # of one working day, where limits of different units are compared


class Limit(Manifest):
    """`n` minutes or hours of wall clock, or working days (工作日) of the centre's calendar."""

    n: Annotated[int, Field(ge=1, le=10_000)]
    unit: Unit
    basis: DisplayText | None = Field(None, description="设定依据: the law or rule that sets it")

    @property
    def office_minutes(self) -> int:
        """Its length for comparing limits: a working day counts as seven hours."""
        return self.n * {"minute": 1, "hour": 60, "workday": OFFICE_MINUTES}[self.unit]
