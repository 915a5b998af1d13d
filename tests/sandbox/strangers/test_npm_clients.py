"""Public clients in JavaScript work against the sandbox over real HTTP, unmodified."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import anyio
import httpx
import pytest

from appmixer.sandbox.protocol.shapes import is_array, is_object
from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

from ...packages import NPM, npm_packages

pytestmark = pytest.mark.anyio

DEADLINE_S = 300.0
PNG = "89504e470d0a1a0a0000"

SENDS = {
    "kapso": (
        "text, quote, text to a user id, image by id, image, video, audio, document, sticker, "
        "location, contacts, reaction, buttons, list, product, products, flow, address, link, "
        "carousel of links, carousel of replies, catalog, raw, template, template with buttons, "
        "template with names, template with an image"
    ),
    "whatsapp_api_js": (
        "text, image by id, image, video, audio, document, sticker, location, contacts, reaction, "
        "reaction taken back, buttons, buttons under an image, list, link, catalog, product, "
        "products, flow, location request, call permission, contact request, template "
        "hello_world, template with buttons, template with names, template with an image, "
        "template with money and date, template with a code, template with a flow, template "
        "with a catalog, template with products, template that ends, template carousel, quote, "
        "text to a user id"
    ),
}


@pytest.fixture(scope="session")
def packages() -> None:
    """The clients, exactly as the lock file names them; installed once a checkout."""
    npm_packages()


async def _run(script: str, sandbox: RunningSandbox) -> Any:
    settings = {
        "SANDBOX": sandbox.url,
        "TOKEN": seed.SYSTEM_USER_TOKEN,
        "SECRET": seed.APP_SECRET,
        "VERIFY": seed.VERIFY_TOKEN,
        "WABA": seed.WABA_ID,
        "NUMBER": seed.PHONE_NUMBER_ID,
        "PERSON": seed.PERSON,
        "USER_ID": seed.PERSON_BSUID,
    }
    with anyio.fail_after(DEADLINE_S):
        ended = await anyio.run_process(
            ["node", f"{script}.js"], cwd=NPM, env={**os.environ, **settings}, check=False
        )
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout)


def _snake(value: Any) -> Any:
    """Meta's spelling of what a client gave in its own."""
    if is_object(value):
        return {
            re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", key): _snake(part)
            for key, part in value.items()
        }
    if is_array(value):
        return [_snake(part) for part in value]
    return value


def _spoken(message: Any) -> Any:
    """The part of an inbound message that its writer gave."""
    part: object = message[message["type"]]
    if is_object(part) and message["type"] in ("image", "audio", "video", "document", "sticker"):
        added = {"id", "url", "mime_type", "sha256", "animated"}
        return {key: value for key, value in part.items() if key not in added}
    return part


@pytest.mark.usefixtures("packages", "sender")
@pytest.mark.parametrize("client", SENDS)
async def test_it_sends_hears_and_moves_media(
    client: str, sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    report = await _run(client, sandbox)

    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    got = {message["id"]: message for message in phone}
    requests = {name: _whole(request) for name, request in report["requests"].items()}
    heard, media = _snake(report["heard"]), _snake(report["media"])
    assert list(requests) == SENDS[client].split(", ")
    for name, message_id in report["sent"].items():
        message, request = got[message_id], requests[name]
        assert message["type"] == request["type"], name
        assert _unread(message) == _asked(request), name
        assert report["statuses"][message_id] == ["sent", "delivered", "read"]
    assert [_spoken(one["message"]) for one in heard] == [
        written.get(written["type"], {}) for written in report["written"]
    ]
    assert {one["contact"]["profile"]["name"] for one in heard} == {"Sheena Nelson"}
    assert {one["contact"]["wa_id"] for one in heard} == {seed.PERSON}
    assert {one["contact"]["user_id"] for one in heard} == {seed.PERSON_BSUID}
    assert media["described"]["mime_type"] == "image/png"
    assert (media["type"], media["hex"]) == ("image/png", PNG)
    assert media["deleted"] == report["read"] == {"success": True}
    refused = report["refused"]["media"]["error"]
    assert (refused["code"], refused["error_subcode"]) == (100, 33)
    assert report["refused"]["forgery"] == 401


def _whole(request: Any) -> Any:
    """A request as Graph reads it: one client writes a list as JSON text."""
    part = request[request["type"]]
    if isinstance(part, str):
        return {**request, request["type"]: json.loads(part)}
    return request


def _asked(request: Any) -> Any:
    part: object = request[request["type"]]
    return {"contacts": part} if is_array(part) else part


def _unread(message: Any) -> Any:
    """What was sent, without the text that the sandbox makes of a template."""
    content: dict[str, Any] = message["content"]
    return {key: value for key, value in content.items() if key != "rendered"}
