"""PostgreSQL refuses to run as root: how it is run where yunzu is.

First a user namespace in which root is another, existing user: everything stays root's on the outside.
A container that refuses namespaces mostly grants the other way: a system user, with the one capability
that lets it reach its files inside a home that only root may enter. Either way the server reaches the
files that root reaches, as it must to serve a centre that root runs; no tenant is given a right to files.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yunzu.embedded.processes import CLEAN_ENVIRONMENT
from yunzu.errors import YunzuError

_USERS = ("postgres", "nobody")
_REACH = "-all,+dac_override"
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Runner:
    """Words before a command that PostgreSQL is. `user`: the system user that it then is, if it is one."""

    words: tuple[str, ...] = ()
    user: str = ""

    @property
    def fact(self) -> str:
        """What is done, in words for an operator."""
        if self.user:
            return f"refused; PostgreSQL runs as the system user {self.user}"
        return "PostgreSQL runs in one, without root's rights" if self.words else "not needed: not root"

    def give(self, directory: Path) -> None:
        """Let a server's directory belong to whom it will run as. Call only while it does not run."""
        user, group = os.geteuid(), os.getegid()
        if self.user:
            entry = pwd.getpwnam(self.user)
            user, group = entry.pw_uid, entry.pw_gid
        if directory.lstat().st_uid == user:
            return
        # The directory itself last: its owner says that all within was given.
        for path in (*directory.rglob("*"), directory):
            os.chown(path, user, group, follow_symlinks=False)


def find_runner() -> Runner:
    """The first way that works, tried. Raises YunzuError, saying what each attempt met."""
    if os.geteuid() != 0:
        return Runner()
    met = []
    for runner in _ways():
        program, *arguments = runner.words
        path = shutil.which(program)
        fault = _tried([path, *arguments, "true"]) if path else f"the program {program} is missing"
        if path and not fault:
            return Runner((path, *arguments), runner.user)
        met.append(fault)
    raise YunzuError(
        "PostgreSQL",
        f"cannot run as root here ({'; '.join(met) or 'no other user exists'})",
        "run yunzu as an ordinary user, or allow user namespaces (sysctl user.max_user_namespaces=1000;"
        " the program is in util-linux)",
    )


def _ways() -> list[Runner]:
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    chosen = next((users[name] for name in _USERS if name in users), None) or next(iter(users.values()), None)
    if chosen is None:
        return []
    inside = ("unshare", "--user", f"--map-user={chosen.pw_uid}", f"--map-group={chosen.pw_gid}", "--")
    identity = (f"--reuid={chosen.pw_uid}", f"--regid={chosen.pw_gid}", "--clear-groups")
    reach = (f"--inh-caps={_REACH}", f"--ambient-caps={_REACH}", "--no-new-privs", "--")
    return [Runner(inside), Runner(("setpriv", *identity, *reach), chosen.pw_name)]


def _tried(command: Sequence[str]) -> str:
    """What is in the way; empty where nothing is."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, env=CLEAN_ENVIRONMENT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} cannot be run ({type(error).__name__})"
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (said[-1] if said else f"{name} is refused")
