"""What is asked of the servers, to the letter: inputs of an environment's resources, the centre's roles.

`python -m tests.support.input_snapshots` writes `tests/data/environment.yaml` and
`tests/data/cluster_roles.yaml` anew; a reviewer then reads in the difference what a change opens.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.blueprints import sample
from tests.support.recorder import declare
from yunzu.components import cluster_roles
from yunzu_stacks.environment import environment_program

DATA = Path(__file__).parents[1] / "data"
CENTRE = "1a2b3c4d"


class _Plain(yaml.SafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is yaml's
        return True


def environment() -> dict[str, Any]:
    """Inputs of each resource of the sample environment, by its name in the stack."""
    registered = declare(environment_program(sample(centre=CENTRE)))
    return {one.name: {"type": one.type, **_whole(one.inputs)} for one in registered if one.inputs}


def _whole(value: Any) -> Any:
    """The engine's protocol has no integers: 53.0 becomes 53 again."""
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def roles() -> dict[str, Any]:
    """The centre's cluster-scoped objects, by kind and name."""
    objects = cluster_roles.objects(CENTRE)
    return {f"{one['kind']} {one['metadata']['name']}": one for one in objects}


SNAPSHOTS = {"environment.yaml": environment, "cluster_roles.yaml": roles}


def text(document: Mapping[str, Any]) -> str:
    """As the file holds it."""
    dumped: str = yaml.dump(
        dict(document), Dumper=_Plain, allow_unicode=True, width=110, default_flow_style=None
    )
    return dumped


if __name__ == "__main__":
    for _name, _made in SNAPSHOTS.items():
        (DATA / _name).write_text(text(_made()), "utf-8")
