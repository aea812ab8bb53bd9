"""The token that `yunzu login` keeps: in the person's own configuration, theirs alone, one a centre."""

import os
import stat
from pathlib import Path

_LONGEST = 1000  # characters


def place(centre: str) -> Path:
    """Where the token of a centre lies, by the XDG base directories."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    root = Path(given) if Path(given).is_absolute() else Path.home() / ".config"
    return root / "yunzu" / "tokens" / centre


def name_of(url: str) -> str:
    """What stands for a centre of which only its address is known."""
    import hashlib

    return f"url-{hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:16]}"


def read(centre: str) -> str | None:
    """The token, if one is kept. Raises RefusedError for a file that others may read or have written."""
    from yunzu.errors import RefusedError

    path = place(centre)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, encoding="utf-8", errors="replace") as opened:
        found = os.fstat(opened.fileno())
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise RefusedError(str(path), "is not yours alone", "`yunzu logout`, then `yunzu login` anew")
        return opened.read(_LONGEST).strip()


def keep(centre: str, text: str) -> Path:
    """Keep it, instead of an older one; returns where."""
    path = place(centre)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(f"{text}\n")
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return path


def forget(centre: str) -> bool:
    """It is kept no longer; whether one was."""
    try:
        place(centre).unlink()
    except FileNotFoundError:
        return False
    return True
