"""The Secrets in which an environment's credentials lie, read as what they are: a tenant's data."""

import base64

from yunzu import naming
from yunzu.errors import NotFoundError, YunzuError
from yunzu.model.blueprints import Blueprint
from yunzu.services.centre import Centre

Binding = dict[str, str]


def names(blueprint: Blueprint) -> list[str]:
    """Names of the environment's Secrets, databases first."""
    databases = [naming.database_secret(database.claim) for database in blueprint.databases]
    return databases + [naming.bucket_secret(bucket.claim) for bucket in blueprint.buckets]


def read(namespace: str, name: str, *, centre: Centre) -> Binding:
    """One Secret decoded. Raises NotFoundError, YunzuError when it does not hold text."""
    try:
        data = centre.cluster.get("v1", "Secret", name, namespace).get("data") or {}
    except NotFoundError as error:
        raise NotFoundError(
            f"Secret {namespace}/{name}", "is not there", "`yunzu env apply` makes it anew"
        ) from error
    try:
        return {key: base64.b64decode(value).decode() for key, value in data.items()}
    except ValueError as error:
        raise YunzuError(f"Secret {namespace}/{name}", "holds something that is not text") from error


def value(binding: Binding, key: str, *, secret: str) -> str:
    """One key of a binding. Raises YunzuError when the tenant removed it."""
    found = binding.get(key)
    if not found:
        raise YunzuError(f"Secret {secret}", f"lacks the key {key}", "`yunzu env apply` makes it anew")
    return found
