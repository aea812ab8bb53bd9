"""The program of an environment: resource names are forever, and objects are what the SDK would register."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from tests.support.blueprints import sample
from tests.support.recorder import Registered, declare
from yunzu.components import access, home, perimeter
from yunzu_stacks.environment import environment_program

SNAPSHOT = Path(__file__).parents[1] / "data" / "resources.json"


def _custom(registered: list[Registered]) -> list[Registered]:
    return [one for one in registered if one.type.startswith(("kubernetes:", "yunzu:postgres", "yunzu:s3"))]


def test_resource_names_are_as_in_the_snapshot() -> None:
    found = sorted([one.type, one.name] for one in declare(environment_program(sample())))
    assert found == json.loads(SNAPSHOT.read_text("utf-8"))


def test_suspended_only_logins_and_quota_differ() -> None:
    in_use, suspended = (
        {one.name: one.inputs for one in _custom(declare(environment_program(sample(suspended=flag))))}
        for flag in (False, True)
    )
    assert in_use.keys() == suspended.keys()
    changed = {
        name: {key: value for key, value in inputs.items() if value != in_use[name].get(key)}
        for name, inputs in suspended.items()
        if inputs != in_use[name]
    }
    assert set(changed) == {"home-quota", "database-main-owner-a", "bucket-main-user-a"}
    assert changed["database-main-owner-a"] == changed["bucket-main-user-a"] == {"enabled": False}
    assert [inputs["enabled"] for inputs in in_use.values() if "slot" in inputs] == [True, True]


def test_exceptions_add_one_resource_whose_name_is_forever() -> None:
    way = {"to": "203.0.113.0/24", "ports": [443], "until": "2027-03-31", "reason": "数据交换"}
    excepted = {(one.type, one.name) for one in declare(environment_program(sample(egress=[way])))}
    bare = {(one.type, one.name) for one in declare(environment_program(sample()))}
    policy = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    assert excepted - bare == {(policy, "perimeter-allow-exceptions")}


def test_each_claim_gets_its_own_resources() -> None:
    claims: dict[str, Any] = {"databases": [{"name": "a"}, {"name": "b"}], "buckets": []}
    names = {one.name for one in declare(environment_program(sample(**claims)))}
    assert {"database-a-database", "database-b-database"} <= names
    assert not [name for name in names if name.startswith("bucket-")]


def test_no_input_of_any_resource_looks_like_a_secret() -> None:
    text = json.dumps([one.inputs for one in _custom(declare(environment_program(sample())))])
    assert "password" not in text.lower()
    assert "secret-key" not in text


def test_objects_register_as_the_public_sdk_registers_them() -> None:
    blueprint = sample()
    classes: dict[str, Any] = {
        "Namespace": k8s.core.v1.Namespace,
        "ResourceQuota": k8s.core.v1.ResourceQuota,
        "LimitRange": k8s.core.v1.LimitRange,
        "ServiceAccount": k8s.core.v1.ServiceAccount,
        "RoleBinding": k8s.rbac.v1.RoleBinding,
        "NetworkPolicy": k8s.networking.v1.NetworkPolicy,
    }
    snake = {"automountServiceAccountToken": "automount_service_account_token", "roleRef": "role_ref"}
    objects = {"home-namespace": home.namespace(blueprint)}
    objects |= {f"home-{role}": manifest for role, manifest in home.objects(blueprint)}
    objects |= {f"access-{role}": manifest for role, manifest in access.objects(blueprint)}
    objects |= {f"perimeter-{role}": manifest for role, manifest in perimeter.objects(blueprint)}

    def with_the_sdk() -> None:
        for name, manifest in objects.items():
            arguments = {snake.get(k, k): v for k, v in manifest.items() if k not in ("apiVersion", "kind")}
            classes[manifest["kind"]](name, **arguments, opts=pulumi.ResourceOptions())

    sdk = {one.name: one for one in declare(with_the_sdk)}
    ours = {one.name: one for one in declare(environment_program(blueprint))}
    assert len(sdk) > 8
    for name, registered in sdk.items():
        assert ours[name].type == registered.type
        assert ours[name].inputs == registered.inputs, name
