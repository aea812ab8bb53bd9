"""A real HTTPS server on loopback that keeps what is posted to it, and checks signatures its own way."""

import base64
import hashlib
import hmac
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from tests.support.postgres import certificate, free_port
from yunzu.model.message_channels import Webhook

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
PATH = "/hooks/key-in-the-path-7f3a"


@dataclass
class Posted:
    """One request: headers in lower case, and the body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_genuine(self, key: bytes = KEY) -> bool:
        """As a receiver verifies it, from the text of the specification."""
        signed = b".".join([self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body])
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{mac}" in self.headers["webhook-signature"].split(" ")


@dataclass
class HookSink:
    """What arrived; `status` and `headers` are answered."""

    target: Webhook
    port: int
    tls: ssl.SSLContext
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["HookSink"]:
        """The server while the context lasts."""
        handler = type("Handler", (_Handler,), {"sink": self})
        with _Server(("127.0.0.1", self.port), handler) as server:
            server.socket = self.tls.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust us ends the handshake; nothing to say about it."""


class _Handler(BaseHTTPRequestHandler):
    sink: HookSink
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.sink.posted.append(Posted(self.path, headers, body))
        self.send_response(self.sink.status)
        for name, value in self.sink.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.sink.posted.append(Posted(self.path, {}, b"GET"))
        self.send_error(405)

    def log_message(self, *_: object) -> None:
        pass


def hook_sink(directory: Path, **options: Any) -> HookSink:
    """A server that is not running yet, with a certificate of its own."""
    directory.mkdir(exist_ok=True)
    ca, key = certificate(directory)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(ca, key)
    port = free_port()
    url = SecretStr(f"https://127.0.0.1:{port}{PATH}")
    return HookSink(Webhook(url=url, secret=SecretStr(SECRET), ca=ca), port, tls, **options)
