"""Our providers as Pulumi plugins: `pulumi-resource-kubernetes` and `pulumi-resource-yunzu`.

A plain Pulumi finds them on PATH, starts one process for each, reads the port from its output and ends
it with the run. The centre is the one of `YUNZU_HOME` and `yunzu.toml`, as for the command in the
directory of Pulumi.yaml. A preview needs nothing more. A run that changes something needs the stack's
current token in `PULUMI_BACKEND_URL` (`postgres://…?yunzu.fence=17`), which the plugin inherits: without
it the fence refuses the state's writes, and the plugin refuses the side effects with a sentence.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from yunzu.clients.ownership import Intents
from yunzu.errors import RefusedError, YunzuError
from yunzu.providers.serving import serve
from yunzu.records import environments as registry
from yunzu.records.database import Records
from yunzu.records.fencing import Guest
from yunzu.settings import Settings
from yunzu_stacks.centre import opened
from yunzu_stacks.plain import enter_project
from yunzu_stacks.stacks import providers

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 1.0  # for the signal that ends it


class _WithoutToken:
    """Side effects of a run that presented no token: none."""

    def intend(self, kind: str, name: str) -> None:
        raise RefusedError(
            f"{kind} {name}",
            "this run has no token of the fence in PULUMI_BACKEND_URL",
            "use `yunzu env apply`; a preview needs no token",
        )

    def intended(self, kind: str, name: str) -> bool:  # noqa: ARG002 - the protocol's signature
        return False


def kubernetes() -> None:
    """The plugin `kubernetes`, until Pulumi ends it."""
    sys.exit(_plugin("kubernetes"))


def yunzu() -> None:
    """The plugin `yunzu`, until Pulumi ends it."""
    sys.exit(_plugin("yunzu"))


def fence_token(backend_url: str) -> int | None:
    """The token in a backend's URL, None when there is none."""
    values = parse_qs(urlsplit(backend_url).query).get("yunzu.fence", [])
    return int(values[-1]) if values and values[-1].isdecimal() else None


def _plugin(package: str) -> int:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    enter_project()
    try:
        return _serve(package)
    except YunzuError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code


def _serve(package: str) -> int:
    token = fence_token(os.environ.get("PULUMI_BACKEND_URL", ""))
    with opened(Settings()) as centre:
        both = providers(
            centre.connections,
            cluster=centre.cluster,
            pools=centre.pools,
            object_store=centre.object_store,
            effects=lambda stack: _effects(centre.records, stack, token),
            environment_of=lambda stack: registry.uid_of_stack(centre.records, stack),
        )
        provider = next(one for one in both if one.package == package)
        with serve([provider]) as address, suppress(KeyboardInterrupt):
            if len(sys.argv) > 1:
                provider.log.attach(sys.argv[1])  # Pulumi gives the engine's address
            sys.stdout.write(address.rpartition(":")[2] + "\n")
            sys.stdout.flush()
            while True:  # a signal that comes just before a wait would not end it
                time.sleep(_LOOK_EVERY_S)
    return 0


def _effects(records: Records, stack: str, token: int | None) -> Intents:
    return _WithoutToken() if token is None else Guest(records, stack, token)
