"""Ports of the embedded servers: chosen once, kept for the centre's life.

They stand in the Secrets handed to tenants, so a busy kept port is an error and not a reason to
move. Chosen below Linux's default ephemeral range (from 32768), where an outgoing connection of any
program could take one while the centre is down.
"""

import random
import socket
import time

from yunzu.errors import YunzuError

_FIRST, _LAST = 16384, 29999
_ATTEMPTS = 200


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def choose(address: str, names: list[str], kept: dict[str, int]) -> dict[str, int]:
    """`kept` and a free port for each other name. Raises YunzuError when the address cannot be used."""
    chosen = dict(kept)
    source = random.SystemRandom()
    for name in names:
        if name in chosen:
            continue
        for _ in range(_ATTEMPTS):
            port = source.randint(_FIRST, _LAST)
            if port not in chosen.values() and is_free(address, port):
                chosen[name] = port
                break
        else:
            raise YunzuError(
                f"address {address}",
                f"no port between {_FIRST} and {_LAST} can be listened on",
                "set YUNZU_SERVICE_ADDRESS to an address of this machine",
            )
    return chosen


def busy(address: str, ports: dict[str, int]) -> dict[str, int]:
    """Those of the ports that something listens on."""
    return {name: port for name, port in ports.items() if not is_free(address, port)}


def still_busy(address: str, ports: dict[str, int], *, patience: float) -> dict[str, int]:
    """Those that something listens on for longer than `patience` seconds.

    A killed server keeps its port for some milliseconds after /proc tells nothing about it any more.
    """
    deadline = time.monotonic() + patience
    while (taken := busy(address, ports)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return taken
