"""How a provider's faults reach the engine: a gRPC status whose message is the error's sentence."""

from typing import Any, NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from yunzu.errors import (
    FencedError,
    InterruptError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
    YunzuError,
)
from yunzu.providers.values import encode

# The engine treats UNKNOWN, INTERNAL and DATA_LOSS as "may have happened"; ours are all understood.
_CODES: tuple[tuple[type[YunzuError], grpc.StatusCode], ...] = (
    (FencedError, grpc.StatusCode.ABORTED),
    (UsageError, grpc.StatusCode.INVALID_ARGUMENT),
    (InvalidInputError, grpc.StatusCode.INVALID_ARGUMENT),
    (RefusedError, grpc.StatusCode.PERMISSION_DENIED),
    (UnreachableError, grpc.StatusCode.UNAVAILABLE),
    (NotFoundError, grpc.StatusCode.NOT_FOUND),
    (InterruptError, grpc.StatusCode.CANCELLED),
)


class InitFailedError(YunzuError):
    """The resource exists and is ours, but is not ready: Pulumi records it and the next run goes on."""

    def __init__(
        self,
        subject: str,
        fact: str,
        advice: str,
        *,
        identifier: str = "",
        outputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(subject, fact, advice)
        self.identifier = identifier
        self.outputs = outputs or {}


def abort(context: grpc.ServicerContext, error: YunzuError) -> NoReturn:
    """End the call with the error."""
    code = next(
        (code for kind, code in _CODES if isinstance(error, kind)), grpc.StatusCode.FAILED_PRECONDITION
    )
    context.abort(code, str(error))


def abort_unready(context: grpc.ServicerContext, error: InitFailedError, outputs: dict[str, Any]) -> NoReturn:
    """End the call with the error and let the engine record the resource with `outputs`."""
    details = provider_pb2.ErrorResourceInitFailed(
        id=error.identifier, reasons=[str(error)], properties=encode(outputs)
    )
    code = grpc.StatusCode.FAILED_PRECONDITION
    status = status_pb2.Status(code=code.value[0], message=str(error))
    status.details.add().Pack(details)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, str(error))
