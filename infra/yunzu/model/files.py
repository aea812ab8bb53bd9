"""Read files that strangers wrote: plain, small, UTF-8, and never waiting on a pipe or a device."""

import os
import stat
from pathlib import Path

from yunzu.findings import Finding
from yunzu.model.text import escaped

MANIFEST_BYTES = 2**20  # a manifest has a few hundred bytes; this is what a parser may be fed


class UnreadableError(ValueError):
    """A file or its text cannot be taken. `code` is stable; `path` is inside the document."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path

    def finding(self, file: str | Path) -> Finding:
        return Finding(escaped(str(file)), self.path, self.code, self.message)


_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISLNK, "a symbolic link"),
)


def _refuse_unplain(status: os.stat_result, limit: int) -> None:
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "not a file")
        raise UnreadableError("not-a-file", f"is {kind}; a plain file is expected here")
    if status.st_size > limit:
        raise UnreadableError(
            "too-large", f"has {status.st_size} bytes and was not read; at most {limit} are taken"
        )


def read_plain(path: Path, limit: int = MANIFEST_BYTES, *, links: bool = False) -> str:
    """The text of a plain UTF-8 file of at most `limit` bytes. Raises UnreadableError.

    The kind is looked at before opening (opening a device or pipe may already do something) and again
    on the open file, since a name may change hands in between. Symbolic links are followed only with
    `links`: inside a tree that others write, a link reaches files that are not theirs.
    """
    try:
        _refuse_unplain(path.stat() if links else path.lstat(), limit)
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
        with os.fdopen(os.open(path, flags), "rb") as file:
            _refuse_unplain(os.fstat(file.fileno()), limit)
            content = file.read(limit + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableError("unreadable", f"cannot be read: {reason}") from error
    if len(content) > limit:
        raise UnreadableError("too-large", f"grew over {limit} bytes while it was read")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "not-utf-8", f"is not UTF-8 text: byte {error.start} is 0x{content[error.start]:02x}"
        ) from error
