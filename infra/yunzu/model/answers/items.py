"""What the centre can be asked for, as it answers."""

from yunzu.model.answers.common import Answer, Span, Title
from yunzu.model.items import StepRole, Subject
from yunzu.model.promises import CaseKind
from yunzu.model.rules import RuleName


class StatutorySpan(Span):
    """The limit that the law sets, and which."""

    basis: str | None = None


class ItemStep(Answer):
    """One step 环节; `rule`: the one that may pass it. `statutory` null: only the item has such a limit."""

    id: str
    title: Title
    by: StepRole
    promised: Span
    statutory: StatutorySpan | None
    rule: RuleName | None


class ItemAnswer(Answer):
    """One item 事项; `offered`: whether a delivery stands behind it."""

    id: str
    title: Title
    kind: CaseKind
    subject: Subject
    promised: Span
    statutory: StatutorySpan
    second_signatory: bool
    offered: bool
    steps: tuple[ItemStep, ...]


class ItemsAnswer(Answer):
    """All items, by id."""

    items: tuple[ItemAnswer, ...]
