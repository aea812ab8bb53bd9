"""How results look: one function a result, a table for people and a document for programs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from yunzu_cli.output import print_file, print_json, print_line, print_table, stderr

if TYPE_CHECKING:
    from yunzu.errors import YunzuError
    from yunzu.services.credentials import HandedOut, Offer
    from yunzu.services.inventory import Entry, Place
    from yunzu.services.kubeconfigs import Kubeconfig
    from yunzu.services.manifests import Catalogue
    from yunzu.services.probes import Probe
    from yunzu.services.requests.bringing import Brought
    from yunzu.settings import Settings

_CHANGES = ("create", "update", "replace", "delete", "same")


def catalogue(settings: "Settings") -> "Catalogue":
    """The manifests, all checked. Raises InvalidInputError with every finding."""
    from yunzu.services.manifests import load

    return load(settings.tenants, settings.plans)


def changes_document(changes: Any) -> dict[str, int]:
    return {name: getattr(changes, name) for name in _CHANGES}


def changes_text(changes: Any) -> str:
    """`18 created` and so on; `no change` when everything was the same."""
    words = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
    parts = [f"{getattr(changes, name)} {word}" for name, word in words.items() if getattr(changes, name)]
    return ", ".join(parts) or "no change"


def _entry(entry: "Entry") -> dict[str, Any]:
    lease = {"from": entry.lease_from, "until": entry.lease_until}
    return {
        "id": entry.id,
        "uid": entry.uid,
        "department": entry.department,
        "environment": entry.environment,
        "namespace": entry.namespace,
        "databases": [{"name": claim, "database": name} for claim, name in entry.databases],
        "buckets": [{"name": claim, "bucket": name} for claim, name in entry.buckets],
        "plan": entry.plan,
        "state": entry.state,
        "suspended_at": entry.suspended_at,
        "lease": lease,
    }


def environments(entries: Sequence["Entry"], *, json: bool) -> None:
    if json:
        print_json({"items": [_entry(entry) for entry in entries]})
        return
    if not entries:
        stderr("no environment yet; `yunzu onboard DEPT_DIR` brings a department's up")
        return
    rows = [(e.id, e.state, e.plan, len(e.databases), len(e.buckets), e.lease_until) for e in entries]
    print_table(("ENVIRONMENT", "STATE", "PLAN", "DATABASES", "BUCKETS", "LEASE UNTIL"), rows)


_STATES = {
    "provisioning": "provisioning (being applied, or cut short: `yunzu env apply` goes on)",
    "failed": "failed (the last apply ended in an error: `yunzu env apply` goes on)",
    "suspended": "suspended (logins off, nothing runs; its data are kept)",
    "destroyed": "destroyed (its data are retained: `yunzu env apply` finds them again)",
}


def environment(entry: "Entry", *, json: bool) -> None:
    if json:
        print_json({"items": [_entry(entry)]})
        return
    gone = entry.state == "destroyed"
    rows: list[tuple[str, object]] = [
        ("environment", entry.id),
        ("state", _STATES.get(entry.state, entry.state)),
        ("namespace", f"{entry.namespace} (removed)" if gone else entry.namespace),
        ("plan", entry.plan),
        ("right of use", f"{entry.lease_from} to {entry.lease_until} (owner: the centre)"),
        ("uid", entry.uid),
    ]
    if entry.suspended_at:
        rows.append(
            ("suspended", f"since {entry.suspended_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, until resumed")
        )
    kept = " (retained)" if gone else ""
    rows += [(f"database {claim}", f"{name}{kept}") for claim, name in entry.databases]
    rows += [(f"bucket {claim}", f"{name}{kept}") for claim, name in entry.buckets]
    print_table(("WHAT", "VALUE"), rows)


def places(found: Sequence["Place"], *, json: bool) -> None:
    if json:
        print_json({"items": [place.as_json() for place in found]})
        return
    print_table(("WHAT", "WHERE", "REMARK"), [(p.what, p.where, p.remark) for p in found])


def preview_document(identifier: str, plan: Any) -> dict[str, Any]:
    steps = [
        {"op": s.op, "type": s.type, "name": s.name, "paths": list(s.paths), "check": s.check}
        for s in plan.steps
    ]
    return {"id": identifier, "changes": changes_document(plan.changes), "steps": steps}


def previews(found: Iterable[tuple[str, Any]], *, json: bool) -> None:
    """What apply would change, one environment after the other."""
    if json:
        print_json({"ok": True, "items": [preview_document(identifier, plan) for identifier, plan in found]})
        return
    for identifier, plan in found:
        print_line(f"{identifier}: {changes_text(plan.changes)} (nothing was changed)")
        if plan.steps:
            rows = [
                (s.op, s.type.rpartition(":")[2], s.name, s.check or "-", ", ".join(s.paths))
                for s in plan.steps
            ]
            print_table(("CHANGE", "KIND", "NAME", "CHECKED BY", "WHAT DIFFERS"), rows)


def brought_document(one: "Brought") -> dict[str, Any]:
    return {
        "id": one.id,
        "request": one.request,
        "changes": changes_document(one.outcome.changes),
        "seconds": one.outcome.seconds,
    }


def brought(results: Sequence["Brought"], *, json: bool) -> None:
    if json:
        print_json({"ok": True, "items": [brought_document(one) for one in results]})
        return
    for one in results:
        print_line(f"{one.id}: {changes_text(one.outcome.changes)} in {one.outcome.seconds:.1f} s")


def probe_line(*, json: bool) -> Callable[["Probe"], None]:
    """Prints each probe as it is made, for people."""

    def line(probe: "Probe") -> None:
        mark = "ok " if probe.ok else "RED"
        print_line(f"  {mark} {probe.seconds * 1000:7.0f} ms  {probe.name}: {probe.detail}")

    return (lambda _: None) if json else line


def verified(identifier: str, probes: Sequence["Probe"], *, json: bool) -> bool:
    """Returns whether every probe is green."""
    red = [probe for probe in probes if not probe.ok]
    if json:
        items = [
            {"name": p.name, "ok": p.ok, "seconds": round(p.seconds, 4), "detail": p.detail} for p in probes
        ]
        print_json({"id": identifier, "ok": not red, "probes": items})
    elif red:
        print_line(f"{identifier}: {len(red)} of {len(probes)} probes are red")
    else:
        print_line(f"{identifier}: all {len(probes)} probes are green")
    return not red


def onboarded(results: Sequence["Brought"], failure: "YunzuError | None" = None, *, json: bool) -> bool:
    """What is done, also where a failure ended it. Returns whether every environment is proven."""
    ok = failure is None and all(one.outcome.ok for one in results)
    if json:
        items = [
            brought_document(one)
            | {"verified": one.outcome.ok, "failed": [probe.name for probe in one.outcome.red]}
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


def error_document(error: "YunzuError") -> dict[str, str]:
    return {"subject": error.subject, "fact": error.fact, "advice": error.advice}


def credentials(handed: Sequence["HandedOut"], *, json: bool) -> None:
    if json:
        items = [
            {"binding": h.binding, "slot": h.slot, "secret": h.secret, "values": dict(h.values)}
            for h in handed
        ]
        print_json({"items": items})
        return
    for one in handed:
        print_line(f"{one.binding} (slot {one.slot}), in Secret {one.secret}:")
        for key, value in one.values.items():
            print_line(f"  {key}: " + (value if "\n" not in value else "\n" + value.rstrip()))
    stderr("handed out once; from now on they are in the Secrets above")


def removed(result: "Brought", *, json: bool) -> None:
    found = result.outcome
    if json:
        kept = {"retained": list(found.retained), "erased": list(found.erased)}
        about = {"ok": True, "id": result.id, "request": result.request}
        print_json({**about, "changes": changes_document(found.changes), **kept})
        return
    print_line(f"{result.id}: namespace and credentials are removed")
    for name in found.retained:
        print_line(f"  retained {name}")
    for name in found.erased:
        print_line(f"  erased   {name}")
    if found.retained:
        stderr(f"`yunzu env apply {result.id}` finds the data again, with new credentials")


def removal_plan(identifier: str, names: Mapping[str, Sequence[str]], *, json: bool) -> None:
    foreseen("yunzu env destroy", {"id": identifier}, names, json=json)


def foreseen(
    command: str, about: Mapping[str, object], names: Mapping[str, Sequence[str]], *, json: bool
) -> None:
    """What the command would do with what, by verb; the first of `about` says what it is about."""
    if json:
        print_json({"ok": True, **about, **{verb: list(each) for verb, each in names.items()}})
        return
    print_line(f"{next(iter(about.values()))}: nothing was changed; `{command}` would")
    for verb, each in names.items():
        for name in each:
            print_line(f"  {verb:6} {name}")
    if not any(names.values()):
        print_line("  do nothing")


def handing_out(offer: "Offer", *, json: bool) -> None:
    """Which credentials would be handed out, and to whom; no value of any."""
    items = [{"binding": name, "slot": offer.slot, "secret": offer.secret(name)} for name in offer.values]
    if json:
        print_json({"ok": True, "id": offer.id, "account": offer.account, "items": items})
        return
    print_line(f"{offer.id}: nothing was handed out; `yunzu env credentials` would hand to {offer.account}")
    for one in items:
        print_line(f"  {one['binding']} (slot {one['slot']}), in Secret {one['secret']}")


def kubeconfig(found: "Kubeconfig", *, json: bool) -> None:
    if json:
        print_json(
            {
                "account": found.account,
                "namespace": found.namespace,
                "expires_at": found.expires_at,
                "kubeconfig": found.text,
            }
        )
        return
    print_file(found.text)
