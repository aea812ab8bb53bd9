"""The objects of an environment, as data."""

import ipaddress
from typing import Any

import pytest

from tests.support.blueprints import environment, plan, sample
from yunzu import naming
from yunzu.components import access, cluster_roles, home, perimeter
from yunzu.model.blueprints import Blueprint, misfits, people_by_cluster_role
from yunzu.model.manifests import Person


def _all(blueprint: Any) -> list[dict[str, Any]]:
    rooms = (home, access, perimeter)
    return [
        home.namespace(blueprint),
        *(manifest for room in rooms for _, manifest in room.objects(blueprint)),
    ]


def test_every_object_carries_the_marks_of_ownership() -> None:
    for manifest in _all(sample()):
        labels = manifest["metadata"]["labels"]
        assert labels[naming.LABEL_CENTRE] == "1a2b3c4d"
        assert labels[naming.LABEL_ENVIRONMENT_UID] == "eabcdefghijk"
        assert labels[naming.LABEL_MANAGED] == "true"


def test_pod_security_is_restricted_and_pinned() -> None:
    labels = home.namespace(sample())["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"].startswith("v1.")


def test_the_quota_is_the_plan() -> None:
    hard = home.quota(sample())["spec"]["hard"]
    standard = plan()
    assert hard["pods"] == str(standard.pods)
    assert hard["requests.cpu"] == standard.requests.cpu
    assert hard["services.nodeports"] == "0"
    assert set(standard.objects) <= set(hard)
    assert all(isinstance(value, str) for value in hard.values())


PLANS = ["small", "standard", "large"]


@pytest.mark.parametrize("name", PLANS)
def test_whatever_a_tenant_may_create_is_counted(name: str) -> None:
    rules = [rule for rules in cluster_roles.TENANT_ROLES.values() for rule in rules]
    may = {
        f"{resource}.{group}" if group else resource
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if "create" in rule["verbs"] and "/" not in resource
    }
    counted = {key.removeprefix("count/") for key in plan(name).objects}
    assert len(may) > 10
    assert may <= counted


@pytest.mark.parametrize("name", PLANS)
def test_finished_pods_are_counted_too(name: str) -> None:
    """`pods` counts only those that still run."""
    hard = home.quota(sample(plan=name))["spec"]["hard"]
    assert int(hard["count/pods"]) == 5 * int(hard["pods"])


def test_suspended_nothing_may_be_begun_and_nothing_else_differs() -> None:
    in_use, suspended = sample(), sample(suspended=True)
    before, after = (home.quota(one)["spec"]["hard"] for one in (in_use, suspended))
    assert {key: after[key] for key in after if after[key] != before[key]} == {
        "pods": "0",
        "count/pods": "0",
        "count/jobs.batch": "0",
    }
    assert after.keys() == before.keys()
    different = [one for one, other in zip(_all(in_use), _all(suspended), strict=True) if one != other]
    assert [one["kind"] for one in different] == ["ResourceQuota"]


def test_suspended_pods_count_under_each_of_their_names() -> None:
    fields = {field: getattr(sample(suspended=True), field) for field in Blueprint.__slots__}
    counted = plan().model_copy(update={"objects": {"count/pods": 7, "secrets": 3}})
    hard = home.quota(Blueprint(**fields | {"plan": counted}))["spec"]["hard"]
    assert (hard["pods"], hard["count/pods"], hard["secrets"]) == ("0", "0", "3")
    assert "count/jobs.batch" not in hard


def test_the_first_policy_denies_everything_both_ways() -> None:
    policies = dict(perimeter.objects(sample()))
    spec = policies["deny-all"]["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_egress_reaches_the_own_data_servers_and_nothing_wider() -> None:
    spec = dict(perimeter.objects(sample()))["allow-own-data"]["spec"]
    for rule in spec["egress"]:
        assert len(rule["ports"]) == 1
        for peer in rule["to"]:
            assert ipaddress.ip_network(peer["ipBlock"]["cidr"]).num_addresses == 1


def test_without_data_no_data_server_is_open() -> None:
    assert "allow-own-data" in dict(perimeter.objects(sample()))
    blueprint = sample(databases=[], buckets=[])
    bare = type(blueprint)(**{f: getattr(blueprint, f) for f in blueprint.__slots__} | {"endpoints": ()})
    assert "allow-own-data" not in dict(perimeter.objects(bare))


EXCEPTIONS = [
    {"to": "203.0.113.0/24", "ports": [8443, 443], "until": "2027-03-31", "reason": "数据交换"},
    {"to": "2001:db8::/32", "ports": [123], "protocol": "UDP", "until": "2027-01-31", "reason": "授时"},
]


def test_exceptions_are_one_policy_that_opens_what_they_say_and_nothing_besides() -> None:
    bare, excepted = dict(perimeter.objects(sample())), dict(perimeter.objects(sample(egress=EXCEPTIONS)))
    policy = excepted.pop("allow-exceptions")
    assert excepted == bare
    assert policy["metadata"]["name"] == naming.EGRESS_EXCEPTIONS
    assert policy["metadata"]["labels"] == bare["deny-all"]["metadata"]["labels"]
    assert policy["spec"] == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [{"ipBlock": {"cidr": "2001:db8::/32"}}],
                "ports": [{"protocol": "UDP", "port": 123}],
            },
            {
                "to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}],
                "ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 8443}],
            },
        ],
    }


def test_every_policy_states_its_types() -> None:
    for _, policy in perimeter.objects(sample()):
        assert policy["spec"]["policyTypes"]


def test_people_are_bound_by_name_to_our_own_roles() -> None:
    bindings = dict(access.objects(sample()))
    assert set(bindings) == {"tenant-admin", "tenant-auditor", "tenant-developer", "tenant-viewer"}
    for role, binding in bindings.items():
        assert binding["roleRef"]["name"] == f"yunzu:1a2b3c4d:{role}"
        assert {subject["kind"] for subject in binding["subjects"]} == {"User"}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("steward", "tenant-admin"),
        ("developer", "tenant-developer"),
        ("applicant", "tenant-viewer"),
        ("reviewer", "tenant-viewer"),
        ("approver", "tenant-viewer"),
        ("auditor", "tenant-auditor"),
    ],
)
def test_roles_of_a_department_become_cluster_roles(role: str, expected: str) -> None:
    person = Person.model_validate({"name": "张三", "account": "zhangsan", "roles": [role]})
    assert people_by_cluster_role([person]) == {expected: ["zhangsan"]}


def _granted(rules: list[cluster_roles.Rule]) -> set[tuple[str, str]]:
    return {(verb, name) for rule in rules for verb in rule["verbs"] for name in rule["resources"]}


@pytest.mark.parametrize("role", sorted(cluster_roles.TENANT_ROLES))
def test_tenant_roles_change_nothing_of_the_platform_and_escalate_nothing(role: str) -> None:
    granted = _granted(cluster_roles.TENANT_ROLES[role])
    assert not {verb for verb, _ in granted} & {"*", "bind", "escalate", "impersonate", "approve"}
    assert not {name for _, name in granted} & {"*", "serviceaccounts/token", "nodes", "nodes/proxy"}
    writes = {"create", "update", "patch", "delete", "deletecollection"}
    owned = {"namespaces", "resourcequotas", "limitranges", "networkpolicies", "roles", "rolebindings"}
    owned |= {"endpoints", "endpointslices"}
    assert not {(verb, name) for verb, name in granted if verb in writes and name in owned}


@pytest.mark.parametrize("role", ["tenant-developer", "tenant-viewer", "tenant-auditor"])
def test_only_stewards_read_secrets(role: str) -> None:
    assert not {verb for verb, name in _granted(cluster_roles.TENANT_ROLES[role]) if name == "secrets"}


def test_the_platform_is_no_cluster_admin() -> None:
    rules = cluster_roles.platform_rules("1a2b3c4d")
    assert not {verb for verb, _ in _granted(rules)} & {"*", "escalate", "impersonate"}
    binding_rules = [rule for rule in rules if "bind" in rule["verbs"]]
    assert binding_rules
    assert all(rule["resourceNames"] for rule in binding_rules)


def test_the_platform_ends_pods_and_never_writes_what_runs() -> None:
    granted = _granted(cluster_roles.platform_rules("1a2b3c4d"))
    assert {verb for verb, name in granted if name == "pods"} == {"get", "list", "watch", "delete"}
    running = {"pods", "pods/exec", "replicasets", "statefulsets", "deployments", "jobs", "cronjobs"}
    writes = {"create", "update", "patch", "deletecollection"}
    assert not {(verb, name) for verb, name in granted if verb in writes and name in running}
    assert ("patch", "replicasets/status") in granted
    assert ("patch", "statefulsets/status") in granted


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grade": 4}, "grade-above-plan"),
        ({"databases": [{"name": f"d{n}"} for n in range(9)]}, "too-many"),
        ({"databases": [{"name": "a", "size": "101Gi"}]}, "too-much-size"),
        ({"databases": [{"name": "a", "connections": 61}]}, "too-much-connections"),
        ({"buckets": [{"name": "a", "bytes": "101Gi"}]}, "too-much-bytes"),
    ],
)
def test_what_does_not_fit_the_plan_is_found(changes: dict[str, Any], code: str) -> None:
    assert code in {found for _, found, _ in misfits(environment(**changes), plan())}


def test_what_fits_is_fine() -> None:
    assert not list(misfits(environment(), plan()))
