"""How environments look, and what was done to them: a table for people and a document for programs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_file, print_json, print_line, print_table, stderr
from yunzu_cli.show import error_document, foreseen

if TYPE_CHECKING:
    from yunzu.errors import YunzuError
    from yunzu.model.answers.jobs import (
        CredentialAnswer,
        CredentialsAnswer,
        KubeconfigAnswer,
        PlacesAnswer,
        ProbeAnswer,
    )
    from yunzu.model.answers.outcomes import Counts
    from yunzu_cli.bringing import Brought
    from yunzu_cli.planning import Foreseen


def environments(body: Any, *, json: bool) -> None:
    """The API's list."""
    if json:
        print_json(body)
        return
    if not body["items"]:
        stderr("no environment yet; `yunzu onboard DEPT_DIR` brings a department's up")
        return
    rows = [
        (e["id"], e["state"], e["plan"], len(e["databases"]), len(e["buckets"]), e["lease"]["until"])
        for e in body["items"]
    ]
    print_table(("ENVIRONMENT", "STATE", "PLAN", "DATABASES", "BUCKETS", "LEASE UNTIL"), rows)


_STATES = {
    "provisioning": "provisioning (being applied, or cut short: `yunzu env apply` goes on)",
    "failed": "failed (the last apply ended in an error: `yunzu env apply` goes on)",
    "suspended": "suspended (logins off, nothing runs; its data are kept)",
    "destroyed": "destroyed (its data are retained: `yunzu env apply` finds them again)",
}


def environment(body: Any, *, json: bool) -> None:
    """The API's list of one."""
    if json:
        print_json(body)
        return
    [entry] = body["items"]
    gone = entry["state"] == "destroyed"
    lease = entry["lease"]
    rows: list[tuple[str, object]] = [
        ("environment", entry["id"]),
        ("state", _STATES.get(entry["state"], entry["state"])),
        ("namespace", f"{entry['namespace']} (removed)" if gone else entry["namespace"]),
        ("plan", entry["plan"]),
        ("right of use", f"{lease['from']} to {lease['until']} (owner: the centre)"),
        ("uid", entry["uid"]),
    ]
    if entry["suspended_at"]:
        since = datetime.fromisoformat(entry["suspended_at"]).astimezone(UTC)
        rows.append(("suspended", f"since {since:%Y-%m-%d %H:%M} UTC, until resumed"))
    kept = " (retained)" if gone else ""
    rows += [(f"database {one['name']}", f"{one['database']}{kept}") for one in entry["databases"]]
    rows += [(f"bucket {one['name']}", f"{one['bucket']}{kept}") for one in entry["buckets"]]
    print_table(("WHAT", "VALUE"), rows)


def removal(body: Any, *, erase: bool, json: bool) -> None:
    """What `env destroy` would remove, retain and erase of the API's list of one."""
    [entry] = body["items"]
    data = [f"database {one['database']}" for one in entry["databases"]]
    data += [f"bucket {one['bucket']}" for one in entry["buckets"]]
    home = [f"namespace {entry['namespace']} and its credentials"]
    names = {"remove": home, "retain": [] if erase else data, "erase": data if erase else []}
    foreseen("yunzu env destroy", {"id": entry["id"]}, names, json=json)


def places(found: "PlacesAnswer", *, json: bool) -> None:
    if json:
        print_json(found.model_dump(mode="json"))
        return
    print_table(("WHAT", "WHERE", "REMARK"), [(p.what, p.where, p.remark) for p in found.items])


def changes_text(changes: "Counts") -> str:
    """`18 created` and so on; `no change` when everything was the same."""
    words = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
    parts = [f"{getattr(changes, name)} {word}" for name, word in words.items() if getattr(changes, name)]
    return ", ".join(parts) or "no change"


def plans(found: "Iterable[Foreseen]", *, json: bool) -> None:
    """What apply would ask for and change, one environment after the other."""
    if json:
        items = [
            {"id": one.id, "requests": list(one.requests), **one.plan.model_dump(mode="json")}
            for one in found
        ]
        print_json({"ok": True, "items": items})
        return
    for one in found:
        print_line(f"{one.id}: {changes_text(one.plan.changes)} (nothing was changed)")
        for request in one.requests:
            print_line(f"  would ask for {request}")
        if one.plan.steps:
            rows = [
                (s.op, s.type.rpartition(":")[2], s.name, s.check or "-", ", ".join(s.paths))
                for s in one.plan.steps
            ]
            print_table(("CHANGE", "KIND", "NAME", "CHECKED BY", "WHAT DIFFERS"), rows)


def _brought(one: "Brought") -> dict[str, Any]:
    return {
        "id": one.id,
        "request": one.request,
        "changes": one.outcome.changes.model_dump(),
        "seconds": one.outcome.seconds,
    }


def brought(results: "Sequence[Brought]", *, json: bool) -> None:
    if json:
        print_json({"ok": True, "items": [_brought(one) for one in results]})
        return
    for one in results:
        print_line(f"{one.id}: {changes_text(one.outcome.changes)} in {one.outcome.seconds:.1f} s")


def onboarded(results: "Sequence[Brought]", failure: "YunzuError | None" = None, *, json: bool) -> bool:
    """What is done, also where a failure ended it. Returns whether every environment is proven."""
    ok = failure is None and all(one.outcome.ok for one in results)
    if json:
        items = [
            _brought(one) | {"verified": one.outcome.ok, "failed": [probe.name for probe in one.outcome.red]}
            for one in results
        ]
        print_json({"ok": ok, "items": items} | ({"error": error_document(failure)} if failure else {}))
        return ok
    if not results:
        return ok
    rows = [
        (
            one.id,
            changes_text(one.outcome.changes),
            f"{one.outcome.seconds:.1f} s",
            f"{one.outcome.probes - len(one.outcome.red)}/{one.outcome.probes} probes",
        )
        for one in results
    ]
    print_table(("ENVIRONMENT", "CHANGES", "TIME", "PROVEN"), rows)
    for one in results:
        for probe in one.outcome.red:
            print_line(f"RED {one.id}: {probe.name}: {probe.detail}")
    return ok


def removed(result: "Brought", *, json: bool) -> None:
    found = result.outcome
    if json:
        kept = {"retained": list(found.retained), "erased": list(found.erased)}
        about = {"ok": True, "id": result.id, "request": result.request}
        print_json({**about, "changes": found.changes.model_dump(), **kept})
        return
    print_line(f"{result.id}: namespace and credentials are removed")
    for name in found.retained:
        print_line(f"  retained {name}")
    for name in found.erased:
        print_line(f"  erased   {name}")
    if found.retained:
        stderr(f"`yunzu env apply {result.id}` finds the data again, with new credentials")


def probe_line(*, json: bool) -> "Callable[[ProbeAnswer], None]":
    """Prints each probe as it is made, for people."""

    def line(probe: "ProbeAnswer") -> None:
        mark = "ok " if probe.ok else "RED"
        print_line(f"  {mark} {probe.seconds * 1000:7.0f} ms  {probe.name}: {probe.detail}")

    return (lambda _: None) if json else line


def verified(identifier: str, probes: "Sequence[ProbeAnswer]", *, json: bool) -> bool:
    """Returns whether every probe is green."""
    red = [probe for probe in probes if not probe.ok]
    if json:
        print_json({"id": identifier, "ok": not red, "probes": [one.model_dump() for one in probes]})
    elif red:
        print_line(f"{identifier}: {len(red)} of {len(probes)} probes are red")
    else:
        print_line(f"{identifier}: all {len(probes)} probes are green")
    return not red


def credentials(found: "CredentialsAnswer", *, json: bool) -> None:
    """Handed out."""
    if json:
        print_json({"items": [one.model_dump() for one in found.items]})
        return
    for one in found.items:
        print_line(f"{one.binding} (slot {one.slot}), in Secret {one.secret}:")
        for key, value in (one.values or {}).items():
            print_line(f"  {key}: " + (value if "\n" not in value else "\n" + value.rstrip()))
    stderr("handed out once; from now on they are in the Secrets above")


def handing_out(identifier: str, found: "CredentialsAnswer", *, json: bool) -> None:
    """Which credentials would be handed out, and to whom; no value of any."""
    if json:
        items = [_named(one) for one in found.items]
        print_json({"ok": True, "id": identifier, "account": found.account, "items": items})
        return
    print_line(f"{identifier}: nothing was handed out; `yunzu env credentials` would hand to {found.account}")
    for one in found.items:
        print_line(f"  {one.binding} (slot {one.slot}), in Secret {one.secret}")


def _named(one: "CredentialAnswer") -> Mapping[str, str]:
    return {"binding": one.binding, "slot": one.slot, "secret": one.secret}


def kubeconfig(found: "KubeconfigAnswer", *, json: bool) -> None:
    if json:
        print_json(found.model_dump(mode="json"))
        return
    print_file(found.kubeconfig)
