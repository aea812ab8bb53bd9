"""A tiny Go tool, pinned like the real ones, so that tests build in a second through the same code."""

import uuid
from pathlib import Path

from yunzu.embedded.tool_catalogue import Catalogue, ToolSpec

VERSION = "1.2.3"
GREETER = ToolSpec("greeter", "greeter", "example.test/greeter", "hello", "least")

_GO_MOD = f"""module yunzu/tools/greeter

go 1.26.0

tool example.test/greeter/cmd/hello

require example.test/greeter v{VERSION}

replace example.test/greeter => ./source
"""


def lay_out(tools: Path) -> Catalogue:
    """A tools directory with the greeter and the two modules that the version stamps are read from."""
    files = {
        "greeter/go.mod": _GO_MOD,
        "greeter/source/go.mod": "module example.test/greeter\n\ngo 1.26.0\n",
        "greeter/source/words/words.go": words("hello"),
        "greeter/source/cmd/hello/main.go": (
            'package main\n\nimport "example.test/greeter/words"\n\nfunc main() { println(words.Greeting) }\n'
        ),
        "kubernetes/go.mod": "module k\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v1.37.2\n",
        "pulumi/go.mod": "module p\n\ngo 1.26.0\n\nrequire github.com/pulumi/pulumi/pkg/v3 v3.259.0\n",
    }
    for name, content in files.items():
        path = tools / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Catalogue(tools, (GREETER,))


def words(greeting: str) -> str:
    """Source that Go has never seen, so that its own cache cannot hold the package already."""
    return f'package words\n\nconst Greeting = "{greeting}"\n\nconst Mark = "{uuid.uuid4()}"\n'


def script(path: Path, body: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
