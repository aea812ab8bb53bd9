"""A finding: one thing wrong with an input, said so that its author can put it right."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One fault: `file` as given, `path` inside the document (dotted), `code` stable for programs."""

    file: str
    path: str
    code: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.path}" if self.path else self.file
        return f"{where}: {self.message}"

    def as_json(self) -> dict[str, str]:
        return asdict(self)
