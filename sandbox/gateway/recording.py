"""Writing down what goes over the wire while it goes: the body of a call and of its answer."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Message, Receive

from ..world.call_log import Body


def recorded(receive: Receive, body: Body) -> Receive:
    """The same stream, written down on its way."""

    async def recording() -> Message:
        message = await receive()
        part = message.get("body")
        if part:
            body.add(part)
        return message

    return recording


def body_of(answer: Response) -> Body:
    """The body of an answer; one that is streamed is only told by its length."""
    body = Body(answer.headers.get("content-type", ""))
    content = getattr(answer, "body", None)
    if isinstance(content, bytes):
        body.add(content)
    else:
        length = answer.headers.get("content-length", "0")
        body.size = int(length) if length.isdecimal() else 0
    return body
