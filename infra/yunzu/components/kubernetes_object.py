"""Registers a Kubernetes object, given as the dictionary that it is in YAML, with Pulumi.

The typed classes of `pulumi_kubernetes` register exactly the same (a test compares URNs and inputs), but
importing the modules that one environment needs costs 0.75 s of each command. The objects are made by
pure functions instead, which also serve to derive and compare a whole estate without the engine.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import pulumi

Object = dict[str, Any]


@cache
def _sdk_version() -> str:
    return version("pulumi-kubernetes")


def type_token(api_version: str, kind: str) -> str:
    """Pulumi's type token: `v1`, `Namespace` -> `kubernetes:core/v1:Namespace`."""
    group_version = api_version if "/" in api_version else f"core/{api_version}"
    return f"kubernetes:{group_version}:{kind}"


class KubernetesObject(pulumi.CustomResource):
    """One object of the cluster."""

    def __init__(self, name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        token = type_token(manifest["apiVersion"], manifest["kind"])
        with_version = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=_sdk_version()))
        super().__init__(token, name, dict(manifest), with_version)
