"""Media: upload, address, download, delete, and how long they last."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n-picture-"
DAY_S = 24 * 3600
RESPONSES = Path(__file__).parents[3] / "data" / "responses"
EXAMPLES = {
    name: json.loads((RESPONSES / f"media.{name}.json").read_text())
    for name in ("upload", "get", "delete")
}


async def _upload(
    graph: httpx.AsyncClient, content: bytes = PNG, mime_type: str = "image/png", **form: str
) -> httpx.Response:
    return await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/media",
        data={"messaging_product": "whatsapp", "type": mime_type, **form},
        files={"file": ("file", content, mime_type)},
    )


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


async def test_what_was_uploaded_comes_back(graph: httpx.AsyncClient) -> None:
    media_id = (await _upload(graph)).json()["id"]

    node = (await graph.get(f"/{media_id}")).json()
    download = await graph.get(node["url"])

    assert node["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert node["file_size"] == len(PNG)
    assert download.content == PNG
    assert download.headers["content-type"] == "image/png"


async def test_a_download_needs_a_token_of_the_account(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    media_id = (await _upload(graph)).json()["id"]
    url = (await graph.get(f"/{media_id}")).json()["url"]

    async with sandbox.graph(token=None) as nobody:
        without = await nobody.get(url)
    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as other:
        foreign = await other.get(url)
    tampered = await graph.get(url.replace("hash=AR", "hash=AX"))

    assert [answer.status_code for answer in (without, foreign, tampered)] == [404] * 3
    assert _refusal(without) == (404, 100, None)


async def test_an_address_lasts_five_minutes(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    media_id = (await _upload(graph)).json()["id"]
    url = (await graph.get(f"/{media_id}")).json()["url"]
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 301)

    stale = await graph.get(url)
    fresh = await graph.get((await graph.get(f"/{media_id}")).json()["url"])

    assert stale.status_code == 404
    assert fresh.content == PNG


async def test_an_upload_lasts_thirty_days(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    media_id = (await _upload(graph)).json()["id"]
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 30 * DAY_S)

    assert _refusal(await graph.get(f"/{media_id}")) == (400, 100, 33)


async def test_inbound_media_is_fetched_and_lasts_seven_days(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    picture = {"type": "image", "image": {"data": "aGVsbG8=", "mime_type": "image/png"}}
    await controls.post(f"/people/{seed.PERSON}/messages", json=picture)
    image = (await receiver.wait_for("messages", 1))[0]["image"]

    direct = await graph.get(image["url"])
    node = (await graph.get(f"/{image['id']}")).json()
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 7 * DAY_S)
    gone = await graph.get(f"/{image['id']}")

    assert direct.content == b"hello"
    assert image["sha256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert node["mime_type"] == "image/png"
    assert _refusal(gone) == (400, 100, 33)


async def test_deleted_media_is_gone(graph: httpx.AsyncClient) -> None:
    media_id = (await _upload(graph)).json()["id"]

    assert (await graph.delete(f"/{media_id}")).json() == {"success": True}
    assert _refusal(await graph.get(f"/{media_id}")) == (400, 100, 33)


async def test_media_of_another_number_is_not_found(graph: httpx.AsyncClient) -> None:
    media_id = (await _upload(graph)).json()["id"]
    parameters = {"phone_number_id": seed.UNVERIFIED_PHONE_NUMBER_ID}

    assert _refusal(await graph.get(f"/{media_id}", params=parameters)) == (400, 100, 33)


@pytest.mark.parametrize(
    ("content", "mime_type", "code"),
    [
        (b"x", "application/zip", 100),
        (b"", "image/png", 131053),
        (b"x" * (5 * 1024 * 1024 + 1), "image/png", 131053),
        (b"x" * (500 * 1024 + 1), "image/webp", 131053),
    ],
)
async def test_files_of_a_wrong_kind_or_size_are_refused(
    content: bytes, mime_type: str, code: int, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    answer = await _upload(graph, content, mime_type)

    assert _refusal(answer)[:2] == (400, code)
    assert sandbox.world.media == {}


async def test_an_upload_needs_a_file(graph: httpx.AsyncClient) -> None:
    answer = await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/media", data={"messaging_product": "whatsapp"}
    )

    assert _refusal(answer)[:2] == (400, 131008)


async def test_media_of_one_kind_is_not_delivered_as_another(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "hi"}})
    media_id = (await _upload(graph)).json()["id"]
    message = {"messaging_product": "whatsapp", "to": "+16505551234"}

    wrong = {**message, "type": "video", "video": {"id": media_id}}
    answer = await graph.post(f"/{number}/messages", json=wrong)

    [status] = await receiver.wait_for("statuses", 1)
    assert answer.status_code == 200
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131053)


async def test_the_type_of_the_part_decides(graph: httpx.AsyncClient) -> None:
    form = {"messaging_product": "whatsapp", "type": "image/png"}

    async def upload(mime_type: str | None) -> httpx.Response:
        file = ("file", PNG, mime_type) if mime_type else ("file", PNG)
        return await graph.post(f"/{seed.PHONE_NUMBER_ID}/media", data=form, files={"file": file})

    unknown = await upload("application/octet-stream")
    right = await upload("image/jpeg")
    node = (await graph.get(f"/{right.json()['id']}")).json()

    assert _refusal(unknown)[:2] == (400, 100)
    assert "Received file of type 'application/octet-stream'" in unknown.json()["error"]["message"]
    assert node["mime_type"] == "image/jpeg"


async def test_an_ogg_file_must_hold_opus(graph: httpx.AsyncClient) -> None:
    vorbis = b"OggS\x00\x02" + bytes(22) + b"\x01vorbis"
    opus = b"OggS\x00\x02" + bytes(22) + b"OpusHead"

    refused = await _upload(graph, vorbis, "audio/ogg")
    taken = await _upload(graph, opus, "audio/ogg; codecs=opus")

    assert _refusal(refused)[:2] == (400, 131053)
    assert taken.status_code == 200


async def test_a_number_that_stores_nothing_keeps_media_for_an_hour_or_as_asked(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    world = sandbox.world
    world.numbers[seed.PHONE_NUMBER_ID].settings.storage_configuration = {
        "status": "NO_STORAGE_ENABLED"
    }
    now = world.clock.now()

    hour = (await _upload(graph)).json()["id"]
    minutes = (await _upload(graph, ttl_minutes="5")).json()["id"]
    wrong = [await _upload(graph, ttl_minutes=given) for given in ("0", "soon", "9" * 30)]

    world.clock.move_to(now + 301)
    assert _refusal(await graph.get(f"/{minutes}")) == (400, 100, 33)
    assert (await graph.get(f"/{hour}")).status_code == 200
    world.clock.move_to(now + 3601)
    assert _refusal(await graph.get(f"/{hour}")) == (400, 100, 33)
    assert [_refusal(answer)[:2] for answer in wrong] == [(400, 100)] * 3


async def test_the_address_of_a_file_only_gives(graph: httpx.AsyncClient) -> None:
    media_id = (await _upload(graph)).json()["id"]
    url = (await graph.get(f"/{media_id}")).json()["url"]

    assert (await graph.post(url)).status_code == 404
    assert (await graph.get(url)).content == PNG


async def test_the_answers_have_the_keys_of_the_examples(graph: httpx.AsyncClient) -> None:
    uploaded = (await _upload(graph)).json()
    described = (await graph.get(f"/{uploaded['id']}")).json()
    deleted = (await graph.delete(f"/{uploaded['id']}")).json()

    for answer, name in ((uploaded, "upload"), (described, "get"), (deleted, "delete")):
        assert answer.keys() == EXAMPLES[name].keys()
