"""One `up` in a process of its own: python -m tests.support.engine_run FILE

FILE is JSON: connections, stack, uid, things (directory), names, value, watch_s. Writes FILE.result: the
changes, or the name and text of the error.
"""

import json
import sys
from pathlib import Path

from pydantic import SecretStr

from tests.support.engine import Things, program
from yunzu.errors import YunzuError
from yunzu.model.connections import Connections
from yunzu.records.database import Records
from yunzu.records.fencing import hold
from yunzu_stacks import running
from yunzu_stacks.engine import Engine
from yunzu_stacks.state import Stack


def main(file: Path) -> None:
    given = json.loads(file.read_text())
    running._WATCH_S = given["watch_s"]
    connections = Connections.model_validate(given["connections"])
    password = SecretStr(given["password"])
    records_address = connections.records.model_copy(update={"password": password})
    key = SecretStr(given["identity_key"])
    connections = connections.model_copy(update={"records": records_address, "identity_key": key})
    stack = Stack(given["stack"], given["uid"])
    try:
        with Records(connections.records) as records, hold(records, stack.name) as writer:
            things = Things(Path(given["things"]), writer)
            engine = Engine(connections, records, providers=[things])
            changes = engine.up(stack, program(*given["names"], value=given["value"]), writer=writer)
        result = {"changes": changes.as_json()}
    except YunzuError as error:
        result = {"error": type(error).__name__, "text": str(error)}
    Path(f"{file}.result").write_text(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
