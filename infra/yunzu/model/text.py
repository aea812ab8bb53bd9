"""Text of strangers, made fit to be shown: one line, no control characters, never long."""

SHOWN_CHARACTERS = 60

# Categories of controls, formatting (bidi, zero width), private use, surrogates, line and paragraph
# separators: on a terminal they hide, reorder or erase what stands around them.
INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def escaped(text: str) -> str:
    """The text with every invisible or steering character written as `\\x1b` or `\\u202e`."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def shortened(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Escaped, and cut after `limit` characters with an ellipsis."""
    shown = escaped(text[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "…"


def shown(value: object) -> str:
    """A value as a sentence quotes it: text in single quotes, anything else as YAML writes it."""
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"  # str() of huge integers raises or takes long
    if isinstance(value, (dict, list, tuple)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return shortened(str(value))
