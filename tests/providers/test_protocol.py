"""The base of our providers, called over real gRPC as the engine calls it."""

# ruff: noqa: ARG002 - the signatures are Provider's

import socket
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from pulumi.runtime.proto.status_pb2 import Status

from yunzu.errors import NotOursError, UsageError
from yunzu.providers.protocol import UNKNOWN, CheckFailure, Diff, InitFailedError, Provider, SecretValue, Urn
from yunzu.providers.serving import serve
from yunzu.providers.values import carry_secrets, decode, encode, reveal

URN = "urn:pulumi:dep--env::yunzu::yunzu:index:Home$kubernetes:core/v1:Namespace::home"


class Recorder(Provider):
    """Keeps what it was asked, answers with it."""

    def __init__(self) -> None:
        super().__init__("kubernetes", "1.2.3")
        self.asked: list[object] = []

    def check(self, urn, old, new):
        self.asked.append((urn, old, new))
        return new, [CheckFailure("spec.hard", "is wrong")] if new.get("bad") else []

    def diff(self, urn, identifier, old_inputs, old_outputs, new_inputs):
        return Diff(['metadata.labels["a.b/c"]', "spec.x"], ["spec.x"], delete_before_replace=True)

    def create(self, urn, inputs, *, preview, timeout):
        if inputs.get("foreign"):
            raise NotOursError("Namespace", "x", "no labels")
        if inputs.get("slow"):
            raise InitFailedError("Job x", "is not done", "look", identifier="x", outputs={"data": "s3cr3t"})
        if inputs.get("bug"):
            raise KeyError("bug")
        self.asked.append((inputs, preview, timeout))
        return "id", {"data": inputs.get("data"), "__inputs": inputs, "seen": UNKNOWN if preview else 1}

    def read(self, urn, identifier, inputs, outputs):
        return None

    def update(self, urn, identifier, old_inputs, old_outputs, new_inputs, *, preview, timeout):
        return new_inputs

    def delete(self, urn, identifier, inputs, outputs, *, timeout):
        self.cancelled.wait(20)
        self.asked.append("deleted")


@pytest.fixture
def provider() -> Recorder:
    return Recorder()


@pytest.fixture
def stub(provider: Recorder) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    with serve([provider]) as value:
        name, port = value.split(":")
        assert name == "kubernetes"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)


def test_urn_is_taken_apart_and_put_together() -> None:
    urn = Urn.parse(URN)
    assert urn == Urn("dep--env", "yunzu", "kubernetes:core/v1:Namespace", "home", ("yunzu:index:Home",))
    assert str(urn) == URN
    assert Urn.parse("urn:pulumi:s::p::t:i:T::a::b$c").name == "a::b$c"
    with pytest.raises(UsageError):
        Urn.parse("urn:pulumi:s::p")


def test_values_cross_unharmed() -> None:
    values = {
        "n": 3,
        "f": 0.5,
        "b": True,
        "s": "x",
        "none": None,
        "l": [1, {"k": "v"}],
        "u": UNKNOWN,
        "e": {},
    }
    assert decode(encode(values)) == values
    assert type(decode(encode({"n": 3}))["n"]) is int
    secret = decode(encode({"s": SecretValue({"k": "v"})}))
    assert secret == {"s": SecretValue({"k": "v"})}
    assert reveal(secret) == {"s": {"k": "v"}}
    assert "v" not in repr(secret["s"]).replace("SecretValue", "")


def test_secrets_are_carried_to_the_same_place() -> None:
    incoming = {"data": {"a": SecretValue("x"), "b": "y"}, "list": ["p", SecretValue("q")]}
    outgoing = carry_secrets({"data": {"a": "x", "b": "y"}, "list": ["p", "q"], "c": 1}, incoming)
    assert outgoing == {"data": {"a": SecretValue("x"), "b": "y"}, "list": SecretValue(["p", "q"]), "c": 1}


def test_check_gives_plain_inputs_and_returns_failures(stub, provider) -> None:
    news = encode({"bad": True, "data": SecretValue("s3cr3t")})
    answer = stub.Check(provider_pb2.CheckRequest(urn=URN, news=news))
    assert provider.asked == [(Urn.parse(URN), None, {"bad": True, "data": "s3cr3t"})]
    assert decode(answer.inputs)["data"] == SecretValue("s3cr3t")
    assert [(f.property, f.reason) for f in answer.failures] == [("spec.hard", "is wrong")]


def test_diff_has_paths_and_their_first_keys(stub) -> None:
    answer = stub.Diff(provider_pb2.DiffRequest(urn=URN, id="id"))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.diffs) == ["metadata", "spec"]
    assert list(answer.replaces) == ["spec"]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff["spec.x"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert answer.detailedDiff['metadata.labels["a.b/c"]'].kind == provider_pb2.PropertyDiff.UPDATE


def test_outputs_keep_secret_what_came_in_secret(stub) -> None:
    properties = encode({"data": SecretValue("s3cr3t")})
    answer = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=properties, preview=True))
    outputs = decode(answer.properties)
    assert outputs["data"] == SecretValue("s3cr3t")
    assert outputs["__inputs"] == {"data": SecretValue("s3cr3t")}
    assert outputs["seen"] == UNKNOWN


def test_a_foreseen_fault_is_a_sentence_and_is_remembered(stub, provider) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode({"foreign": True})))
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert caught.value.details() == str(provider.failures[0])
    assert isinstance(provider.failures[0], NotOursError)


def test_a_resource_that_is_not_ready_is_recorded_with_its_secrets(stub) -> None:
    properties = encode({"slow": True, "data": SecretValue("s3cr3t")})
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN, properties=properties))
    trailer = {item.key: item.value for item in caught.value.trailing_metadata()}
    details = provider_pb2.ErrorResourceInitFailed()
    assert Status.FromString(trailer["grpc-status-details-bin"]).details[0].Unpack(details)
    assert (details.id, list(details.reasons)) == ("x", ["Job x: is not done; look"])
    assert decode(details.properties) == {"data": SecretValue("s3cr3t")}


def test_a_bug_is_no_failure_and_keeps_its_traceback(stub, provider, caplog) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode({"bug": True})))
    assert caught.value.code() == grpc.StatusCode.UNKNOWN
    assert provider.failures == []
    assert "Traceback" in caplog.text
    assert "test_protocol.py" in caplog.text


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("Invoke", provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode")),
        ("Call", provider_pb2.CallRequest(tok="t")),
        ("Construct", provider_pb2.ConstructRequest(type="kubernetes:helm.sh/v4:Chart")),
    ],
)
def test_what_is_no_plain_resource_is_refused(stub, call, request_) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, call)(request_)
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_cancel_ends_waits_and_the_next_run_starts_fresh(stub, provider) -> None:
    waiting = stub.Delete.future(provider_pb2.DeleteRequest(urn=URN, id="id"))
    stub.Cancel(empty_pb2.Empty())
    waiting.result(timeout=10)
    assert provider.asked == ["deleted"]
    with serve([provider]):
        assert not provider.cancelled.is_set()


def test_the_port_is_open_only_inside_the_context(provider) -> None:
    with serve([provider]) as value:
        port = int(value.split(":")[1])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
