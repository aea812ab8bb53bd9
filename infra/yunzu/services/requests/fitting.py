"""Whether a manifest fits what is approved: an environment its department and plan, a department's accounts
all others, the register's too."""

from collections.abc import Iterator

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


def _taken_accounts(department: Department, truth: Truth) -> Iterator[Finding]:
    """Rights follow the account: it is one person's, in the whole centre."""
    register = truth.find(Register, CENTRE)
    owners = {officer.account: "the centre" for officer in (register.officers if register else ())}
    for other in truth.all(Department).values():
        if other.id != department.id:
            owners |= {person.account: f"department '{other.id}'" for person in other.people}
    for index, person in enumerate(department.people):
        local = person.account.startswith(naming.LOCAL_ACCOUNTS)
        owner = "the centre's machine" if local else owners.get(person.account)
        if owner is not None:
            said = f"account '{person.account}' belongs to {owner}"
            yield Finding(department.id, f"people[{index}].account", "taken", said)


def _officers_elsewhere(register: Register, truth: Truth) -> Iterator[Finding]:
    """Like `_taken_accounts`, seen from the centre."""
    owners = {one.account: of for of, each in truth.all(Department).items() for one in each.people}
    for index, officer in enumerate(register.officers):
        local = officer.account.startswith(naming.LOCAL_ACCOUNTS)
        if local or officer.account in owners:
            owner = "the centre's machine" if local else f"department '{owners[officer.account]}'"
            said = f"account '{officer.account}' belongs to {owner}"
            yield Finding(CENTRE, f"officers[{index}].account", "taken", said)
