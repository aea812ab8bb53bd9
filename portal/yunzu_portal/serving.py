"""The API over TLS, until it is told to stop."""

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

_KEEP_ALIVE_S = 75
_STOP_S = 5  # for what is under way; an idle client may hold its connection open as long
_MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Door:
    """Where it listens, and the certificate that it shows."""

    address: str
    port: int
    certificate: Path
    key: Path


def server(app: FastAPI, door: Door) -> uvicorn.Server:
    """A server of HTTP/1.1 over TLS 1.2 or newer. Its `run` returns after SIGTERM, or with `should_exit`."""
    config = uvicorn.Config(
        app,
        host=door.address,
        port=door.port,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        log_config=None,
        ssl_certfile=door.certificate,
        ssl_keyfile=door.key,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
        limit_concurrency=_MOST_AT_ONCE,
    )
    config.load()
    assert config.ssl is not None  # noqa: S101 - a certificate was given
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return uvicorn.Server(config)


def log_to_stderr() -> None:
    """Access and faults, a line each, of when and what; no header, so no token."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
