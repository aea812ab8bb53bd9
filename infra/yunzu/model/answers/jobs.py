"""Jobs that workers do for somebody, and what comes of each kind of them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from yunzu.model.answers.common import Answer, Words
from yunzu.model.answers.outcomes import Counts, Outcome
from yunzu.model.answers.problem import Problem
from yunzu.model.identifiers import ClaimName, EnvironmentId, Identifier
from yunzu.model.jobs import Kind, State


class JobWords(Words):
    """What is asked for.

    `account`: whose kubeconfig or credentials; omitted, one's own. `binding`: of which credentials; omitted,
    all. `manifests`: of a plan, documents that stand for what is approved. `prove`: of a repair, whether it
    is proven as well. `recipient`: X25519 public key in base64, to which secrets are sealed (RFC 9180).
    """

    kind: Kind
    environment: EnvironmentId
    account: Identifier | None = None
    binding: ClaimName | None = None
    manifests: tuple[dict[str, Any], ...] = ()
    prove: bool = False
    recipient: str | None = None


class ProbeAnswer(Answer):
    """One door tried as the tenant; `seconds` that it took."""

    name: str
    ok: bool
    seconds: float
    detail: str


class JobAnswer(Answer):
    """How a job goes: whether any worker is there, how many of how many steps are done (0: not known).

    `found` are the probes made so far. One that is done has a `result` as its kind says, or one that is
    `sealed` to the recipient about the job's id; one that failed has a `failure`.
    """

    id: str
    kind: Kind
    environment: str
    state: State
    attended: bool
    done: int
    total: int
    doing: str
    found: tuple[ProbeAnswer, ...]
    result: dict[str, Any] | None
    sealed: str | None
    failure: Problem | None


class PlaceAnswer(Answer):
    """Where one thing of an environment is."""

    what: str
    where: str
    remark: str = ""


class PlacesAnswer(Answer):
    """Of `where`."""

    items: tuple[PlaceAnswer, ...]


class StepAnswer(Answer):
    """One change that a plan foresees: on what, which paths differ, and how that was checked."""

    op: str
    type: str
    name: str
    paths: tuple[str, ...]
    check: str


class PlanAnswer(Answer):
    """Of `plan`: what would change, compared with what is really there."""

    changes: Counts
    steps: tuple[StepAnswer, ...]


class VerdictAnswer(Answer):
    """Of `verify`: whether every probe is green."""

    ok: bool


class RepairAnswer(Answer):
    """Of `repair` and `remove`: what was done, to what which request has approved."""

    request: str | None
    outcome: Outcome


class KubeconfigAnswer(Answer):
    """Of `kubeconfig`, sealed; the operator's own, too. `expires_at`: when its certificate ends (UTC), None
    where that is not known."""

    account: str
    namespace: str | None
    expires_at: datetime | None
    kubeconfig: str = Field(repr=False)


class CredentialAnswer(Answer):
    """One binding, and the Secret (namespace/name) that holds it; its values only where handed out."""

    binding: str
    slot: str
    secret: str
    values: dict[str, str] | None = None


class CredentialsAnswer(Answer):
    """Of `offer`, without values; of `credentials`, sealed, with them."""

    account: str
    items: tuple[CredentialAnswer, ...]
