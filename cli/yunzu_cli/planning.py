"""What applying a manifest would ask for and change, as the API foresees it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yunzu_cli import jobs

if TYPE_CHECKING:
    from yunzu.clients.api import Api
    from yunzu.model.answers.jobs import PlanAnswer
    from yunzu.services.manifests import Catalogue


@dataclass(frozen=True)
class Foreseen:
    """Of one environment: what would be asked for, in words, and what would change on the servers."""

    id: str
    requests: tuple[str, ...]
    plan: "PlanAnswer"


def foreseen(identifier: str, catalogue: "Catalogue", api: "Api", *, applicant: str | None) -> Foreseen:
    """Raises what asking and looking raise; nothing is filed."""
    from yunzu.model.answers.jobs import PlanAnswer
    from yunzu.model.hashes import content

    wanted = catalogue.environment(identifier)
    department, environment = content(catalogue.department(wanted.department)), content(wanted)
    requests = _requests(department, api, applicant, after=[])
    requests += _requests(environment, api, applicant, after=[department])
    plan = jobs.result(PlanAnswer, "plan", identifier, api, manifests=[department, environment])
    return Foreseen(identifier, tuple(requests), plan)


def _requests(manifest: Any, api: "Api", applicant: str | None, *, after: list[Any]) -> list[str]:
    """What would be asked for once `after` is, and whether a rule grants it."""
    words = {"manifest": manifest, "applicant": applicant, "after": after}
    found = api.post("/manifests", words, {"dry_run": True})
    granted = [f"{one['item']}, which a rule grants" for one in found["requests"]]
    waiting = found["waiting"]
    return granted + ([f"{waiting['item']}, which {waiting['problem']['fact']}"] if waiting else [])
