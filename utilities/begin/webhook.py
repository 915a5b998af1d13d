"""Webhook: a run for each request to an address that nobody else has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import parse_qsl

from pydantic import AwareDatetime, Field, model_validator

from appmixer.engine.contract import (
    Fields,
    Hook,
    JsonObject,
    RejectedError,
    Response,
    Trigger,
    TriggerContext,
)

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
FORM = "application/x-www-form-urlencoded"
MAX_FORM_FIELDS = 1000
# They speak for whoever sends, and a run's record is no place for that.
KEPT_BACK = ("authorization", "cookie", "proxy-authorization")


class Webhook(Trigger):
    """Signatures are HMACs of the body: https://www.rfc-editor.org/rfc/rfc2104"""

    label = "Webhook"
    description = "Starts a run for every request to a secret address of its own."
    group = "Begin"
    keywords = ("HTTP", "Hook", "Callback", "Request", "Catch", "Receive", "API", "Get", "Post")
    effect = "read"
    port = "request"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "request": {
            "method": "POST",
            "query": {},
            "headers": {"content-type": "application/json"},
            "contentType": "application/json",
            "body": {"orderId": 4711},
            "receivedAt": "2026-09-21T14:13:20Z",
        }
    }

    class Input(Fields):
        methods: list[Method] = Field(
            default_factory=list[Method],
            max_length=7,
            title="Methods",
            description="The methods that it takes; every one if none is chosen.",
            examples=[["POST"]],
        )
        body: Literal["auto", "json", "form", "raw"] = Field(
            default="auto",
            title="Body",
            description="How the body is read: by its content type, as JSON, as the fields of a"
            " form, or as it is.",
            examples=["json"],
            json_schema_extra={"x-widget": "select"},
        )
        answers: Literal["atOnce", "withRespond"] = Field(
            default="atOnce",
            title="Answer",
            description="At once, as soon as the run is stored, or with what a step Respond gives.",
            examples=["withRespond"],
            json_schema_extra={"x-widget": "select"},
        )
        status: int = Field(
            default=202,
            ge=200,
            le=599,
            title="Status at Once",
            description="The status of the answer that is given at once.",
            examples=[200],
            json_schema_extra={"x-when": {"answers": ["atOnce"]}},
        )
        text: str = Field(
            default="",
            max_length=10_000,
            title="Text at Once",
            description="The text of the answer that is given at once.",
            examples=["Thank you"],
            json_schema_extra={"x-when": {"answers": ["atOnce"]}},
        )
        within_s: float = Field(
            default=30.0,
            gt=0,
            le=600,
            title="Within Seconds",
            description="How long whoever asks waits for Respond.",
            examples=[10],
            json_schema_extra={"x-when": {"answers": ["withRespond"]}},
        )
        secret: str | None = Field(
            default=None,
            min_length=8,
            max_length=500,
            title="Signature Secret",
            description="What requests are signed with; those without a right signature are"
            " refused. Left out, nothing has to be signed.",
            examples=["my-own-secret"],
            json_schema_extra={"writeOnly": True, "x-widget": "password"},
        )
        signature_header: str = Field(
            default="x-hub-signature-256",
            pattern=r"^[A-Za-z0-9-]{1,100}$",
            title="Signature Header",
            description="The header that holds the signature; a prefix such as sha256= may stand"
            " before it.",
            examples=["x-signature"],
            json_schema_extra={"x-hint": "the name of a header"},
        )
        algorithm: Literal["sha256", "sha512", "sha1"] = Field(
            default="sha256",
            title="Signature Algorithm",
            description="The hash function of the HMAC; the signature is in hex or Base64.",
            examples=["sha256"],
            json_schema_extra={"x-widget": "select"},
        )

        @model_validator(mode="after")
        def _has_methods_once(self) -> Self:
            if len({*self.methods}) < len(self.methods):
                raise ValueError("a method is there twice")
            return self

    class Output(Fields):
        method: str = Field(
            default="POST", title="Method", description="In capital letters.", examples=["POST"]
        )
        query: dict[str, Any] = Field(
            default_factory=dict[str, Any],
            title="Query",
            description="The fields behind the address's question mark; one that is there several"
            " times is a list.",
            examples=[{"page": "2"}],
        )
        headers: dict[str, str] = Field(
            default_factory=dict[str, str],
            title="Headers",
            description="By names in small letters, without those that speak for the sender.",
            examples=[{"content-type": "application/json"}],
        )
        content_type: str = Field(
            default="",
            title="Content Type",
            description="Of the body, without parameters.",
            examples=["application/json"],
        )
        body: Any = Field(
            default=None,
            title="Body",
            description="What JSON gives, the fields of a form, or the text.",
            examples=[{"orderId": 4711}],
        )
        body_base64: str | None = Field(
            default=None,
            title="Body in Base64",
            description="The body where it is no text; body is empty then.",
            examples=["AAEC"],
        )
        received_at: AwareDatetime | None = Field(
            default=None,
            title="Received At",
            description="When the request came; empty in a run that a person has begun.",
            examples=["2026-09-21T14:13:20Z"],
        )

    async def start(self, context: TriggerContext) -> None:
        given: Webhook.Input = context.properties
        answer = Response(given.status, given.text.encode())
        within_s = given.within_s if given.answers == "withRespond" else None
        await context.open_hook(Hook("", tuple(given.methods), answer, within_s))

    async def stop(self, context: TriggerContext) -> None:
        await context.close_hook()

    async def receive(self, context: TriggerContext, event: Mapping[str, Any]) -> Output:
        given: Webhook.Input = context.properties
        headers: Mapping[str, str] = event["headers"]
        content = _content(event)
        if given.secret is not None:
            _check_signature(given, given.secret, headers, content)
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        body, in_base64 = _read(content, given.body, content_type)
        return self.Output(
            method=event["method"],
            query=dict(event["query"]),
            headers={name: each for name, each in headers.items() if name not in KEPT_BACK},
            content_type=content_type,
            body=body,
            body_base64=in_base64,
            received_at=event["receivedAt"],
        )


def _content(event: Mapping[str, Any]) -> bytes:
    if "bodyBase64" in event:
        return base64.b64decode(event["bodyBase64"])
    text: str = event["body"]
    return text.encode()


def _check_signature(
    given: Webhook.Input, secret: str, headers: Mapping[str, str], content: bytes
) -> None:
    """Raise RejectedError unless the request is signed with the secret."""
    name = given.signature_header.lower()
    signature = headers.get(name, "").strip().removeprefix(f"{given.algorithm}=")
    own = hmac.new(secret.encode(), content, getattr(hashlib, given.algorithm)).digest()
    written = (own.hex(), base64.b64encode(own).decode())
    shown = signature.lower() if len(signature) == len(own.hex()) else signature
    if not any([hmac.compare_digest(each.encode(), shown.encode()) for each in written]):
        raise RejectedError(
            "The request is not signed",
            f"The header {name} has no HMAC of the body with the secret, or another one."
            if signature
            else f"It has no header {name}.",
            f"Sign the bytes of the body with the secret and {given.algorithm}.",
            name,
        )


def _read(content: bytes, how: str, content_type: str) -> tuple[Any, str | None]:
    """Return what the body says, or else the body in Base64; raise RejectedError."""
    is_json = content_type == "application/json" or content_type.endswith("+json")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        if how in ("json", "form"):
            raise _unreadable(how, "It is no text in UTF-8.") from None
        return None, base64.b64encode(content).decode()
    if how == "json" or (how == "auto" and is_json and text.strip()):
        return _json(text), None
    if how == "form" or (how == "auto" and content_type == FORM):
        return _form(text), None
    return text, None


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_number, parse_float=_number)
        if r"\ud" in text.lower():  # half a character may be written so, and nobody can keep one
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _unreadable("json", "It has half a character, as of a smiley that was cut.") from None
    except (ValueError, RecursionError) as error:
        raise _unreadable("json", f"It cannot be read: {error}.") from None
    return value


def _number(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written[:20]} is no number that can be kept")
    return number


def _form(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise _unreadable("form", f"It has more than {MAX_FORM_FIELDS:,} fields.") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        present = fields.get(name)
        if name not in fields:
            fields[name] = value
        else:
            fields[name] = [*(present if isinstance(present, list) else [present]), value]
    return fields


def _unreadable(how: str, cause: str) -> RejectedError:
    kind = {"json": "JSON", "form": "a form"}[how]
    return RejectedError(f"The body is not {kind}", cause, "Correct it and send it again.", "body")
