"""A real SMTP server on loopback that keeps what it is sent."""

# ruff: noqa: ARG002 - the signatures of the handlers are aiosmtpd's

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr

from tests.support.postgres import certificate, free_port
from yunzu.model.message_channels import MailServer

USER, PASSWORD = "yunzu", "password-of-the-mail-server"


@dataclass
class Sink:
    """What arrived, and what is answered: `None` means that all is well."""

    server: MailServer
    tls: ssl.SSLContext
    implicit: bool = False
    logins: bool = False
    offers_tls: bool = True
    recipient_answer: str | None = None
    data_answer: str | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    farewell: str | None = None

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_answer:
            return self.data_answer
        self.encrypted.append(session.ssl is not None or self.implicit)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self.mails.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=default)))
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return self.farewell or "221 Bye"

    @contextmanager
    def running(self) -> Iterator["Sink"]:
        """The server while the context lasts."""
        controller = _Controller(self)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


class _Controller(Controller):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        super().__init__(
            sink,
            hostname=sink.server.host,
            port=sink.server.port,
            ssl_context=sink.tls if sink.implicit else None,
        )

    def factory(self) -> SMTP:
        sink = self._sink
        return SMTP(
            sink,
            tls_context=sink.tls if sink.offers_tls and not sink.implicit else None,
            require_starttls=sink.offers_tls and not sink.implicit,
            authenticator=_authenticated if sink.logins else None,
            auth_required=sink.logins and not sink.implicit,  # warns where it sees no STARTTLS
            auth_require_tls=not sink.implicit,
        )

    def _trigger_server(self) -> None:
        # Asks whether it listens; its own way of asking needs a certificate of `localhost`.
        server = self._sink.server
        with socket.create_connection((server.host, server.port), 5) as raw:
            if not self._sink.implicit:
                raw.recv(1)
                return
            with ssl.create_default_context(cafile=server.ca).wrap_socket(
                raw, server_hostname=server.host
            ) as tls:
                tls.recv(1)


def _authenticated(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
    return AuthResult(success=given == (USER, PASSWORD), handled=False)


def sink(directory: Path, **options: Any) -> Sink:
    """A server that is not running yet, with a certificate of its own. `options` as in Sink."""
    directory.mkdir(exist_ok=True)
    ca, key = certificate(directory)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(ca, key)
    server = MailServer(
        host="127.0.0.1",
        port=free_port(),
        implicit_tls=options.get("implicit", False),
        user=USER if options.get("logins") else None,
        password=SecretStr(PASSWORD),
        sender="cloud@nantong.example",
        sender_name="云租",
        ca=ca,
    )
    return Sink(server, tls, **options)


@contextmanager
def mute_server(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def take() -> None:
            with suppress(OSError):
                while True:
                    kept.append(listening.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for one in kept:
                one.close()
