"""What people send is kept as files, played."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import anyio.to_thread
import pytest

from .conftest import Stage, given, steps

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7\n" + b"receipt" * 30_000


async def sends(stage: Stage, kind: str, **part: Any) -> None:
    message: dict[str, Any] = {"type": kind, kind: part}
    await anyio.to_thread.run_sync(lambda: stage.sandbox.person().write(**message))


async def test_a_document_is_kept_under_its_name_and_a_picture_under_its_id(stage: Stage) -> None:
    stage.sandbox.register_number()
    await stage.start("media_to_file")

    data = base64.b64encode(PDF).decode()
    await sends(stage, "document", data=data, mime_type="application/pdf", filename="May.pdf")
    [first] = await stage.runs("media_to_file", 1)
    await sends(stage, "image")
    both = await stage.runs("media_to_file", 2)
    [second] = [each for each in both if each["id"] != first["id"]]

    assert steps(first) == steps(second) == ["incoming", "file", "answer"]
    kept = given(first, "file", "downloaded")
    assert (kept["fileName"], kept["sha256"]) == ("May.pdf", hashlib.sha256(PDF).hexdigest())
    content = await stage.api.get(f"/api/files/{kept['fileId']}/content")
    assert content.content == PDF
    picture = given(second, "file", "downloaded")
    assert picture["fileName"] == f"{picture['mediaId']}.jpg"
    assert await stage.phone() == [
        "Thank you, we have your document as May.pdf.",
        f"Thank you, we have your image as {picture['fileName']}.",
    ]


async def test_a_document_that_is_too_large_is_not_kept_and_the_run_says_so(stage: Stage) -> None:
    stage.sandbox.register_number()
    await stage.start("media_to_file", **{'"maxSizeMb": 25': '"maxSizeMb": 1'})

    data = base64.b64encode(PDF + bytes(2**20)).decode()
    await sends(stage, "document", data=data, mime_type="application/pdf", filename="May.pdf")
    [run] = await stage.runs("media_to_file", 1)

    [_, file] = run["steps"]
    assert (run["status"], file["error"]["field"]) == ("failed", "maxSizeMb")
    assert (await stage.call("GET", "/api/files"))["files"] == []


async def test_the_trigger_itself_can_have_the_file_here_before_the_run(stage: Stage) -> None:
    stage.sandbox.register_number()
    flow = {
        "name": "Fetched",
        "components": {
            "incoming": {
                "type": "appmixer.whatsapp.NewMessage",
                "account": "acme",
                "input": {"fetchMedia": True},
            },
            "back": {
                "type": "appmixer.whatsapp.SendDocument",
                "account": "acme",
                "source": {"in": {"incoming": ["message"]}},
                "input": {
                    "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                    "to": "{{ incoming.message.replyTo }}",
                    "document": {"fileId": "{{ incoming.message.media.fileId }}"},
                },
            },
        },
    }
    await stage.call("PUT", "/api/flows/fetched", flow)
    await stage.call("POST", "/api/flows/fetched/start")

    data = base64.b64encode(PDF).decode()
    await sends(stage, "document", data=data, mime_type="application/pdf", filename="May.pdf")
    [run] = await stage.runs("fetched", 1)

    assert run["status"] == "completed"
    [kept] = (await stage.call("GET", "/api/files"))["files"]
    assert given(run, "incoming", "message")["media"]["fileId"] == kept["id"]
    sent = given(run, "back", "sent")
    shown = await anyio.to_thread.run_sync(lambda: stage.sandbox.person().messages)
    assert [each["id"] for each in shown if each["from"] == "business"] == [sent["messageId"]]
