"""The `yunzu` command as people and programs run it: in this process, or as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tests.support.tenants import PLANS
from yunzu_cli.main import app

EXECUTABLE = Path(sys.executable).with_name("yunzu")


@dataclass(frozen=True)
class Ended:
    """What a command left: exit code, and what it wrote where."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; anything beside it is an error."""
        return json.loads(self.out)

    @property
    def items(self) -> list[Any]:
        items = self.document["items"]
        assert isinstance(items, list)
        return items


class Command:
    """Runs `yunzu` on one home and one directory of manifests."""

    def __init__(self, home: Path, tenants: Path, **always: str) -> None:
        self.home, self.tenants, self.always = home, tenants, always

    def environment(self, **changes: str) -> dict[str, str]:
        """The variables of a run: only the ones given here begin with YUNZU_."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("YUNZU_")}
        own = {"YUNZU_HOME": str(self.home), "YUNZU_TENANTS": str(self.tenants), "YUNZU_PLANS": str(PLANS)}
        nobodys = {"XDG_CONFIG_HOME": "/proc/nobodys"}  # no login of whoever runs the tests, and none is kept
        return kept | own | nobodys | {"COLUMNS": "80"} | self.always | changes

    def __call__(self, *arguments: object, typed: str | None = None, **changes: str) -> Ended:
        """Run in this process; `typed` are lines on its stdin."""
        gone: Mapping[str, str | None] = {key: None for key in os.environ if key.startswith("YUNZU_")}
        result = CliRunner().invoke(
            app, [str(one) for one in arguments], typed, env={**gone, **self.environment(**changes)}
        )
        unforeseen = result.exception
        if unforeseen is not None and not isinstance(unforeseen, SystemExit):
            raise unforeseen
        return Ended(result.exit_code, result.stdout, result.stderr)

    def process(self, *arguments: object, cwd: Path | None = None, **changes: str) -> subprocess.Popen[str]:
        """Start it as a process of its own."""
        return subprocess.Popen(
            [str(EXECUTABLE), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=self.environment(**changes),
        )

    def run(self, *arguments: object, cwd: Path | None = None, **changes: str) -> Ended:
        """Run it to its end as a process of its own."""
        with self.process(*arguments, cwd=cwd, **changes) as process:
            out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err)
