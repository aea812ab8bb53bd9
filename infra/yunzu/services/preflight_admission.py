"""Admission engines that stand between the platform and the objects it makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yunzu.clients.kubernetes import Client, Object
from yunzu.errors import YunzuError
from yunzu.services.preflight_checks import Check, unreadable

_AREA = "cluster"
_ENGINES = {
    "gatekeeper.sh": "Gatekeeper",
    "kyverno.io": "Kyverno",
    "openpolicyagent.org": "Open Policy Agent",
    "istio.io": "Istio",
    "linkerd.io": "Linkerd",
    "kubewarden.io": "Kubewarden",
    "capsule.clastix.io": "Capsule",
}
# Groups of what the platform and its tenants make; a webhook on others (cert-manager's) is not in the way.
_OURS = {"*", "", "apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io", "certificates.k8s.io"}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook. `everywhere`: no selector keeps it from the namespaces that the platform makes."""

    configuration: str
    mutating: bool
    fails_closed: bool
    everywhere: bool


def webhooks(client: Client) -> tuple[Webhook, ...]:
    """Those that concern our objects. Raises ForbiddenError where they may not be listed."""
    found = []
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for item in client.list("admissionregistration.k8s.io/v1", kind):
            name, mutating = item["metadata"]["name"], kind.startswith("Mutating")
            found += [
                _webhook(name, mutating, hook) for hook in item.get("webhooks") or () if _concerns(hook)
            ]
    return tuple(found)


def _concerns(hook: Object) -> bool:
    groups = {group for rule in hook.get("rules") or () for group in rule.get("apiGroups") or ()}
    return bool(groups & _OURS)


def _webhook(configuration: str, mutating: bool, hook: Object) -> Webhook:
    selectors: list[dict[str, Any]] = [hook.get("namespaceSelector") or {}, hook.get("objectSelector") or {}]
    return Webhook(configuration, mutating, hook.get("failurePolicy", "Fail") == "Fail", not any(selectors))


def admission(groups: frozenset[str], found: Sequence[Webhook] | YunzuError) -> list[Check]:
    """One line on known engines, one on webhooks."""
    return [engines(groups), hooks(found)]


def engines(groups: frozenset[str]) -> Check:
    """Policy engines and meshes, known by the API groups that they serve."""
    seen = sorted({name for end, name in _ENGINES.items() if any(_within(group, end) for group in groups)})
    if not seen:
        return Check(_AREA, "admission engines", "green", "none that is known")
    return Check(
        _AREA,
        "admission engines",
        "amber",
        ", ".join(seen),
        "their rules may refuse or change what the platform makes; changes show as drift",
        "exempt namespaces labelled yunzu.io/managed=true, or try one environment first",
    )


def _within(group: str, domain: str) -> bool:
    return group == domain or group.endswith(f".{domain}")


def hooks(found: Sequence[Webhook] | YunzuError) -> Check:
    """Webhooks: those that fail closed everywhere stop all work when their server is down."""
    name = "admission webhooks"
    if isinstance(found, YunzuError):
        return unreadable(_AREA, name, found, "something may refuse or change what the platform makes")
    if not found:
        return Check(_AREA, name, "green", "none on objects like ours")
    stopping = [hook for hook in found if hook.fails_closed and hook.everywhere]
    if stopping:
        consequence = "nothing can be made while their server is down"
        fact = f"fail closed in every namespace: {_listed(stopping)}"
        return Check(_AREA, name, "amber", fact, consequence, "give them a namespaceSelector")
    changing = [hook for hook in found if hook.mutating]
    if changing:
        consequence = "what they change shows as drift"
        return Check(
            _AREA, name, "amber", f"change objects: {_listed(changing)}", consequence, "exempt our namespaces"
        )
    consequence = "they may refuse what the platform makes"
    return Check(_AREA, name, "amber", _listed(found), consequence, "try one environment first")


def _listed(found: Sequence[Webhook]) -> str:
    names = sorted({hook.configuration for hook in found})
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
