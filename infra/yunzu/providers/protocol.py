"""A Pulumi resource provider as a Python class with plain methods.

`Provider` answers the engine's gRPC calls; a subclass overrides `check`, `diff`, `create`, `read`,
`update` and `delete`, which get and return plain dicts (`yunzu.providers.values`).

Faults. A method that fails in a foreseen way raises a YunzuError. The engine gets a gRPC status whose
message is exactly the error's sentence, and the exception itself is appended to `failures`, in the
order of occurrence: who serves the provider in its own process raises the original from there. Any
other exception is a bug: gRPC logs its traceback (logger `grpc._server`) and answers UNKNOWN.

Cancel sets `cancelled`, which every wait observes. `begin` makes the provider ready for the next run;
`yunzu.providers.serving.serve` calls it.
"""

# ruff: noqa: ARG002 - the signatures of the calls are gRPC's

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from yunzu.errors import RefusedError, YunzuError
from yunzu.providers.engine_log import EngineLog
from yunzu.providers.faults import InitFailedError, abort, abort_unready
from yunzu.providers.urn import Urn
from yunzu.providers.values import UNKNOWN, SecretValue, carry_secrets, decode, encode, reveal

__all__ = ["UNKNOWN", "CheckFailure", "Diff", "InitFailedError", "Provider", "SecretValue", "Urn"]

Properties = dict[str, Any]
_Method = TypeVar("_Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """One fault of a resource's inputs: `property` as a path (`spec.hard`), `reason` a sentence."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs, as paths (`metadata.labels["yunzu.io/centre"]`); `replace` is a subset of `changed`."""

    changed: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


def _foreseen(method: _Method) -> _Method:
    """Turn a YunzuError into a gRPC status and remember it."""

    def guarded(self: "Provider", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except YunzuError as error:
            self.failures.append(error)
            if isinstance(error, InitFailedError):
                abort_unready(context, error, _with_secrets(error.outputs, request))
            abort(context, error)

    guarded.__name__ = method.__name__
    guarded.__doc__ = method.__doc__
    return guarded  # type: ignore[return-value]


def _with_secrets(outputs: Properties, request: Any) -> Properties:
    """Outputs with secret what is secret in the inputs of a CreateRequest, UpdateRequest or ReadRequest."""
    for name in ("news", "properties", "inputs"):
        if hasattr(request, name):
            incoming = decode(getattr(request, name))
            outputs = carry_secrets(outputs, {**incoming, "__inputs": incoming})
    return outputs


def _plain(message: Any) -> Properties:
    return dict(reveal(decode(message)))


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider. Calls arrive concurrently, each in a thread of its own.

    `package` is the first part of its type tokens, `version` the version it says it has.
    A `timeout` is in seconds; 0 means that the program set none. After a preview `checks` says by URN how
    each resource was checked.
    """

    def __init__(self, package: str, version: str) -> None:
        self.package = package
        self.version = version
        self.cancelled = threading.Event()
        self.failures: list[YunzuError] = []
        self.checks: dict[str, str] = {}
        self.log = EngineLog()

    def begin(self) -> None:
        """Forget the cancellation, the failures and the checks of the run before."""
        self.cancelled.clear()
        self.failures.clear()
        self.checks.clear()

    def end(self) -> None:
        """Let go of the engine; waits that still go on stop at their next look."""
        self.cancelled.set()
        self.log.detach()

    # What a subclass overrides.

    def check(
        self, urn: Urn, old: Properties | None, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        """The inputs as they will be used, and what is wrong with them. `old` is None for a new resource."""
        del urn, old
        return new, []

    def diff(
        self,
        urn: Urn,
        identifier: str,
        old_inputs: Properties,
        old_outputs: Properties,
        new_inputs: Properties,
    ) -> Diff:
        """What an update would change."""
        raise NotImplementedError

    def identifier(self, urn: Urn, inputs: Properties) -> str | None:
        """What `create` would give these checked inputs; None where it cannot be known before."""
        del urn, inputs
        return None

    def create(
        self, urn: Urn, inputs: Properties, *, preview: bool, timeout: float
    ) -> tuple[str, Properties]:
        """Identifier and outputs of the new resource; a preview changes nothing and may say UNKNOWN."""
        raise NotImplementedError

    def read(
        self, urn: Urn, identifier: str, inputs: Properties, outputs: Properties
    ) -> tuple[Properties, Properties] | None:
        """Inputs and outputs as they are now, None if the resource is gone. An import has no inputs."""
        raise NotImplementedError

    def update(
        self,
        urn: Urn,
        identifier: str,
        old_inputs: Properties,
        old_outputs: Properties,
        new_inputs: Properties,
        *,
        preview: bool,
        timeout: float,
    ) -> Properties:
        """Outputs of the changed resource."""
        raise NotImplementedError

    def delete(
        self, urn: Urn, identifier: str, inputs: Properties, outputs: Properties, *, timeout: float
    ) -> None:
        """Delete the resource and wait until it is gone; one that is already gone is no fault."""
        raise NotImplementedError

    # The protocol.

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        self.log.attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        # Whom we serve is decided by who serves us, not by the provider resource: never a replacement.
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        self.cancelled.set()
        return empty_pb2.Empty()

    @_foreseen
    def Check(self, request: Any, context: Any) -> Any:
        new = decode(request.news)
        old = _plain(request.olds) if request.olds.fields else None
        inputs, failures = self.check(Urn.parse(request.urn), old, reveal(new))
        return provider_pb2.CheckResponse(
            inputs=encode(carry_secrets(inputs, new)),
            failures=[provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures],
        )

    @_foreseen
    def Diff(self, request: Any, context: Any) -> Any:
        olds, news = _plain(request.olds), _plain(request.news)
        diff = self.diff(Urn.parse(request.urn), request.id, _plain(request.old_inputs), olds, news)
        some = provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(
            changes=some if diff.changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({_top(path) for path in diff.changed}),
            replaces=sorted({_top(path) for path in diff.replace}),
            deleteBeforeReplace=diff.delete_before_replace,
            hasDetailedDiff=True,
            detailedDiff={path: _detail(path in diff.replace) for path in diff.changed},
        )

    @_foreseen
    def Create(self, request: Any, context: Any) -> Any:
        identifier, outputs = self.create(
            Urn.parse(request.urn),
            _plain(request.properties),
            preview=request.preview,
            timeout=request.timeout,
        )
        return provider_pb2.CreateResponse(id=identifier, properties=encode(_with_secrets(outputs, request)))

    @_foreseen
    def Read(self, request: Any, context: Any) -> Any:
        inputs, outputs = _plain(request.inputs), _plain(request.properties)
        found = self.read(Urn.parse(request.urn), request.id, inputs, outputs)
        if found is None:
            return provider_pb2.ReadResponse()
        incoming = decode(request.inputs)
        return provider_pb2.ReadResponse(
            id=request.id,
            inputs=encode(carry_secrets(found[0], incoming)),
            properties=encode(carry_secrets(found[1], {**incoming, "__inputs": incoming})),
        )

    @_foreseen
    def Update(self, request: Any, context: Any) -> Any:
        outputs = self.update(
            Urn.parse(request.urn),
            request.id,
            _plain(request.old_inputs),
            _plain(request.olds),
            _plain(request.news),
            preview=request.preview,
            timeout=request.timeout,
        )
        return provider_pb2.UpdateResponse(properties=encode(_with_secrets(outputs, request)))

    @_foreseen
    def Delete(self, request: Any, context: Any) -> Any:
        self.delete(
            Urn.parse(request.urn),
            request.id,
            _plain(request.old_inputs),
            _plain(request.properties),
            timeout=request.timeout,
        )
        return empty_pb2.Empty()

    @_foreseen
    def Invoke(self, request: Any, context: Any) -> Any:
        raise RefusedError(
            request.tok, "this provider has no functions", "read with a client, not with Pulumi"
        )

    @_foreseen
    def Call(self, request: Any, context: Any) -> Any:
        raise RefusedError(request.tok, "this provider has no methods")

    @_foreseen
    def Construct(self, request: Any, context: Any) -> Any:
        raise RefusedError(request.type, "this provider constructs no components", "use plain resources")


def _top(path: str) -> str:
    """The first key of a path."""
    return path.split(".", 1)[0].split("[", 1)[0]


def _detail(replace: bool) -> Any:
    kind = provider_pb2.PropertyDiff.UPDATE_REPLACE if replace else provider_pb2.PropertyDiff.UPDATE
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
