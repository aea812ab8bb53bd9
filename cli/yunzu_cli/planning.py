"""What applying a manifest would ask for and change, as the API foresees it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yunzu_cli import jobs
from yunzu_cli.bringing import document

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

    wanted = catalogue.environment(identifier)
    documents = [document(catalogue.department(wanted.department)), document(wanted)]
    requests = _requests(documents[0], api, applicant)
    if any(one.startswith("department.new") for one in requests):  # what is of it can't be asked for yet
        requests.append("environment.new, after it")
    else:
        requests += _requests(documents[1], api, applicant)
    plan = jobs.result(PlanAnswer, "plan", identifier, api, manifests=documents)
    return Foreseen(identifier, tuple(requests), plan)


def _requests(manifest: Any, api: "Api", applicant: str | None) -> list[str]:
    """What would be asked for, and whether a rule grants it."""
    words = {"manifest": manifest, "applicant": applicant}
    found = api.post("/manifests", words, {"dry_run": True})
    granted = [f"{one['item']}, which a rule grants" for one in found["requests"]]
    waiting = found["waiting"]
    return granted + ([f"{waiting['item']}, which {waiting['problem']['fact']}"] if waiting else [])
