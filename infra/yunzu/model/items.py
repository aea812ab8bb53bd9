"""事项: what the centre can be asked for, with its time limits and its steps. Under `centre/items/`.

Vocabulary: GB/T 39046-2020 (办件类型 1 即办件, 2 承诺件; 法定办结时限, 承诺办结时限; 环节 受理, 审核, 批准).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from yunzu.model.hashes import manifest_hash
from yunzu.model.identifiers import Identifier
from yunzu.model.limits import Limit
from yunzu.model.manifests import Manifest, Title
from yunzu.model.rules import RuleName
from yunzu.model.text import shown
from yunzu.naming import IDENTIFIER, MAX_IDENTIFIER

CaseKind = Literal["instant", "promised"]
Subject = Literal["environment", "department", "plan", "price", "item", "calendar", "quota", "register"]
StepRole = Literal[
    "operator",
    "security",
    "second-operator",
    "second-security",
    "department.reviewer",
    "department.approver",
    "department.steward",
]
"""Whose step it is: an officer's, a second officer's who has not signed yet, or the department's own."""

ACCEPTANCE = "accept"
SECOND = "second-"
DEPARTMENT = "department."
_ITEM_ID = f"{IDENTIFIER.pattern}\\.{IDENTIFIER.pattern}"
_LONGEST = 2 * MAX_IDENTIFIER + 1


def item_name(value: str) -> str:
    """An item's id: what it is about, a dot, what is asked. Raises ValueError."""
    if len(value) > _LONGEST or not re.fullmatch(_ITEM_ID, value):
        raise ValueError(f"{shown(value)} is not an item's id; write it like 'environment.new'")
    return value


ItemId = Annotated[
    str,
    AfterValidator(item_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_ITEM_ID}$", "maxLength": _LONGEST}),
]


def is_left_out(by: StepRole) -> bool:
    """Whether an operator's emergency leaves out somebody's step: the department's and an operator's own."""
    return by == "operator" or by.startswith(DEPARTMENT)


class Step(Manifest):
    """环节: one signature on the way, or the rule that makes it unnecessary."""

    id: Identifier
    title: Title
    by: StepRole = Field(description="Whose step it is where no rule takes it")
    promised: Limit
    statutory: Limit | None = Field(
        None, description="法定时限 of the step, at least the promised one; omitted: only the item has one"
    )
    auto: RuleName | None = Field(None, description="Rule that passes the step at once where it grants")
    unless: RuleName | None = Field(None, description="Rule that leaves the step out where it grants")

    @field_validator("statutory")
    @classmethod
    def _kept_promise(cls, statutory: Limit | None, info: ValidationInfo) -> Limit | None:
        promised: Limit | None = info.data.get("promised")
        if statutory and promised and promised.office_minutes > statutory.office_minutes:
            raise ValueError(
                f"the step promises {promised.office_minutes} office minutes, "
                f"which is longer than its statutory {statutory.office_minutes}"
            )
        return statutory

    @field_validator("unless")
    @classmethod
    def _one_rule(cls, unless: RuleName | None, info: ValidationInfo) -> RuleName | None:
        if unless and info.data.get("auto"):
            raise ValueError("the step has a rule under 'auto' already; keep one of the two")
        return unless

    @property
    def rule(self) -> RuleName | None:
        """The rule that is asked before people are."""
        return self.auto or self.unless

    @property
    def is_second(self) -> bool:
        """Whether a second signatory takes it, who has signed no other step of the request."""
        return self.by.startswith(SECOND)


def _order_faults(steps: tuple[Step, ...], second_signatory: bool) -> Iterator[str]:
    names = [step.id for step in steps]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"step '{name}' is listed twice"
    if names and names[0] != ACCEPTANCE:
        yield f"the first step is '{names[0]}'; every request is accepted first, by a step 'accept'"
    seconds = [index for index, step in enumerate(steps) if step.is_second]
    if not second_signatory:
        if seconds:
            yield f"step '{names[seconds[0]]}' has a second signatory; say 'second_signatory: true' above"
    elif len(seconds) != 1:
        yield f"{len(seconds)} steps have a second signatory, and one is needed"
    elif not any(step.rule is None for step in steps[: seconds[0]] if step.id != ACCEPTANCE):
        yield f"nobody signs before step '{names[seconds[0]]}'; a second signatory needs a first"
    elif steps[seconds[0]].rule is not None:
        yield f"a rule can take step '{names[seconds[0]]}'; a second signatory is a person"


def _time_faults(steps: tuple[Step, ...], stated: Mapping[str, Any]) -> Iterator[str]:
    promised: Limit | None = stated.get("promised")
    total = sum(step.promised.office_minutes for step in steps)
    if promised and total > promised.office_minutes:
        yield (
            f"the steps promise {total} office minutes together, "
            f"and the item promises {promised.office_minutes}"
        )
    statutory: Limit | None = stated.get("statutory")
    most = sum((step.statutory or step.promised).office_minutes for step in steps)
    if statutory and any(step.statutory for step in steps) and most > statutory.office_minutes:
        yield (
            f"the steps may take {most} office minutes together by law, "
            f"and the item's statutory limit is {statutory.office_minutes}"
        )
    if stated.get("case_kind") == "instant":
        for step in steps:
            if step.rule is None:
                yield f"step '{step.id}' waits for people; each step of an instant item (即办件) names a rule"


class Item(Manifest):
    """事项: one thing that can be asked for. `statutory` and `promised` count from acceptance to delivery."""

    kind: Literal["Item"]
    id: ItemId
    title: Title
    case_kind: CaseKind = Field(description="instant 即办件 | promised 承诺件")
    subject: Subject = Field(description="Kind of manifest that a request proposes or names")
    statutory: Limit = Field(description="法定办结时限")
    promised: Limit = Field(description="承诺办结时限, at most the statutory one")
    second_signatory: bool = Field(False, description="Two different people sign")
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=10, strict=False)]

    @field_validator("promised")
    @classmethod
    def _kept_promise(cls, promised: Limit, info: ValidationInfo) -> Limit:
        faults = []
        statutory: Limit | None = info.data.get("statutory")
        if statutory and promised.office_minutes > statutory.office_minutes:
            faults.append(
                f"the promise of {promised.office_minutes} office minutes "
                f"is longer than the statutory {statutory.office_minutes}"
            )
        if info.data.get("case_kind") == "instant" and promised.unit != "minute":
            faults.append("an instant item (即办件) promises minutes")
        if faults:
            raise ValueError("; ".join(faults))
        return promised

    @field_validator("steps")
    @classmethod
    def _sound(cls, steps: tuple[Step, ...], info: ValidationInfo) -> tuple[Step, ...]:
        second = info.data.get("second_signatory")
        faults = [
            *(_order_faults(steps, second) if second is not None else ()),
            *_time_faults(steps, info.data),
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return steps


def item_hash(item: Item) -> str:
    """What a request pins: SHA-256 of the item's canonical JSON, so that no later promise replaces it."""
    return manifest_hash(item)
