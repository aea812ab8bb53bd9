"""The centre's directory: where everything of an embedded centre lies, and who may read it.

Directories are 0700 and files 0600. What is decided once (the centre's id, the ports) is in
`centre.json` and never decided again: addresses stand in Secrets handed to tenants.
"""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from yunzu import naming
from yunzu.errors import RefusedError, YunzuError

_LONGEST_SOCKET_PATH = 107  # sockaddr_un.sun_path on Linux, without its final zero
_LONGEST_SOCKET_NAME = 24  # "/.s.PGSQL.65535.lock" and "/supervisor.sock.12345" fit


class CentreFile(BaseModel):
    """What is decided once for a centre."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    centre: str
    service_address: str
    ports: dict[str, int]


class Home:
    """Layout of one centre's directory. Nothing is created before `prepare`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()  # one name however it was reached: processes are recognised by it
        self.data = self.root / "data"
        self.logs = self.root / "logs"
        self.pki = self.root / "pki"
        self.secrets = self.root / "secrets"
        self.run = self.root / "run"
        self.config = self.root / "config"
        self.centre_file = self.root / "centre.json"

    def prepare(self) -> None:
        """Create the directories, for the owner only. Raises RefusedError if they are someone else's."""
        directories = (self.data, self.logs, self.pki, self.secrets, self.run, self.config)
        self._check_root({path.name for path in directories})
        for path in (self.root, *directories):
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                owner = path.stat().st_uid
            except OSError as error:
                fact = error.strerror or str(error)
                raise YunzuError(f"directory {path}", fact, "choose another --home") from error
            if owner != os.geteuid():
                raise RefusedError(f"directory {path}", "belongs to another user", "choose another --home")
            path.chmod(0o700)

    def _check_root(self, ours: set[str]) -> None:
        """A directory that others use for something else is not shut to them."""
        try:
            shared = self.root.stat().st_mode & 0o077
            others = {path.name for path in self.root.iterdir()} - ours if shared else set()
        except OSError:
            return  # it is not there yet, or what makes it will say why it cannot
        if others and not self.centre_file.exists():
            fact = f"is open to others and holds no centre, but {min(others)}"
            raise RefusedError(f"directory {self.root}", fact, "choose another --home: a new directory")

    def read_centre(self) -> CentreFile | None:
        """What was decided earlier; None before the first `up`. Raises YunzuError if unreadable."""
        try:
            return CentreFile.model_validate_json(self.centre_file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise YunzuError(
                f"file {self.centre_file}", "is no centre's description", "restore it from the backup"
            ) from error

    def mint_centre(self, service_address: str, ports: dict[str, int]) -> CentreFile:
        """Decide the centre's id, once."""
        decided = CentreFile(centre=naming.mint_centre_id(), service_address=service_address, ports=ports)
        self.write_centre(decided)
        return decided

    def write_centre(self, decided: CentreFile) -> None:
        write_private(self.centre_file, json.dumps(decided.model_dump(), indent=2) + "\n")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One `up` or `down` at a time; a second one waits."""
        descriptor = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def sockets(self, centre: str) -> Path:
        """Directory of unix sockets: in `run`, or a private short one where `run` is too long a path."""
        if len(os.fsencode(self.run)) + _LONGEST_SOCKET_NAME <= _LONGEST_SOCKET_PATH:
            return self.run
        return Path(tempfile.gettempdir()) / f"yunzu-{centre}-{os.geteuid()}"

    def prepare_sockets(self, centre: str) -> Path:
        """Create that directory. Raises RefusedError if somebody else holds its name."""
        path = self.sockets(centre)
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
        if not private or found.st_uid != os.geteuid():
            raise RefusedError(f"directory {path}", "is not this user's private one", "remove it")
        return path


def write_private(path: Path, content: str | bytes) -> None:
    """Write a 0600 file atomically and durably: readers see the old or the new content, never a part."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write_if_changed(path: Path, content: str) -> None:
    """Like `write_private`, and leaves an equal file alone."""
    try:
        if path.read_bytes() == content.encode():
            return
    except FileNotFoundError:
        pass
    write_private(path, content)
