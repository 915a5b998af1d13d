"""HTTP Request: calls any address of the internet, and gives back what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, cast

import httpx
from pydantic import Field

from appmixer.engine.contract import (
    Account,
    Action,
    ActionContext,
    AuthorizationError,
    ComponentContext,
    Fields,
    Json,
    JsonObject,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)

from .answers import MB, read_content, told
from .api_keys import Key
from .calls import Call, answered, prepare
from .request_input import RequestInput

# https://www.rfc-editor.org/rfc/rfc9110#name-status-codes and RFC 6585
LATER = (408, 425, 429, 500, 502, 503, 504)
# A gateway, or Cloudflare's (520 to 524), does not know what became of what it has passed on.
UNCERTAIN = (502, 504, 520, 521, 522, 523, 524)
AGAIN_S, LONGEST_AGAIN_S = 5.0, 3600.0
# As long as a crash may lie back after which the step is taken up again.
REMEMBERED_S = 40 * 24 * 3600.0


class Answer(Fields):
    status: int = Field(description="The status, such as 200.", examples=[200])
    headers: dict[str, str] = Field(
        description="What the answer says of itself; the names are in lower case.",
        examples=[{"content-type": "application/json"}],
    )
    body: Any = Field(
        default=None,
        description="What was answered; nothing where it is a file.",
        examples=[{"id": 17, "status": "open"}],
    )
    file_id: str | None = Field(
        default=None, description="The file that was kept, if one was.", examples=["file-1"]
    )
    file_name: str | None = Field(
        default=None, description="The file's name.", examples=["invoice.pdf"]
    )
    media_type: str = Field(
        default="", description="The type of the answer.", examples=["application/json"]
    )
    size_bytes: int = Field(default=0, description="How long the answer is.", examples=[27])
    url: str = Field(
        description="Where it came from in the end, after redirects.",
        examples=["https://api.example.com/orders/17"],
    )


class HttpRequest(Action):
    """https://www.rfc-editor.org/rfc/rfc9110"""

    label = "HTTP Request"
    description = "Calls any address of the internet, and gives back what it answers."
    group = "Reach out"
    keywords = (
        *("Get", "Post", "Put", "Patch", "Delete", "Fetch", "Request", "API", "REST", "Webhook"),
        *("URL", "Call", "curl", "Download"),
    )
    account = "optional"
    effect = "write"
    Input = RequestInput
    Output = Answer
    port = "response"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "json": {
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body": {"id": 17, "status": "open"},
            "fileId": None,
            "fileName": None,
            "mediaType": "application/json",
            "sizeBytes": 27,
            "url": "https://api.example.com/orders/17",
        },
        "file": {
            "status": 200,
            "headers": {"content-type": "application/pdf"},
            "body": None,
            "fileId": "file-1",
            "fileName": "invoice.pdf",
            "mediaType": "application/pdf",
            "sizeBytes": 48211,
            "url": "https://api.example.com/invoices/17.pdf",
        },
    }

    async def receive(self, context: ActionContext, input: RequestInput) -> Answer:
        account = _chosen(context)
        key = await Key.of(account) if account else None
        call = await prepare(context, input, key)
        sent = _Sent(context, call)
        await sent.check_earlier()
        try:
            async with asyncio.timeout(input.timeout_s):
                async with answered(context, call, input.timeout_s, sent.begin) as (response, last):
                    await _judge(response, call, input, account, sent)
                    content = await read_content(
                        context, response, input.read_as, input.max_size_mb * MB
                    )
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError):
            raise RejectedError(
                "The URL cannot be called", f"{call.url.host} is no host.", "Correct it.", "url"
            ) from None
        except (httpx.TransportError, TimeoutError) as failure:
            raise sent.broken(failure) from None
        hide = key.hide if key else _as_it_is
        return Answer(
            status=response.status_code,
            headers=cast("dict[str, str]", hide(_headers(response))),
            body=await asyncio.to_thread(hide, content.body),
            file_id=content.file.id if content.file else None,
            file_name=content.file.name if content.file else None,
            media_type=content.media_type,
            size_bytes=content.size_bytes,
            url=str(hide(str(last.url))),
        )


class _Sent:
    """What is known of the request's way: whether it has left, now or in an earlier attempt."""

    def __init__(self, context: ActionContext, call: Call) -> None:
        self._context, self._call = context, call
        self._key = f"http:{context.step_id}"
        self._has_begun = False

    async def check_earlier(self) -> None:
        """Raise OutcomeUnknownError if a request that must not be repeated may have left before."""
        if self._call.is_repeatable or not self._context.may_have_acted:
            return
        earlier = (await self._context.store.get([self._key])).get(self._key)
        if earlier is not None and not self._context.has_not_acted(str(earlier)):
            raise _unknown("The engine was stopped while it waited for the answer.")

    async def begin(self) -> None:
        """Note durably that the request leaves now, once for all redirects."""
        if self._call.is_repeatable:
            return
        if not self._has_begun:
            self._has_begun = True
            entry = {self._key: self._context.attempt}
            await self._context.store.put(entry, expires_in_s=REMEMBERED_S)
        self._context.acts_now()

    async def refused(self) -> None:
        """Forget it: it certainly had no effect, and may be tried again."""
        if self._has_begun:
            await self._context.store.delete([self._key])

    def broken(self, failure: Exception) -> Exception:
        """Return what a lost connection, or time that is over, makes of the step."""
        host = self._call.url.host
        took_long = isinstance(failure, TimeoutError | httpx.TimeoutException)
        cause = (
            f"{host} did not answer in time."
            if took_long
            else f"The connection to {host} failed ({type(failure).__name__})."
        )
        if self._has_begun:
            return _unknown(cause)
        return ThrottledError(
            "The address does not answer",
            cause,
            "It is tried again by itself. If it goes on, check the URL, or allow more time.",
            "url",
            retry_after_s=AGAIN_S,
        )


def _unknown(cause: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "Nobody knows whether the request had its effect",
        f"{cause} It had left before.",
        "Look at the service whether it happened before you run it again.",
    )


def _chosen(context: ComponentContext) -> Account | None:
    try:
        return context.account
    except RejectedError:  # raised if, and only if, none is chosen: then it goes without a key
        return None


async def _judge(
    response: httpx.Response,
    call: Call,
    input: RequestInput,
    account: Account | None,
    sent: _Sent,
) -> None:
    """Raise what an answer of 400 or more means, unless it is to be passed on."""
    status = response.status_code
    if status < 400 or input.passes_every_status:
        return
    if status in UNCERTAIN and not call.is_repeatable:
        raise _unknown(f"{call.url.host} answered {status}.")
    words = await told(response)
    if call.key:
        words = str(call.key.hide(words))
    await sent.refused()
    cause = f"{call.url.host} answered {status}{f': {words}' if words else ''}."
    if status == 401 and account is not None:
        raise AuthorizationError(
            "The service does not accept the key",
            cause,
            f"Connect {account.name} again with a key that is valid.",
            code=status,
        )
    if status == 429 or (status in LATER and call.is_repeatable):
        raise ThrottledError(
            "The service wants to be asked later",
            cause,
            "It is tried again by itself.",
            code=status,
            retry_after_s=_retry_after_s(response),
        )
    raise RejectedError(
        "The service refuses the request",
        cause,
        "Correct the request; to go on with such answers, turn on Pass On Refusals.",
        code=status,
    )


def _retry_after_s(response: httpx.Response) -> float:
    # https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    asked = response.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(max(float(asked[:9]), 1.0), LONGEST_AGAIN_S)
    try:
        moment = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return AGAIN_S
    now = datetime.now(UTC)
    wait_s = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(wait_s.total_seconds(), 1.0), LONGEST_AGAIN_S)


def _headers(response: httpx.Response) -> dict[str, Json]:
    return {name.lower(): value for name, value in response.headers.items()}


def _as_it_is(value: Json) -> Json:
    return value
