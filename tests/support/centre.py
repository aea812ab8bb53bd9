"""Embedded centres for tests: one shared by the whole run, and private ones in their own homes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yunzu.embedded import bootstrap
from yunzu.settings import Settings


def quiet(step: str, state: str, detail: str = "") -> None:
    """A progress callback that says nothing."""


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A private home with a short path; whatever still runs in it is ended, and it is removed."""
    home = Path(tempfile.mkdtemp(prefix="yz-test-"))
    try:
        yield home
    finally:
        bootstrap.down(Settings(home=home), progress=quiet)
        shutil.rmtree(home)


@contextmanager
def shared_home() -> Iterator[Path]:
    """The home named by YUNZU_TEST_HOME, left running; else a temporary one."""
    given = os.environ.get("YUNZU_TEST_HOME")
    if given:
        yield Path(given)
        return
    with temporary_home() as home:
        yield home
