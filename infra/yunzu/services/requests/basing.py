"""What a manifest was written from: one that asks for less than is approved has to know what that is, or an
old file would undo what was granted since."""

from collections.abc import Iterator, Mapping
from typing import Any

from yunzu.errors import RefusedError
from yunzu.model.manifests import BucketClaim, DatabaseClaim, Environment, Manifest
from yunzu.model.plans import Plan
from yunzu.model.quantities import size_in_bytes
from yunzu.model.quotas import amount_text, plan_amounts
from yunzu.services.requests.truth import Truth, parsed

_ADVICE = "`yunzu manifests pull` takes what is approved; edit that, or name its hash: --base HASH"


def check_base(wanted: Manifest, now: Mapping[str, Any] | None, truth: Truth) -> None:
    """Of a manifest whose base nobody knows; `now` is the approved content. Raises RefusedError, naming all
    of it, where an environment would have less than is approved."""
    if not isinstance(wanted, Environment) or now is None:
        return
    approved = parsed(Environment.__name__, now)
    assert isinstance(approved, Environment)  # noqa: S101 - of that kind
    if less := list(_less(approved, wanted, truth)):
        fact = f"{'; '.join(less)}, and what this was written from is not known"
        raise RefusedError(wanted.id, fact, _ADVICE)


def _less(approved: Environment, wanted: Environment, truth: Truth) -> Iterator[str]:
    if wanted.lease.until < approved.lease.until:
        yield f"the approved manifest says until {approved.lease.until}, this one {wanted.lease.until}"
    if wanted.plan != approved.plan and (meters := _smaller_plan(approved.plan, wanted.plan, truth)):
        yield f"plan {wanted.plan} is smaller than the approved {approved.plan}: {meters}"
    yield from _smaller_claims("database", approved.databases, wanted.databases)
    yield from _smaller_claims("bucket", approved.buckets, wanted.buckets)


def _smaller_plan(approved: str, wanted: str, truth: Truth) -> str:
    before, after = truth.find(Plan, approved), truth.find(Plan, wanted)
    if before is None or after is None:
        return ""  # what is not approved no rule grants
    have, want = plan_amounts(before), plan_amounts(after)
    less = [meter for meter in want if want[meter] < have[meter]]
    return ", ".join(
        f"{one} {amount_text(one, want[one])}, not {amount_text(one, have[one])}" for one in less
    )


def _smaller_claims(
    what: str,
    approved: tuple[DatabaseClaim, ...] | tuple[BucketClaim, ...],
    wanted: tuple[DatabaseClaim, ...] | tuple[BucketClaim, ...],
) -> Iterator[str]:
    kept = {one.name: _amounts(one) for one in wanted}
    for one in approved:
        if one.name not in kept:
            yield f"the approved {what} {one.name} is not in it"
        elif any(after < before for before, after in zip(_amounts(one), kept[one.name], strict=True)):
            yield f"{what} {one.name} is smaller than approved"


def _amounts(claim: DatabaseClaim | BucketClaim) -> tuple[float, int]:
    """Bytes and connections, or bytes and whether versions are kept; what the plan shares out is most."""
    text = claim.size if isinstance(claim, DatabaseClaim) else claim.bytes
    size = _ALL if text is None else float(size_in_bytes(text))
    if isinstance(claim, DatabaseClaim):
        return size, _MOST if claim.connections is None else claim.connections
    return size, int(claim.versioning)


_ALL, _MOST = float("inf"), 1_000_000
