"""Whether a manifest fits what is approved: an environment its department and plan, a department's accounts
all others, the register's too, and a plan the environments on it."""

from collections.abc import Iterator, Mapping

from yunzu import naming
from yunzu.findings import Finding
from yunzu.model.actors import Register
from yunzu.model.blueprints import misfits
from yunzu.model.manifests import Department, Environment, Manifest
from yunzu.model.plans import Plan
from yunzu.services.requests.truth import CENTRE, Truth


def findings(manifest: Manifest, truth: Truth) -> list[Finding]:
    """Everything that does not fit; the finding's file is the manifest's id."""
    if isinstance(manifest, Environment):
        return list(_of_environment(manifest, truth))
    if isinstance(manifest, Register):
        return list(_officers_elsewhere(manifest, truth))
    if isinstance(manifest, Plan):
        return list(_of_plan(manifest, truth))
    return list(_taken_accounts(manifest, truth)) if isinstance(manifest, Department) else []


def _of_environment(environment: Environment, truth: Truth) -> Iterator[Finding]:
    plan = truth.find(Plan, environment.plan)
    if truth.find(Department, environment.department) is None:
        said = f"department '{environment.department}' is not approved"
        yield Finding(environment.id, "id", "unknown-department", said)
    if plan is None:
        yield Finding(environment.id, "plan", "unknown-plan", f"plan '{environment.plan}' is not approved")
    else:
        yield from (Finding(environment.id, *misfit) for misfit in misfits(environment, plan))
    yield from _strangers(environment, truth)


def _of_plan(plan: Plan, truth: Truth) -> Iterator[Finding]:
    """What is approved on it still has to be deliverable."""
    for name, environment in sorted(truth.all(Environment).items()):
        if environment.plan == plan.id:
            yield from (Finding(name, *misfit) for misfit in misfits(environment, plan))


def _strangers(environment: Environment, truth: Truth) -> Iterator[Finding]:
    """Whom it lets in is of some department: with them, what they were granted ends."""
    if not environment.access:
        return
    known = _owners(truth)
    for index, one in enumerate(environment.access):
        if one.account not in known:
            said = f"account '{one.account}' is of no department"
            yield Finding(environment.id, f"access[{index}].account", "unknown-account", said)


def _taken_accounts(department: Department, truth: Truth) -> Iterator[Finding]:
    register = truth.find(Register, CENTRE)
    owners = {officer.account: "the centre" for officer in (register.officers if register else ())}
    owners |= _owners(truth, besides=department.id)
    return _taken(department.id, "people", [one.account for one in department.people], owners)


def _officers_elsewhere(register: Register, truth: Truth) -> Iterator[Finding]:
    return _taken(CENTRE, "officers", [one.account for one in register.officers], _owners(truth))


def _owners(truth: Truth, *, besides: str | None = None) -> dict[str, str]:
    """Whose the departments' accounts are."""
    every = truth.all(Department).values()
    return {
        one.account: f"department '{each.id}'" for each in every if each.id != besides for one in each.people
    }


def _taken(subject: str, key: str, accounts: list[str], owners: Mapping[str, str]) -> Iterator[Finding]:
    """Rights follow the account: it is one person's, in the whole centre."""
    for index, account in enumerate(accounts):
        local = account.startswith(naming.LOCAL_ACCOUNTS)
        owner = "the centre's machine" if local else owners.get(account)
        if owner is not None:
            said = f"account '{account}' belongs to {owner}"
            yield Finding(subject, f"{key}[{index}].account", "taken", said)
