"""What applying a manifest would ask for and change, as the API foresees it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yunzu_cli import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from yunzu.clients.api import Api
    from yunzu.model.answers.jobs import PlanAnswer
    from yunzu.services.manifests import Catalogue


@dataclass(frozen=True)
class Foreseen:
    """Of one environment: what would be asked for, in words, and what would change on the servers."""

    id: str
    requests: tuple[str, ...]
    plan: "PlanAnswer"


def foreseen(
    identifier: str, catalogue: "Catalogue", api: "Api", tenants: "Path", *, applicant: str | None
) -> Foreseen:
    """Of the files in `tenants`. Raises what asking and looking raise; nothing is filed."""
    from yunzu.model.answers.jobs import PlanAnswer
    from yunzu.model.hashes import content
    from yunzu.services.requests.working_copy import base_of

    wanted = catalogue.environment(identifier)
    owner = catalogue.department(wanted.department)
    department, environment = content(owner), content(wanted)
    words = {"applicant": applicant, "base": base_of(tenants, owner)}
    requests = _requests(department, api, words, after=[])
    words["base"] = base_of(tenants, wanted)
    requests += _requests(environment, api, words, after=[department])
    plan = jobs.result(PlanAnswer, "plan", identifier, api, manifests=[department, environment])
    return Foreseen(identifier, tuple(requests), plan)


def _requests(manifest: Any, api: "Api", words: "Mapping[str, Any]", *, after: list[Any]) -> list[str]:
    """What would be asked for once `after` is, and whether a rule grants it."""
    found = api.post("/manifests", {**words, "manifest": manifest, "after": after}, {"dry_run": True})
    granted = [f"{one['item']}, which a rule grants" for one in found["requests"]]
    waiting = found["waiting"]
    return granted + ([f"{waiting['item']}, which {waiting['problem']['fact']}"] if waiting else [])
