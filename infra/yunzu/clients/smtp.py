"""Mail through one SMTP server (RFC 5321), always over TLS with certificate and name checked.

A connection per letter: they are few, and a connection kept open is one more thing that can be dead.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from yunzu import naming
from yunzu.errors import RefusedError, UnreachableError, YunzuError
from yunzu.model.connections import host_and_port
from yunzu.model.letters import Letter
from yunzu.model.message_channels import MailServer
from yunzu.model.text import shortened

_TIMEOUT_S = 20.0  # of each answer
_CLOSING = 421  # RFC 5321 4.2.2: the server is about to end the session, whatever was asked
# RFC 3463 3.2: the address names no mailbox. Other refusals may be a relay's wrong configuration.
_NO_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")


def mail(letter: Letter, server: MailServer) -> EmailMessage:
    """The letter as a mail; the same at each attempt, its Message-ID and Date included.

    Raises RefusedError when the recipient gave no address, ValueError when a header would hold a line end.
    """
    if letter.address is None:
        raise RefusedError(
            f"account {letter.recipient}", "has no mail address", "the message stands in the Atom feed"
        )
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(server.sender_name, addr_spec=server.sender)
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = letter.title
    message["Date"] = letter.created_at
    message["Message-ID"] = naming.mail_message_id(letter.delivery)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    # base64, so that no server on the way has to take eight bits or long lines.
    message.set_content(letter.text, charset="utf-8", cte="base64")
    message["Content-Language"] = letter.language  # last: setting the content clears Content-*
    return message


class MailChannel:
    """Sends letters to the mail addresses of their recipients."""

    def __init__(self, server: MailServer, *, timeout: float = _TIMEOUT_S) -> None:
        self._server = server
        self._timeout = timeout

    def send(self, letter: Letter, now: datetime) -> None:  # noqa: ARG002 - the signature is Channel's
        """Returns when the server has taken the mail. Raises as `Channel.send` does."""
        message = mail(letter, self._server)
        with self._translated(letter), self._session() as session:
            session.send_message(message, self._server.sender, [str(letter.address)])

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        try:
            session = self._connected()
        except smtplib.SMTPResponseException as error:
            raise self._unusable(f"answered {error.smtp_code} when greeted") from error
        try:
            self._log_in(session)
            yield session
            with suppress(smtplib.SMTPException, OSError):
                session.quit()  # the mail is taken; how the farewell goes changes nothing
        finally:
            session.close()

    def _log_in(self, session: smtplib.SMTP) -> None:
        if self._server.user is None:
            return
        try:
            session.login(self._server.user, self._server.password.get_secret_value())
        except smtplib.SMTPResponseException as error:  # its text may repeat what we sent
            raise self._unusable(f"refuses our login (answer {error.smtp_code})") from error
        except UnicodeEncodeError:
            raise self._unusable("takes no login that holds other than ASCII characters") from None

    def _connected(self) -> smtplib.SMTP:
        server, here = self._server, socket.gethostname()
        context = ssl.create_default_context(cafile=None if server.ca is None else str(server.ca))
        if server.implicit_tls:
            return smtplib.SMTP_SSL(server.host, server.port, here, timeout=self._timeout, context=context)
        session = smtplib.SMTP(server.host, server.port, here, timeout=self._timeout)
        try:
            session.starttls(context=context)  # raises where the server does not offer it
        except BaseException:
            session.close()
            raise
        return session

    @contextmanager
    def _translated(self, letter: Letter) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise self._not_taken(code, answer, letter) from error
        except smtplib.SMTPResponseException as error:
            raise self._not_taken(error.smtp_code, error.smtp_error, letter) from error
        except smtplib.SMTPNotSupportedError as error:
            raise self._unusable(f"cannot do what is needed ({shortened(str(error), 200)})") from error
        except ssl.SSLCertVerificationError as error:
            raise self._unusable(f"shows a certificate that is not valid ({error.verify_message})") from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._unusable(f"does not answer ({shortened(str(error), 200)})") from error

    def _not_taken(self, code: int, answer: bytes | str, letter: Letter) -> YunzuError:
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        fact = f"answered {code} {shortened(text, 200)}"
        if code == _CLOSING:
            return self._unusable(fact)
        if text.startswith(_NO_MAILBOX):
            return RefusedError(f"mail address of {letter.recipient}", fact)
        return YunzuError(self._name, fact)

    def _unusable(self, fact: str) -> UnreachableError:
        return UnreachableError(self._name, fact)

    @property
    def _name(self) -> str:
        return f"mail server {host_and_port(self._server.host, self._server.port)}"
