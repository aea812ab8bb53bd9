"""`yunzu:s3:Bucket`: a tenant's bucket with versioning and, where the server can, a byte quota."""

from collections.abc import Mapping
from typing import Any, ClassVar

from yunzu.clients.objectstore import Bucket, bucket_drift
from yunzu.clients.ownership import Intents, check_ours
from yunzu.providers import yunzu_inputs as must_be
from yunzu.providers.protocol import CheckFailure
from yunzu.providers.yunzu_resources import Collaborators, Presumed, Properties


class BucketType:
    """Inputs: name, uid, versioning, bytes. Output `quota`: "enforced" by the server, or "metered".

    Removing it erases every version of every object; programs retain it, as with databases.
    """

    replace_on: ClassVar[frozenset[str]] = frozenset({"name", "uid"})
    defaults: ClassVar[Mapping[str, Any]] = {}
    delete_before_replace: ClassVar[bool] = False

    def __init__(self, with_: Collaborators) -> None:
        self._with = with_

    def check(self, inputs: Properties) -> list[CheckFailure]:
        """See ResourceType."""
        checks = {
            "name": must_be.named(f"yz-{self._with.centre}", "-", inputs),
            "uid": must_be.uid,
            "versioning": must_be.boolean,
            "bytes": must_be.size,
        }
        return must_be.check_inputs(inputs, checks)

    def identifier(self, inputs: Properties) -> str:
        """See ResourceType."""
        return str(inputs["name"])

    def foresee(self, inputs: Properties) -> None:
        """See ResourceType."""
        facts = self._with.object_store.bucket_facts(inputs["name"])
        if facts is not None:
            check_ours("Bucket", inputs["name"], facts.mark, self._with.mark(inputs), Presumed())

    def ensure(self, inputs: Properties, before: Properties | None, intents: Intents) -> Properties:
        """See ResourceType."""
        del before
        store = self._with.object_store
        store.ensure_bucket(_bucket(inputs), mark=self._with.mark(inputs), intents=intents)
        return {"quota": "enforced" if store.enforces_quota else "metered"}

    def find(self, inputs: Properties, outputs: Properties) -> tuple[str, ...] | None:
        """See ResourceType."""
        del outputs
        store, bucket = self._with.object_store, _bucket(inputs)
        facts = store.bucket_facts(bucket.name)
        if facts is None:
            return None
        return bucket_drift(bucket, facts, self._with.mark(inputs), enforces_quota=store.enforces_quota)

    def remove(self, inputs: Properties, intents: Intents) -> None:
        """See ResourceType."""
        self._with.object_store.remove_bucket(inputs["name"], mark=self._with.mark(inputs), intents=intents)


def _bucket(inputs: Properties) -> Bucket:
    return Bucket(inputs["name"], versioning=inputs["versioning"], quota=inputs["bytes"])
