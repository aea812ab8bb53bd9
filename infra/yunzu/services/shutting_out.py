"""Take away at once what people of a department may not do in the cluster any more, in every environment.

Bringing an environment to its manifest takes away the same, seconds later and one environment after the
other; a leaver's certificate is good for up to an hour, so that this does not wait for it.
"""

from collections.abc import Mapping
from typing import Any

from yunzu import naming
from yunzu.clients.kubernetes import Client
from yunzu.clients.kubernetes_errors import ConflictError
from yunzu.errors import NotFoundError
from yunzu.model.blueprints import people_by_cluster_role
from yunzu.services.centre import Centre
from yunzu.services.environments import without_disabled, without_disabled_guests
from yunzu.services.manifests import Catalogue

_GROUP, _KIND = "rbac.authorization.k8s.io/v1", "RoleBinding"
_TRIES = 5  # where somebody else writes the same binding


def shut_out(identifier: str, catalogue: Catalogue, centre: Centre) -> int:
    """In how many of a department's role bindings somebody was who is not to be there any more.

    Nobody is let in. Raises NotFoundError for no department of the catalogue, YunzuError where the cluster
    refuses or does not answer.
    """
    department = without_disabled(catalogue.department(identifier), centre)
    guests = {
        one.namespace: without_disabled_guests(one, centre).access or ()
        for one in catalogue.environments.values()
        if one.department == identifier
    }
    selector = f"{naming.LABEL_CENTRE}={centre.id},{naming.LABEL_DEPARTMENT}={identifier}"
    count = 0
    for one in centre.cluster.list(_GROUP, _KIND, labels=selector):
        name, namespace = one["metadata"]["name"], one["metadata"]["namespace"]
        may = people_by_cluster_role(department.people, guests.get(namespace, ())).get(name, ())
        count += _without_others(one, {naming.person(centre.id, each) for each in may}, centre.cluster)
    return count


def _without_others(binding: Mapping[str, Any], users: set[str], cluster: Client) -> bool:
    """Whether anybody but these users was in it. What is no person's is left alone."""
    name, namespace = binding["metadata"]["name"], binding["metadata"]["namespace"]
    for left in reversed(range(_TRIES)):
        subjects = binding.get("subjects") or []
        kept = [one for one in subjects if one["kind"] != "User" or one["name"] in users]
        if kept == subjects:
            return False
        try:
            cluster.replace({**binding, "subjects": kept}, field_manager=naming.FIELD_MANAGER)
        except NotFoundError:
            return False
        except ConflictError:
            if not left:
                raise
            binding = cluster.get(_GROUP, _KIND, name, namespace)
        else:
            return True
    return False
