"""What stands before every route: small bodies, of JSON; headers; no fault that leaves without a document."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yunzu.errors import UsageError
from yunzu_portal import problems

LARGEST_BODY = 1_000_000
"""Bytes. The largest manifest has a few thousand."""

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
)


_TOO_LARGE = f"takes a body of at most {LARGEST_BODY} bytes"


class Guard:
    """The outermost layer of the application that is ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            await self._answered(scope, receive, sending)
        except Exception:
            if begun:
                raise
            await problems.unforeseen()(scope, receive, sending)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        subject = f"{scope['method']} {scope['path']}"
        has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if has_body and media_type != b"application/json":
            error = UsageError(subject, "takes a body of application/json only")
            await problems.answer(error, 415)(scope, receive, send)
            return
        if int(headers.get(b"content-length", b"0")) > LARGEST_BODY:
            await problems.answer(UsageError(subject, _TOO_LARGE), 413)(scope, receive, send)
            return
        await self._app(scope, _limited(receive), send)


def _limited(receive: Receive) -> Receive:
    """Counts what comes: a body may come in parts, without saying how long it is."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return receiving
