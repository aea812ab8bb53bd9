"""What is approved of departments and environments, and what asking for them came to."""

from typing import Any, Literal

from yunzu.model.answers.common import Answer
from yunzu.model.answers.problem import Problem
from yunzu.model.answers.requests import CaseAnswer
from yunzu.model.requests import State


class NameAnswer(Answer):
    """What a department is called; in English where somebody has said so."""

    zh: str
    en: str | None = None


class PersonAnswer(Answer):
    """An account of a department, and the roles that it holds there."""

    name: str
    account: str
    roles: tuple[str, ...]


class DepartmentAnswer(Answer):
    """An approved department with the ids of its approved environments. What it does not say is left out."""

    kind: Literal["Department"]
    id: str
    title: NameAnswer
    uscc: str | None = None
    region: str | None = None
    quota: dict[str, Any] | None = None
    people: tuple[PersonAnswer, ...]
    environments: tuple[str, ...]


class DepartmentsAnswer(Answer):
    """Departments, by id."""

    items: tuple[DepartmentAnswer, ...]


class ManifestAnswer(Answer):
    """A manifest as it is or was approved; `hash` is of its content's canonical JSON."""

    kind: Literal["Department", "Environment"]
    id: str
    hash: str
    content: dict[str, Any]


class ManifestsAnswer(Answer):
    """What is approved now, by kind and id; of one department, or null: of all."""

    department: str | None
    items: tuple[ManifestAnswer, ...]


class WaitingRequest(Answer):
    """A request that waits for people or for room; `problem` says for whom. `request` is its number, null
    where it was rehearsed and not filed."""

    request: str | None
    item: str
    state: State
    bundle: str | None
    problem: Problem


class AskedAnswer(Answer):
    """The requests that are to be delivered now, oldest first, or the one that waits: then there are none.
    Neither: what is asked for is there."""

    requests: tuple[CaseAnswer, ...]
    waiting: WaitingRequest | None = None
    dry_run: bool = False
