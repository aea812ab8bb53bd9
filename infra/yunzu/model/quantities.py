"""Kubernetes quantities as whole numbers: CPU in millicores, sizes in bytes, bounded.

Only forms that mean exactly one whole number are taken (`500m`, `2`, `10Gi`): `0.1m` or `1e100`
are legal for the apiserver, round silently, and are never what a person meant.
Source: Kubernetes API, `resource.Quantity`.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from yunzu.model.text import shown

MAX_CPU = 1_000_000  # millicores: 1,000 cores
MAX_CLUSTER_CPU = 1_000_000_000  # of all nodes together
MAX_BYTES = 2**50  # 1 PiB

_CPU = re.compile(r"([0-9]{1,7})(m?)")
_BYTES = re.compile(r"([0-9]{1,16})(Ki|Mi|Gi|Ti)?")
_UNIT = {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def millicores(text: str, most: int = MAX_CPU) -> int:
    """CPU as millicores. Raises ValueError for anything but `250m` or `2`, or out of 1m to `most`."""
    match = _CPU.fullmatch(text)
    if not match:
        raise ValueError(
            f"{shown(text)} is not a CPU quantity; write millicores or cores, for example '500m' or '2'"
        )
    value = int(match[1]) * (1 if match[2] else 1000)
    if not 1 <= value <= most:
        raise ValueError(f"{shown(text)} is out of range; CPU goes from 1m to {most // 1000}")
    return value


def size_in_bytes(text: str) -> int:
    """A size as bytes. Raises ValueError for anything but `512Mi` and the like, or out of 1 to 1 PiB."""
    match = _BYTES.fullmatch(text)
    if not match:
        raise ValueError(
            f"{shown(text)} is not a size; write a whole number with Ki, Mi, Gi or Ti, for example '10Gi'"
        )
    value = int(match[1]) * _UNIT[match[2]]
    if not 1 <= value <= MAX_BYTES:
        raise ValueError(f"{shown(text)} is out of range; sizes go from 1 byte to 1024Ti")
    return value


def size_text(size: int) -> str:
    """Bytes in the largest binary unit that divides them: 10737418240 -> `10Gi`."""
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        if size and size % _UNIT[unit] == 0:
            return f"{size // _UNIT[unit]}{unit}"
    return str(size)


def _checked_cpu(text: str) -> str:
    millicores(text)
    return text


def _checked_cluster_cpu(text: str) -> str:
    millicores(text, MAX_CLUSTER_CPU)
    return text


def _checked_size(text: str) -> str:
    size_in_bytes(text)
    return text


def _number_to_text(value: object) -> object:
    """YAML reads `cpu: 2` as a number; a quantity is text. A boolean, an integer to Python, must fail."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{pattern}$", "minimum": 1})


Cpu = Annotated[str, BeforeValidator(_number_to_text), AfterValidator(_checked_cpu), _schema(_CPU.pattern)]
ClusterCpu = Annotated[
    str, BeforeValidator(_number_to_text), AfterValidator(_checked_cluster_cpu), _schema(_CPU.pattern)
]
Size = Annotated[
    str, BeforeValidator(_number_to_text), AfterValidator(_checked_size), _schema(_BYTES.pattern)
]
Count = Annotated[int, Field(ge=0, le=100_000, strict=True)]
