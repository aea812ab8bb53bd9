"""The README's tour: every block after a `<!-- tour … -->` mark is what its commands print.

`python -m tests.support.tour` runs them on the demonstration's centre (`YUNZU_HOME`) and writes the
blocks anew; `head=N` keeps the first N lines of a command's output, `exit=N` expects that exit code,
`static` marks commands that need no centre, which a test compares to the letter.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yunzu.embedded import tools
from yunzu.settings import Settings

REPOSITORY = Path(__file__).parents[2]
README = REPOSITORY / "README.md"
_OWN = r"(?<![a-z0-9])(?:[0-9a-f]{8,64}|e[a-z2-7]{11})(?![a-z0-9])"  # a centre's id, a hash, a uid
_VARYING = (
    (_OWN, "OWN"),
    (r"enters [a-z-]+/[a-z-]+", "enters NEIGHBOUR"),  # a sample of them
    (r"[0-9]+(?:[.:-][0-9]+)*", "N"),
    (r" \(办公时间外, 历时N秒\)", ""),  # said where no office hours were used
    (r" +", " "),
)
_BLOCK = re.compile(r"(<!-- tour(?P<options>[^>]*)-->\n```console\n)(?P<body>.*?)(```\n)", re.S)


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its options, and its commands in order."""

    options: dict[str, str]
    commands: tuple[str, ...]
    body: str


def blocks(text: str) -> list[Block]:
    """The tour's blocks of a page."""
    return [_parsed(match) for match in _BLOCK.finditer(text)]


def _parsed(match: re.Match[str]) -> Block:
    words = [word.partition("=") for word in match["options"].split()]
    commands = tuple(line[2:] for line in match["body"].splitlines() if line.startswith("$ "))
    return Block({key: value for key, _, value in words}, commands, match["body"])


def printed(block: Block) -> str:
    """What the block's commands print now, in the block's form."""
    lines = []
    for command in block.commands:
        lines += [f"$ {command}", *_output(command, block.options)]
    return "".join(f"{line}\n" for line in lines)


def _output(command: str, options: dict[str, str]) -> list[str]:
    kubectl = tools.find("kubectl", Settings()).path.parent
    path = f"{REPOSITORY}/.venv/bin:{kubectl}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "120"}
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    expected = int(options.get("exit", "0"))
    if done.returncode not in (0, expected):
        raise RuntimeError(f"{command}: exit {done.returncode}, expected {expected}\n{done.stdout}")
    lines = [line.rstrip().replace(str(REPOSITORY), ".") for line in done.stdout.splitlines()]
    most = int(options.get("head", "0"))
    return [*lines[:most], "…"] if most and len(lines) > most else lines


def shape(text: str) -> str:
    """What stays of a block on another centre and day: its own names, figures and widths do not."""
    for pattern, mark in _VARYING:
        text = re.sub(pattern, mark, text)
    return text


def rewritten(text: str, render: Callable[[Block], str]) -> str:
    """The page with each block's body made anew."""
    return _BLOCK.sub(lambda match: match[1] + render(_parsed(match)) + match[4], text)


if __name__ == "__main__":
    sys.stderr.write("running the tour's commands\n")
    README.write_text(rewritten(README.read_text("utf-8"), printed), "utf-8")
