"""Hashes of manifests: what is delivered is what was approved, and a request pins the item it names."""

import hashlib
import json
from typing import Any, cast

from yunzu.model.manifests import Manifest


def content(manifest: Manifest) -> dict[str, Any]:
    """A manifest as the records keep it and the API takes it: the values of its canonical JSON."""
    return cast("dict[str, Any]", json.loads(canonical_json(manifest)))


def canonical_json(manifest: Manifest) -> str:
    """One text for one meaning: sorted keys, no spaces, defaults written out, what is not said left out.

    A default that changes later changes the text, a new optional key does not. Our keys are ASCII and our
    numbers whole, so this is also RFC 8785's form.
    """
    value = manifest.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def manifest_hash(manifest: Manifest) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical_json(manifest).encode()).hexdigest()
