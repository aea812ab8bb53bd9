"""Probes with a person's own certificate: what the roles allow works, everything else is refused."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ForbiddenError
from yunzu.clients.kubernetes_people import access_review, issue_certificate
from yunzu.model.blueprints import Blueprint, people_by_cluster_role
from yunzu.model.manifests import AccessGrant, Environment
from yunzu.services.centre import Centre
from yunzu.services.inventory import Entry
from yunzu.services.probes import Probe, ProbeFailedError, probe, refused

_NO_POD = re.compile(r"exceeded quota: plan,.* limited: .*\bpods=0\b")
_MOST_ABLE_FIRST = ("tenant-admin", "tenant-developer", "tenant-viewer", "tenant-auditor")


def people(
    blueprint: Blueprint, others: Sequence[Entry], granted: Sequence[Environment], *, centre: Centre
) -> Iterator[Probe]:
    """Log in with a certificate of the most able person of the department, and try doors both ways.

    `granted`: environments that let in people by a grant; whose door that opens is no neighbour's to try.
    """
    yield probe("cluster: no account reaches further", partial(_nobody_reaches_further, blueprint, centre))
    for grant in blueprint.environment.access or ():
        yield probe(f"cluster: {grant.account} by a grant", partial(_only_what, grant, blueprint, centre))
    bound = people_by_cluster_role(blueprint.department.people)
    role = next((role for role in _MOST_ABLE_FIRST if role in bound), None)
    if role is None:
        yield Probe("cluster: people", True, 0.0, "the department has no people yet")
        return
    account = bound[role][0]
    opened = {one.id for one in granted if one.without([account]) is not one}
    shut = [other for other in others if other.id not in opened]
    made: list[Client] = []

    def certificate() -> str:
        user = naming.person(centre.id, account)
        labels = {naming.LABEL_CENTRE: centre.id, naming.LABEL_MANAGED: "true"}
        made.append(
            centre.cluster.as_user(*issue_certificate(centre.cluster, user, seconds=600, labels=labels))
        )
        return f"certificate of {account} ({role}), valid for 10 min"

    yield probe("cluster: certificate", certificate)
    if made:
        try:
            yield from _doors(made[0], role, blueprint, shut)
        finally:
            made[0].close()


_ONLY_FOR = {
    ("list", "pods"): {"viewer", "developer", "admin"},
    ("create", "pods"): {"developer", "admin"},
    ("list", "secrets"): {"admin"},
    ("update", "rolebindings"): set[str](),
}


def _only_what(grant: AccessGrant, blueprint: Blueprint, centre: Centre) -> str:
    """The authorizer is asked: who was granted it is at home elsewhere, and their certificate their own."""
    user, space = naming.person(centre.id, grant.account), blueprint.namespace
    own = people_by_cluster_role([one for one in blueprint.department.people if one.account == grant.account])
    for (verb, resource), roles in _ONLY_FOR.items():
        group = "rbac.authorization.k8s.io" if resource == "rolebindings" else ""
        answer = access_review(
            centre.cluster, user, verb=verb, resource=resource, group=group, namespace=space
        )
        opened = answer.allowed and not own  # their own role may let them do more
        if opened if grant.role not in roles else not answer.allowed:
            fact = f"may {verb} {resource}" if answer.allowed else f"may not {verb} {resource}"
            raise ProbeFailedError(user, f"{fact} as {grant.role}", "`yunzu env apply` puts it right")
    return f"{grant.role} until {grant.until}"


_FURTHER = (("list", "namespaces"), ("list", "secrets"), ("list", "pods"), ("create", "pods/exec"))
_EVERYBODY = "system:authenticated"


def _nobody_reaches_further(blueprint: Blueprint, centre: Centre) -> str:
    """What is bound in the whole cluster holds in every namespace, and stands in none of them: the
    authorizer is asked, for each person and for the namespace's own ServiceAccounts."""
    space = blueprint.namespace
    robots = f"system:serviceaccounts:{space}", "system:serviceaccounts", _EVERYBODY
    accounts = [one.account for one in blueprint.department.people]
    accounts += [one.account for one in blueprint.environment.access or ()]
    subjects: dict[str, Sequence[str]] = {naming.person(centre.id, one): (_EVERYBODY,) for one in accounts}
    subjects |= {f"system:serviceaccount:{space}:{name}": robots for name in ("default", "workload")}
    for user, groups in subjects.items():
        for verb, resource in _FURTHER:
            answer = access_review(centre.cluster, user, verb=verb, resource=resource, groups=groups)
            if answer.allowed:
                fact = f"may {verb} {resource} in every namespace ({answer.reason})"
                raise ProbeFailedError(user, fact, "remove that binding, or ask who added it")
    return f"{len(subjects)} accounts, refused by the authorizer"


def _doors(person: Client, role: str, blueprint: Blueprint, others: Sequence[Entry]) -> Iterator[Probe]:
    own = blueprint.namespace
    yield probe("cluster: reads its quota", lambda: _read(person, "ResourceQuota", own))
    if role in ("tenant-admin", "tenant-developer"):
        if blueprint.suspended:
            yield probe("cluster: runs nothing while suspended", lambda: _refused_workload(person, own))
        else:
            yield probe("cluster: may run a workload", lambda: _dry_run_workload(person, own))
    shut = (
        ("changes its quota", lambda: _loosen(person, "v1", "ResourceQuota", "plan", own)),
        (
            "changes its network policy",
            lambda: _loosen(person, "networking.k8s.io/v1", "NetworkPolicy", "deny-all", own),
        ),
        ("changes its namespace", lambda: _loosen(person, "v1", "Namespace", own, None)),
        ("lists all namespaces", lambda: person.list("v1", "Namespace")),
        ("lists all Secrets", lambda: person.list("v1", "Secret")),
    )
    for name, attempt in shut:
        yield refused(f"cluster: {name}", attempt, by=ForbiddenError)
    foreign = [other for other in others if other.department != blueprint.department.id]
    for other in foreign:  # a department's people have their roles in all of its environments
        yield refused(
            f"cluster: enters {other.id}",
            partial(person.list, "v1", "Pod", other.namespace),
            by=ForbiddenError,
        )
        yield refused(
            f"cluster: reads Secrets of {other.id}",
            partial(person.list, "v1", "Secret", other.namespace),
            by=ForbiddenError,
        )


def _read(person: Client, kind: str, namespace: str) -> str:
    found = person.list("v1", kind, namespace)
    return f"{len(found)} read"


def _loosen(person: Client, api_version: str, kind: str, name: str, namespace: str | None) -> None:
    """A harmless change: the annotation would hurt nothing if it were let through."""
    patch = {"metadata": {"annotations": {"yunzu.io/probe": "let-in"}}}
    person.patch(api_version, kind, name, namespace, patch, field_manager="yunzu-probe")


def _refused_workload(person: Client, namespace: str) -> str:
    """Refused because no pod may be: a person without the right to create one, or a plan that is used up,
    would prove nothing."""
    try:
        _dry_run_workload(person, namespace)
    except ForbiddenError as error:
        if not _NO_POD.search(error.fact):
            raise
        return f"refused: {error.fact}"
    raise ProbeFailedError("a pod", "would be let in", "`yunzu env apply` shuts the quota again")


def _dry_run_workload(person: Client, namespace: str) -> str:
    container = {
        "name": "probe",
        "image": "registry.invalid/probe@sha256:" + "0" * 64,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "yunzu-probe", "namespace": namespace},
        "spec": {
            "serviceAccountName": "workload",
            "containers": [container],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        },
    }
    person.create(pod, field_manager="yunzu-probe", dry_run=True)
    return "a restricted pod is admitted (dry run)"
