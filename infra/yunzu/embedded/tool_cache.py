"""Built binaries, kept by content and shared by all checkouts of one user.

An entry appears by one rename, so there is never half of one; a lock per entry makes two builds at
once do the work once.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from yunzu.errors import YunzuError

_SOURCES = ".sources"


def directory() -> Path:
    """`~/.cache/yunzu`, or below XDG_CACHE_HOME."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path is invalid and is to be ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "yunzu"


def sources_digest(module: Path, flags: str) -> str:
    """What an entry was built from, whichever Go built it: hex SHA-256 of go.mod, go.sum and flags."""
    digest = hashlib.sha256()
    for part in (_content(module / "go.mod"), _content(module / "go.sum"), flags.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def entry(module: Path, sources: str, go: str) -> Path:
    """Directory of the binaries of `module` as built by `go` (version and platform)."""
    key = hashlib.sha256(f"{sources} {go}".encode()).hexdigest()[:16]
    return directory() / "tools" / f"{module.name}-{key}"


def entries_of(module: Path, sources: str) -> list[Path]:
    """Every entry with those sources, newest first: what one Go built still runs when Go is gone."""
    found = []
    for path in (directory() / "tools").glob(f"{module.name}-*"):
        try:
            if (path / _SOURCES).read_text(encoding="ascii") == sources:
                found.append((path.stat().st_mtime_ns, path))
        except OSError:
            continue  # removed by someone clearing the cache
    return [path for _, path in sorted(found, reverse=True)]


@contextmanager
def locked(entry: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the entry's lock; `waiting` is called once if another process has it.

    The lock file stays: removing it would let two processes lock two files of one name.
    """
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        file = (entry.parent / f".{entry.name}.lock").open("wb")
    except OSError as error:
        raise _unusable(entry.parent, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def new_entry(entry: Path, sources: str) -> Iterator[Path]:
    """A temporary directory that becomes the entry when the block ends without error.

    The caller holds the entry's lock, so other temporary directories of it are from dead builds.
    """
    try:
        for left in entry.parent.glob(f".{entry.name}.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        growing = Path(tempfile.mkdtemp(prefix=f".{entry.name}.new-", dir=entry.parent))
    except OSError as error:
        raise _unusable(entry.parent, error) from error
    try:
        yield growing
        (growing / _SOURCES).write_text(sources, encoding="ascii")
        growing.chmod(0o755)
        shutil.rmtree(entry, ignore_errors=True)
        growing.rename(entry)
    except OSError as error:
        raise _unusable(entry, error) from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # a module without dependencies has no go.sum
    except OSError as error:
        raise YunzuError(str(path), error.strerror or "cannot be read") from error


def _unusable(path: Path, error: OSError) -> YunzuError:
    return YunzuError(
        str(path),
        f"cannot be written ({error.strerror or error})",
        "free space there, or set XDG_CACHE_HOME to a directory of your own",
    )
