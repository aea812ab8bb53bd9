"""Whether there are people for an item: an applicant, and for each step somebody else than the applicant."""

from collections.abc import Iterable, Mapping, Sequence, Set

from yunzu.model.actors import Officer, Register
from yunzu.model.items import ACCEPTANCE, DEPARTMENT, SECOND, Item, Step
from yunzu.model.manifests import Department, Person

_NEW_DEPARTMENT = "department.new"


def _role(step: Step) -> str:
    return step.by.removeprefix(DEPARTMENT).removeprefix(SECOND)


def _holders(people: Iterable[Person | Officer]) -> Mapping[str, Set[str]]:
    """Role -> accounts. Who is also an auditor changes nothing, and so is eligible for nothing."""
    found: dict[str, set[str]] = {}
    for person in people:
        if "auditor" not in person.roles:
            for role in person.roles:
                found.setdefault(role, set()).add(person.account)
    return found


def _unstaffed(steps: Sequence[Step], people: Mapping[str, Set[str]], applicant: str) -> list[str]:
    """The step roles that nobody is left for when `applicant` has filed the request."""
    left = [(step, people.get(_role(step), frozenset()) - {applicant}) for step in steps]
    lacking = []
    for index, (step, accounts) in enumerate(left):
        before = left[:index] if step.is_second else []
        firsts = [those for first, those in before if those and first.id != ACCEPTANCE]
        if not any(all(those - {account} for those in firsts) for account in accounts):
            lacking.append(step.by)
    return list(dict.fromkeys(lacking))


def _lacking(steps: Sequence[Step], people: Mapping[str, Set[str]], applicant: str) -> tuple[str, ...]:
    """The roles that cannot be filled, for the applicant of role `applicant` who leaves the most people."""
    if not people.get(applicant):
        return (applicant, *_unstaffed(steps, people, ""))
    return min(
        (tuple(_unstaffed(steps, people, one)) for one in people[applicant]),
        key=lambda roles: (len(roles), roles),
    )


def lacking_in_department(department: Department, item: Item) -> tuple[str, ...]:
    """The roles for which the department has nobody, or nobody but the applicant; empty where all are there.

    Only the department's own steps count; an item that officers alone sign needs an applicant and no more.
    """
    steps = [step for step in item.steps if step.by.startswith(DEPARTMENT)]
    return _lacking(steps, _holders(department.people), "applicant") if is_of_departments(item) else ()


def lacking_in_centre(register: Register, item: Item) -> tuple[str, ...]:
    """The same for the centre's officers and their steps.

    What departments do not ask for themselves an operator asks for, who then signs no step of it.
    """
    steps = [step for step in item.steps if not step.by.startswith(DEPARTMENT)]
    people = _holders(register.officers)
    if is_of_departments(item):
        return tuple(_unstaffed(steps, people, ""))
    return _lacking(steps, people, "operator")


def is_of_departments(item: Item) -> bool:
    """Whether departments ask for it themselves. One that is not there yet cannot: an operator does."""
    return item.subject in {"environment", "department"} and item.id != _NEW_DEPARTMENT
