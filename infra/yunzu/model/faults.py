"""What pydantic finds wrong, said as sentences to the person who wrote the file."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from yunzu.model.documents import Path, dotted
from yunzu.model.text import shortened, shown

Sentence = tuple[str, str]  # stable code, sentence

_READ_AS = ((bool, "a yes or no"), ((int, float), "a number"), ((date, datetime), "a date"))


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """The models inside `tuple[Person, ...]`, `Title | None`, `Annotated[...]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _keys(model: type[BaseModel]) -> dict[str, object]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that `model` takes at `path`; empty where the path leaves the model."""
    for part in path:
        if isinstance(part, int):
            continue
        inside = _models_in(_keys(model).get(part))
        if not inside:
            return []
        model = inside[0]
    return list(_keys(model))


def nearest(word: str, words: list[str]) -> str:
    """`; did you mean 'x'?` for the likeliest of `words`, else nothing."""
    close = get_close_matches(word, words, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _unknown_key(model: type[BaseModel], path: Path) -> Sentence:
    keys = known_keys(model, path[:-1])
    guess = nearest(str(path[-1]), keys) or f"; known here: {', '.join(keys)}"
    return "unknown-key", f"{shown(str(path[-1]))} is not a key of this place{guess}"


def _text_expected(value: object, written: str | None) -> Sentence:
    if value is None:
        return "not-text", "is empty; text is expected here"
    for kinds, name in _READ_AS if written is not None else ():
        if isinstance(value, kinds):
            text = shortened(written or "")
            return "not-text", f"YAML reads {text} as {name}; if text is meant, write it in quotes: '{text}'"
    return "not-text", f"{shown(value)} stands where text is expected"


def _whole_number(value: object, _context: Mapping[str, Any]) -> Sentence:
    return "not-a-number", f"{shown(value)} is not a whole number; write digits only, for example 20"


def _bound(what: str, key: str) -> Callable[[object, Mapping[str, Any]], Sentence]:
    def sentence(value: object, context: Mapping[str, Any]) -> Sentence:
        return "out-of-range", f"{shown(value)} is {what} {context[key]}"

    return sentence


def _expected(code: str, fact: str) -> Callable[[object, Mapping[str, Any]], Sentence]:
    def sentence(value: object, _context: Mapping[str, Any]) -> Sentence:
        return code, fact.format(shown(value))

    return sentence


def _choice(value: object, context: Mapping[str, Any]) -> Sentence:
    return "not-a-choice", f"{shown(value)} is not one of {context['expected']}"


def _count(value: object, context: Mapping[str, Any]) -> Sentence:
    what = "characters" if isinstance(value, str) else "items"
    if "max_length" in context:
        return "too-many", f"holds more than {context['max_length']} {what}"
    return "too-few", f"holds fewer than {context['min_length']} {what}"


def _own_words(_value: object, context: Mapping[str, Any]) -> Sentence:
    return "invalid", str(context["error"])


_MONEY = _expected("not-an-amount", "{} is not an amount; write it with at most two decimals: '380.00'")
_MAPPING = _expected("not-a-mapping", "{} stands where keys and values are expected")
_LIST = _expected("not-a-list", "{} stands where a list is expected")

_SENTENCES: dict[str, Callable[[object, Mapping[str, Any]], Sentence]] = {
    "value_error": _own_words,
    "literal_error": _choice,
    "int_type": _whole_number,
    "int_from_float": _whole_number,
    "int_parsing": _whole_number,
    "bool_type": _expected("not-a-boolean", "{} is neither true nor false"),
    "greater_than_equal": _bound("less than", "ge"),
    "less_than_equal": _bound("more than", "le"),
    "string_too_long": _count,
    "string_too_short": _count,
    "too_long": _count,
    "too_short": _count,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "decimal_type": _MONEY,
    "decimal_parsing": _MONEY,
    "decimal_max_digits": _MONEY,
    "decimal_max_places": _MONEY,
    "decimal_whole_digits": _MONEY,
    "finite_number": _MONEY,
}


def sentence(
    error: ErrorDetails, model: type[BaseModel], written: Mapping[Path, str]
) -> tuple[str, str, str]:
    """One of pydantic's errors as (dotted path, stable code, sentence).

    `written` says how YAML's scalars were written (`yes`); it is empty for JSON.
    """
    path, value = error["loc"], error["input"]
    kind = error["type"]
    if kind == "missing":
        code, text = "missing", "is missing"
    elif kind == "extra_forbidden":
        code, text = _unknown_key(model, path)
    elif kind == "string_type":
        code, text = _text_expected(value, written.get(path))
    elif kind in _SENTENCES:
        code, text = _SENTENCES[kind](value, error.get("ctx", {}))
    else:
        code, text = "invalid", f"{shown(value)} is not valid here"
    place = tuple(shortened(part) if isinstance(part, str) else part for part in path if part != "[key]")
    return dotted(place), code, text
