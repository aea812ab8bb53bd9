"""One YAML document, read strictly: no anchors, no tags, no duplicate keys, bounded depth and size.

PyYAML's safe loader alone is not enough: it takes the last of two equal keys, expands aliases (a bomb
of 300 bytes fills the memory), and recurses as deep as the text does.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from yunzu.model.files import UnreadableError
from yunzu.model.text import shortened, shown

MAX_DEPTH = 16  # the deepest manifest has 5 levels
MAX_NODES = 20_000

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """`("databases", 0, "size")` as `databases[0].size`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class _Loader(yaml.CSafeLoader):
    """libyaml's parser with YAML 1.1's plain types; it is fed only text that `_scan` has let through."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its value, how each scalar was written (`yes`, where the value is True), and
    the faults of single keys and values, which leave the rest usable."""

    value: dict[str, Any]
    written: dict[Path, str]
    faults: tuple[UnreadableError, ...]


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}" if mark else "its text"


def _check_event(event: yaml.Event) -> None:
    """Refuse what YAML offers beyond plain data."""
    where = _line(event.start_mark)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise UnreadableError("anchor", f"{where} uses an anchor or alias (& or *); write the value out")
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise UnreadableError("tag", f"{where} uses a tag ({shown(tag)}); write plain values")


def _scan(text: str) -> None:
    """Look at every event before anything is built from it. Raises UnreadableError, yaml.YAMLError."""
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        _check_event(event)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if documents > 1:
            raise UnreadableError("documents", "holds more than one document; write one per file")
        if depth > MAX_DEPTH:
            raise UnreadableError("too-deep", f"{_line(event.start_mark)} is nested over {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise UnreadableError("too-many-nodes", f"holds over {MAX_NODES} values")
    if not documents:
        raise UnreadableError("empty", "is empty; a manifest begins with 'kind:'")


class _Builder:
    """Turns nodes into plain values, and collects what is wrong with single ones."""

    def __init__(self, loader: _Loader) -> None:
        self.loader = loader
        self.written: dict[Path, str] = {}
        self.faults: list[UnreadableError] = []

    def build(self, node: yaml.Node, path: Path = ()) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        self.written[path] = node.value
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            fact = f"{shown(node.value)} is a date or number that does not exist"
            self._fault("value", f"{fact}; correct it, or put text in quotes", path)
            return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, item in node.value:
            where = _line(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self._fault("key", f"{where} has a key that is not text", path)
            elif key.tag != "tag:yaml.org,2002:str":
                text = shown(key.value)
                self._fault(
                    "key", f"{where} has the key {text}, which YAML does not take as text; quote it", path
                )
            elif key.value in built:
                self._fault("duplicate-key", f"{where} has the key {shown(key.value)} again", path)
            else:
                built[key.value] = self.build(item, (*path, key.value))
        return built

    def _fault(self, code: str, message: str, path: Path) -> None:
        self.faults.append(UnreadableError(code, message, dotted(path)))


def parse(text: str) -> Document:
    """Parse one document. Raises UnreadableError where nothing of it is usable."""
    try:
        _scan(text)
        loader = _Loader(text)
        try:
            builder = _Builder(loader)
            node = loader.get_single_node()
            value = builder.build(node) if node else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        problem = shortened(error.problem or "not understood")
        raise UnreadableError("yaml", f"is not YAML: {_line(error.problem_mark)}: {problem}") from error
    except yaml.YAMLError as error:
        raise UnreadableError("yaml", "is not YAML: it holds characters that YAML does not allow") from error
    if not isinstance(value, dict):
        raise UnreadableError("not-a-mapping", "is not a manifest; it begins with 'kind:'")
    return Document(value, builder.written, tuple(builder.faults))
