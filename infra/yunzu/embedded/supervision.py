"""Keeps the servers running: one `supervisord` per centre, reached over a private unix socket."""

import configparser
import http.client
import io
import subprocess
import sys
import time
import xml.parsers.expat
import xmlrpc.client
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yunzu.embedded import processes
from yunzu.embedded.home import Home, write_if_changed
from yunzu.embedded.processes import Process
from yunzu.embedded.programs import MARK, ServerProgram
from yunzu.errors import UnreachableError, YunzuError

_LOG_BYTES = 20 * 1024**2
_LOG_FILES = 3
_START_SECONDS = 20
# What a supervisor that is not there, or is killed while it answers, looks like.
_SILENT = (
    OSError,
    ValueError,
    http.client.HTTPException,
    xmlrpc.client.ProtocolError,
    xmlrpc.client.ResponseError,
    xml.parsers.expat.ExpatError,
)
RUNNING = ("RUNNING", "STARTING", "BACKOFF")


class Supervisor:
    """The supervisor of one home. Methods that ask it raise UnreachableError when it does not run."""

    def __init__(self, home: Home, centre: str) -> None:
        self._home = home
        self._socket = home.sockets(centre) / "supervisor.sock"
        self._config = home.config / "supervisord.conf"
        self._pidfile = home.run / "supervisord.pid"

    def configure(self, programs: Sequence[ServerProgram]) -> None:
        """Write its configuration (0600: environments may hold a server's root credentials)."""
        write_if_changed(self._config, _rendered(self._home, self._socket, self._pidfile, programs))

    def process(self) -> Process | None:
        """The running supervisor itself."""
        try:
            pid = int(self._pidfile.read_text())
        except (OSError, ValueError):
            return None
        process = processes.found(pid)
        if process and process in processes.marked(MARK, str(self._home.root)):
            return process
        return None

    def start(self) -> None:
        """Start it as a daemon. Raises YunzuError."""
        self._socket.unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)]
        environment = processes.CLEAN_ENVIRONMENT | {MARK: str(self._home.root)}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=_START_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise YunzuError("supervisor", f"did not start ({error})") from error
        if done.returncode != 0:
            fact = f"did not start: {done.stderr.strip()[-300:]}"
            raise YunzuError("supervisor", fact, f"see {self.log()}")
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise YunzuError("supervisor", "does not answer", f"see {self.log()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            self._call("getState")
        except UnreachableError:
            return False
        return True

    def reload(self, programs: Sequence[ServerProgram]) -> None:
        """Take over the configuration: servers whose generation changed are stopped and given anew.

        Those that ask a stopped one are stopped before it: kube-apiserver and etcd wait for their
        clients to go, for as long as they are allowed to.
        """
        added, changed, removed = self._call("reloadConfig")[0]
        stopping = _with_dependents({*changed, *removed}, programs)
        order = [program.name for program in reversed(programs)]
        for name in [*(name for name in order if name in stopping - {*added}), *removed]:
            self._call("stopProcessGroup", name, True)
        for name in [*changed, *removed]:
            self._call("removeProcessGroup", name)
        for name in [*added, *changed]:
            self._call("addProcessGroup", name)

    def start_server(self, name: str) -> None:
        """Ask for a server to be started; returns before it is ready."""
        if self.state(name) not in RUNNING:
            self._call("startProcess", name, False)

    def state(self, name: str) -> str:
        """RUNNING, STARTING, BACKOFF (ends at once, again and again), STOPPED …; empty: not known to it."""
        return str(self.states().get(name, {}).get("statename", ""))

    def states(self) -> dict[str, dict[str, Any]]:
        """By server: what supervisor knows (statename, pid, start, spawnerr …)."""
        return {info["name"]: info for info in self._call("getAllProcessInfo")}

    def shut_down(self, *, timeout: float) -> None:
        """Stop every server, then itself. Raises YunzuError when that takes longer than `timeout` seconds."""
        process = self.process()
        self._call("shutdown")
        deadline = time.monotonic() + timeout
        while process and processes.found(process.pid) == process:
            if time.monotonic() > deadline:
                raise YunzuError("supervisor", f"has not stopped after {timeout:.0f} s", f"see {self.log()}")
            time.sleep(0.05)

    def log(self, name: str = "supervisord") -> Path:
        """Where a server's output goes, its own by default; rotated."""
        return self._home.logs / f"{name}.log"

    def _call(self, method: str, *arguments: object) -> Any:
        from supervisor.xmlrpc import SupervisorTransport

        transport: Any = SupervisorTransport(None, None, f"unix://{self._socket}")  # type: ignore[no-untyped-call]
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            fact = f"refuses {method} ({fault.faultString})"
            raise YunzuError("supervisor", fact, f"see {self.log()}") from fault
        except _SILENT as error:
            raise UnreachableError("supervisor", "is not running", "run yunzu up") from error
        finally:
            transport.close()


def _with_dependents(names: set[str], programs: Sequence[ServerProgram]) -> set[str]:
    """Those servers and all that start after them; `programs` are in the order of starting."""
    found = set(names)
    for program in programs:
        if found.intersection(program.after):
            found.add(program.name)
    return found


def _rendered(home: Home, socket: Path, pidfile: Path, programs: Sequence[ServerProgram]) -> str:
    config = configparser.RawConfigParser()
    config["unix_http_server"] = {"file": _checked(socket), "chmod": "0700"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    config["supervisord"] = {
        "logfile": _checked(home.logs / "supervisord.log"),
        "logfile_maxbytes": str(_LOG_BYTES),
        "logfile_backups": str(_LOG_FILES),
        "pidfile": _checked(pidfile),
        "directory": _checked(home.root),
        "umask": "077",
        "minfds": "8192",
    }
    for order, program in enumerate(programs, start=1):
        config[f"program:{program.name}"] = _section(home, program) | {"priority": str(order)}
    text = io.StringIO()
    config.write(text)
    return text.getvalue()


def _section(home: Home, program: ServerProgram) -> dict[str, str]:
    environment = {**program.environment, "YUNZU_GENERATION": program.generation()}
    return {
        "command": " ".join(_quoted(word) for word in program.command),
        "environment": ",".join(f"{key}={_quoted(value)}" for key, value in environment.items()),
        "directory": _checked(home.root),
        "umask": "077",
        "autostart": "false",  # `up` starts them in their order
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "1000",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "redirect_stderr": "true",
        "stdout_logfile": _checked(home.logs / f"{program.name}.log"),
        "stdout_logfile_maxbytes": str(_LOG_BYTES),
        "stdout_logfile_backups": str(_LOG_FILES),
    }


def _checked(value: object) -> str:
    """The text as it can stand in supervisor's configuration, which cuts comments and expands `%`.

    Raises YunzuError for the few paths that cannot be written there.
    """
    text = str(value)
    if not text.isprintable() or any(mark in text for mark in ('"', "\\", "%", " ;", " #")):
        raise YunzuError(f"path {text!r}", "holds characters that the supervisor cannot take", "rename it")
    return text


def _quoted(word: str) -> str:
    """One word, however many spaces it has."""
    return f'"{_checked(word)}"'
