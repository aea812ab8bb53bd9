"""Property values of Pulumi's protocol as plain Python values.

Two things of the protocol have no plain counterpart. A value that is not known yet, during a preview,
is `UNKNOWN`. A value that must be kept secret comes in unwrapped, and goes out as `SecretValue`;
what came in secret and goes out under the same key is made secret again by `carry_secrets`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that only the real run will know; compares equal to itself and nothing else."""

# The engine has one sentinel for each type of an unknown value; we don't need to tell them apart.
_UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret, none itself


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A value that Pulumi encrypts in its state and masks in its output."""

    value: Any

    def __repr__(self) -> str:
        return "SecretValue(…)"


def decode(message: struct_pb2.Struct) -> dict[str, Any]:
    """A message as plain values; secrets stay wrapped in SecretValue, whole numbers become int."""
    return {key: _decode(value) for key, value in message.fields.items()}


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
            return SecretValue(_decode(fields["value"]))
        return decode(value.struct_value)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    return value.bool_value if kind == "bool_value" else None


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain values, UNKNOWN and SecretValue among them, as a message."""
    return struct_pb2.Struct(fields={key: _encode(value) for key, value in values.items()})


def _encode(value: Any) -> struct_pb2.Value:
    if isinstance(value, SecretValue):
        return struct_pb2.Value(struct_value=encode({_SIGNATURE: _SECRET, "value": value.value}))
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, list | tuple):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    raise TypeError(f"no property value: {type(value).__name__}")


def reveal(value: Any) -> Any:
    """The same values with every secret unwrapped."""
    if isinstance(value, SecretValue):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def holds_secret(value: Any) -> bool:
    """Whether a secret stands anywhere in it."""
    if isinstance(value, dict):
        return any(holds_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_secret(item) for item in value)
    return isinstance(value, SecretValue)


def holds_unknown(value: Any) -> bool:
    """Whether an unknown value stands anywhere in it."""
    if isinstance(value, SecretValue):
        return holds_unknown(value.value)
    if isinstance(value, dict):
        return any(holds_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def carry_secrets(outgoing: dict[str, Any], incoming: Mapping[str, Any]) -> dict[str, Any]:
    """`outgoing` with every value secret whose counterpart in `incoming` is, or holds, a secret."""
    return {
        key: _carry(value, incoming[key]) if key in incoming else value for key, value in outgoing.items()
    }


def _carry(outgoing: Any, incoming: Any) -> Any:
    if isinstance(outgoing, SecretValue) or not holds_secret(incoming):
        return outgoing
    if isinstance(outgoing, dict) and isinstance(incoming, dict):
        return carry_secrets(outgoing, incoming)
    return SecretValue(outgoing)
