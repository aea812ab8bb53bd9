"""What an API server says to an object before anything is changed, and how it was asked."""

from yunzu import naming
from yunzu.clients.kubernetes import Client, identity
from yunzu.clients.kubernetes_errors import AlreadyExistsError, UnknownKindError
from yunzu.errors import NotFoundError
from yunzu.providers.kubernetes_objects import Object, payload
from yunzu.providers.kubernetes_ownership import is_ours, refuse
from yunzu.providers.values import holds_unknown

_ALLOCATED = ("Service",)  # has ports and addresses, which are refused wherever else they are asked for


class Preview:
    """Asks the server of one centre. Every answer says which check was made; a refusal is raised."""

    def __init__(self, client: Client, centre: str) -> None:
        self._client = client
        self._empty = naming.preview_namespace(centre)

    def check(self, inputs: Object, *, uid: str | None = None, replaced: bool = False) -> str:
        """How the object was checked. Raises what the real call would.

        `uid` is that of the object known to be ours. `replaced`: the one that lives will be gone by then,
        so that no change of it can be tried.
        """
        obj = payload(inputs)
        if holds_unknown(obj):
            return "schema (some values are not known yet)"
        try:
            live = self._client.get(*identity(obj))
        except NotFoundError:
            return self._created(obj)
        if live["metadata"]["uid"] != uid and not is_ours(live, inputs):
            raise refuse(live)
        if replaced:
            return self._created_anew(obj)
        self._client.apply(obj, field_manager=naming.FIELD_MANAGER, dry_run=True)
        return "dry run"

    def _created(self, obj: Object) -> str:
        try:
            self._client.create(obj, field_manager=naming.FIELD_MANAGER, dry_run=True)
        except NotFoundError:
            return self._elsewhere(obj)
        return "dry run"

    def _created_anew(self, obj: Object) -> str:
        if "namespace" not in obj["metadata"] or obj["kind"] in _ALLOCATED:
            return "schema (what it replaces is still in the way)"
        return self._elsewhere(obj)

    def _elsewhere(self, obj: Object) -> str:
        """For an object whose own place does not exist yet, or is taken by what it replaces."""
        elsewhere = {**obj, "metadata": {**obj["metadata"], "namespace": self._empty}}
        try:
            self._client.create(elsewhere, field_manager=naming.FIELD_MANAGER, dry_run=True)
        except UnknownKindError:
            return "nothing (its kind is not served yet)"
        except NotFoundError:
            return f"schema ({self._empty} does not exist)"
        except AlreadyExistsError:
            pass  # made by the cluster in every namespace, e.g. ServiceAccount default
        return f"dry run in {self._empty}"
