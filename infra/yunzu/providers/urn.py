"""Pulumi's name of a resource, taken apart."""

from dataclasses import dataclass

from yunzu.errors import UsageError


@dataclass(frozen=True, slots=True)
class Urn:
    """`urn:pulumi:stack::project::parent$…$type::name`; `parents` are the parents' types, outermost first."""

    stack: str
    project: str
    type: str
    name: str
    parents: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Urn":
        """Raises UsageError for anything that is no URN."""
        parts = text.removeprefix("urn:pulumi:").split("::", 3)
        if not text.startswith("urn:pulumi:") or len(parts) != 4:
            raise UsageError(
                text[:200] or "''", "is no URN", "expected urn:pulumi:stack::project::type::name"
            )
        stack, project, types, name = parts
        *parents, own = types.split("$")
        return cls(stack, project, own, name, tuple(parents))

    def __str__(self) -> str:
        return f"urn:pulumi:{self.stack}::{self.project}::{'$'.join((*self.parents, self.type))}::{self.name}"
