"""Resumable uploads against the simulated Meta, which judges each step of them."""

from __future__ import annotations

from functools import partial

import pytest

from appmixer.engine.contract import RejectedError, ThrottledError
from appmixer.whatsapp.plugin.media.resumable import upload_handle

from ...components.live import connected

pytestmark = pytest.mark.anyio

PICTURES = ("image/jpeg", "image/png")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200_000)


async def test_a_kept_file_becomes_a_handle_in_the_words_of_metas_guide() -> None:
    async with connected() as live:
        file = live.context.files.keep("logo", "application/octet-stream", PNG)

        handle = await upload_handle(
            live.context, file_id=file.id, takes=PICTURES, field="headerFile"
        )

        assert handle.startswith("4::aW1hZ2UvcG5n:")
        opened, sent = live.requests
        assert opened.url.path == "/v25.0/100000000000001/uploads"
        asked = {name: value for name, value in opened.url.params.items() if name[:4] == "file"}
        assert asked == {
            "file_name": "logo.png",
            "file_length": str(len(PNG)),
            "file_type": "image/png",
        }
        assert sent.headers["authorization"].startswith("OAuth ")
        assert (sent.headers["file_offset"], sent.headers["content-length"]) == (
            "0",
            str(len(PNG)),
        )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", b"%PDF-1.7 content", "application/pdf"),
        ("a.xyz", b"\0\1\2", "Neither its content nor its name"),
        ("a.png", PNG + bytes(6 * 1024 * 1024), "may have 5 MB"),
    ],
)
async def test_what_meta_does_not_take_is_refused_before_a_session_is_opened(
    name: str, content: bytes, says: str
) -> None:
    async with connected() as live:
        file = live.context.files.keep(name, "application/octet-stream", content)

        with pytest.raises(RejectedError) as caught:
            await upload_handle(live.context, file_id=file.id, takes=PICTURES, field="headerFile")

        assert says in caught.value.cause
        assert caught.value.field == "headerFile"
        assert live.requests == []


async def test_a_file_may_be_bounded_further() -> None:
    async with connected() as live:
        file = live.context.files.keep("logo.png", "image/png", PNG)
        upload = partial(
            upload_handle, live.context, file_id=file.id, takes=PICTURES, field="headerFile"
        )

        with pytest.raises(RejectedError) as caught:
            await upload(max_bytes=len(PNG) - 1)
        handle = await upload(max_bytes=len(PNG))

        assert "too large" in caught.value.title
        assert handle


async def test_a_file_that_is_not_kept_here_is_told_at_its_field() -> None:
    async with connected() as live:
        with pytest.raises(RejectedError) as caught:
            await upload_handle(live.context, file_id="gone", takes=PICTURES, field="headerFile")

        assert (caught.value.field, live.requests) == ("headerFile", [])


async def test_an_address_inside_is_not_fetched() -> None:
    async with connected() as live:
        with pytest.raises(RejectedError) as caught:
            await upload_handle(
                live.context, url=f"{live.sandbox.url}/a.png", takes=PICTURES, field="headerUrl"
            )

        assert (caught.value.field, live.requests) == ("headerUrl", [])


async def test_bytes_that_do_not_arrive_leave_it_to_another_try() -> None:
    async with connected() as live:
        file = live.context.files.keep("logo.png", "image/png", PNG)
        async with live.sandbox.controls() as controls:
            rule = {"endpoint": "upload:.*", "kind": "disconnect"}
            (await controls.post("/faults", json=rule)).raise_for_status()

        with pytest.raises(ThrottledError):
            await upload_handle(live.context, file_id=file.id, takes=PICTURES, field="headerFile")
