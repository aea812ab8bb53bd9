"""A department that proves itself sees that its neighbours' doors are shut, and not who they are."""

import re
from collections.abc import Iterable
from dataclasses import replace

from yunzu.services.inventory import Entry
from yunzu.services.probes import Probe


class Veil:
    """Hides the names of environments that are not of a department."""

    def __init__(self, department: str, environments: Iterable[Entry]) -> None:
        others = [one for one in environments if one.department != department]
        hidden = {
            name: f"another department's environment {number}"
            for number, one in enumerate(others, start=1)
            for name in (one.id, one.namespace)
        }
        hidden |= {
            name: f"another department's {kind}"
            for one in others
            for kind, held in (("database", one.databases), ("bucket", one.buckets))
            for _, name in held
        }
        self._hidden = hidden
        names = "|".join(re.escape(name) for name in sorted(hidden, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![\w/-])(?:{names})(?![\w/-])") if hidden else None

    def __call__(self, probe: Probe) -> Probe:
        """The same probe without those names."""
        return replace(probe, name=self._without(probe.name), detail=self._without(probe.detail))

    def _without(self, text: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._hidden[found[0]], text)
