"""Progress of a run: counted by what is done."""

from yunzu_stacks.events import Diagnostic, Expected, ResourceEvent
from yunzu_stacks.steps import Steps


def event(phase: str, op: str, name: str, kind: str = "kubernetes:core/v1:Namespace") -> ResourceEvent:
    return ResourceEvent(phase, op, kind, name, f"urn:{name}")


def test_a_run_is_counted_by_what_is_done() -> None:
    shown: list[tuple[int, int, str]] = []
    on_event = Steps(lambda *one: shown.append(one))
    on_event(Expected(2))
    on_event(Diagnostic("debug", "beginning rpc", "urn:a"))
    on_event(event("done", "refresh", "a"))
    on_event(event("begun", "create", "stack", "pulumi:pulumi:Stack"))
    on_event(event("done", "create", "stack", "pulumi:pulumi:Stack"))
    for phase in ("begun", "done", "done"):
        on_event(event(phase, "create", "a"))
    on_event(event("done", "same", "b"))
    assert shown == [
        (0, 2, "look at what is there: Namespace a"),
        (1, 2, "Namespace a"),
        (1, 2, "Namespace a"),
        (2, 2, "Namespace b"),
    ]


def test_a_run_of_unknown_size_learns_it_by_looking() -> None:
    shown: list[tuple[int, int, str]] = []
    on_event = Steps(lambda *one: shown.append(one))
    for name in "abcd":
        on_event(event("done", "refresh", name))
    on_event(event("done", "delete", "a"))
    on_event.say("prove: database")
    assert shown[0] == (0, 0, "look at what is there: Namespace a")
    assert shown[-2:] == [(1, 4, "Namespace a"), (1, 4, "prove: database")]
