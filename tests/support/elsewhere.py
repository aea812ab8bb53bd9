"""The command as another user of another place: a token, an address and a certificate, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command import Command, Ended
from yunzu.embedded import bootstrap
from yunzu.settings import Settings

NOBODY = 65534
LOOK = """
import os, sys
found = [os.path.join(at, name) for at, _, names in os.walk(sys.argv[1]) for name in names]
sys.exit(bool([one for one in found if os.access(one, os.R_OK)]) or os.access(sys.argv[1], os.R_OK | os.X_OK))
"""
"""Fails where anything below a directory can be read."""

_SERVER = """
import json, os, sys
from typer.testing import CliRunner
from yunzu_cli.main import app
for line in sys.stdin:
    words, typed, environment = json.loads(line)
    done = CliRunner().invoke(app, words, typed, env=environment)
    ended = [done.exit_code, done.stdout, done.stderr]
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        ended = [-1, "", repr(done.exception)]
    print(json.dumps(ended), flush=True)
"""


class Elsewhere:
    """Runs the command as nobody, in a directory that holds the certificate and a manifest."""

    def __init__(self, command: Command, directory: Path) -> None:
        found = bootstrap.reached(Settings(home=command.home))
        self.directory = directory
        shutil.copyfile(found.ca, directory / "ca.crt")
        (directory / "ca.crt").chmod(0o644)
        kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH", "LANG") if key in os.environ}
        self.settings = {"YUNZU_URL": found.url, "YUNZU_CA_FILE": str(directory / "ca.crt")}
        self._environment = kept | self.settings | {"HOME": str(directory)}

    def run(self, *words: object, typed: str = "", **more: str) -> Ended:
        """Run Python there, to its end."""
        done = subprocess.run(
            [*self._user(), sys.executable, *map(str, words)],
            cwd=self.directory,
            env=self._environment | more,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def own(self, name: str) -> Path:
        """A directory there that is nobody's own."""
        made = self.directory / name
        made.mkdir()
        os.chown(made, NOBODY, NOBODY)
        return made

    @contextmanager
    def staying(self, home: Path) -> Iterator["Staying"]:
        """One process there that runs many commands, since each would first import everything."""
        with subprocess.Popen(
            [*self._user(), sys.executable, "-c", _SERVER],
            cwd=home,
            env=self._environment | {"HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield Staying(process)
            assert process.stdin is not None
            process.stdin.close()

    @staticmethod
    def _user() -> list[str]:
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


class Staying:
    """A process elsewhere that runs commands one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, words: list[str], *, typed: str = "", token: str | None = None) -> Ended:
        """Run the command, with a token if one is given."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = [words, typed, {"YUNZU_TOKEN": token}]
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        return Ended(code, out, err)


@contextmanager
def elsewhere_of(command: Command) -> Iterator[Elsewhere]:
    """Skips where nobody else can run the command."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user takes root")
    with tempfile.TemporaryDirectory(prefix="yz-elsewhere-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        made = Elsewhere(command, directory)
        if made.run("-c", "import yunzu_cli.main").code != 0:
            pytest.skip("another user cannot run this interpreter, or not read this code")
        yield made
