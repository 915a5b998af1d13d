"""Files: streamed to the data folder, limited, and each owner's own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from appmixer.engine.contract import Connector, File, RejectedError
from appmixer.engine.errors import ConflictError
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.files import FileStore

pytestmark = pytest.mark.anyio

CONTENT = b"\x89PNG\r\n" * 40_000


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_keeps_a_body_as_a_file(admin: httpx.AsyncClient) -> None:
    made = await admin.post(
        "/api/files?name=cat.png", content=CONTENT, headers={"Content-Type": "image/png"}
    )

    facts = made.json()
    expected = {
        "id": facts["id"],
        "name": "cat.png",
        "mediaType": "image/png",
        "sizeBytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "createdAt": facts["createdAt"],
    }
    assert (made.status_code, facts) == (201, expected)
    assert (await admin.get(f"/api/files/{facts['id']}")).json() == expected
    assert (await admin.get("/api/files")).json() == {"files": [expected]}
    content = await admin.get(f"/api/files/{facts['id']}/content")
    assert content.content == CONTENT
    assert content.headers["content-disposition"] == "attachment; filename*=UTF-8''cat.png"


async def test_keeps_the_file_of_a_form(admin: httpx.AsyncClient) -> None:
    form = {"file": ("Rechnung März.pdf", CONTENT, "application/pdf")}

    made = (await admin.post("/api/files", files=form)).json()

    assert (made["name"], made["mediaType"], made["sizeBytes"]) == (
        "Rechnung März.pdf",
        "application/pdf",
        len(CONTENT),
    )
    assert (await admin.get(f"/api/files/{made['id']}/content")).content == CONTENT


@pytest.fixture
def small(engine: Engine) -> Engine:
    """An engine that takes files of up to 100 kB."""
    engine.settings = replace(engine.settings, environment={"APPMIXER_MAX_FILE_BYTES": "100000"})
    engine.files = FileStore(engine.storage, engine.limits, engine.settings)
    return engine


@pytest.mark.parametrize("kind", ["declared", "undeclared", "form", "undeclared form"])
async def test_refuses_a_file_that_is_too_large_and_keeps_nothing_of_it(
    small: Engine, admin: httpx.AsyncClient, kind: str
) -> None:
    match kind:
        case "declared":
            answer = await admin.post("/api/files?name=a", content=CONTENT)
        case "undeclared":
            parts = chunks(*[CONTENT[:30_000]] * 5)
            answer = await admin.post("/api/files?name=a", content=parts)
        case "form":
            answer = await admin.post("/api/files", files={"file": ("a", CONTENT)})
        case _:
            form = httpx.Request("POST", "http://form", files={"file": ("a", CONTENT)})
            headers = {"Content-Type": form.headers["content-type"]}
            body = chunks(form.read())
            answer = await admin.post("/api/files", content=body, headers=headers)

    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "title": "The file is too large",
        "cause": "Files may have 100,000 bytes at most.",
        "cure": "Send a smaller file, or raise APPMIXER_MAX_FILE_BYTES where the engine runs.",
        "field": "file",
    }
    assert (await admin.get("/api/files")).json() == {"files": []}
    assert [path for path in small.settings.data.rglob("files/*/*") if path.is_file()] == []


async def test_an_owner_whose_files_have_reached_the_limit_adds_none_and_others_do(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    limited = replace(settings, environment={"APPMIXER_MAX_FILE_TOTAL_BYTES": "10"})
    async with open_engine(limited, connectors) as engine:
        mine, other = engine.files.of("owner-1"), engine.files.of("owner-2")
        await mine.save("a", "", chunks(b"123456"))
        # All at once: each of them sees room.
        results = await asyncio.gather(
            *(mine.save("b", "", chunks(b"123456")) for _ in range(5)), return_exceptions=True
        )
        kept = await engine.files.list("owner-1")
        await other.save("c", "", chunks(b"123456"))
        on_disk = [path for path in settings.data.rglob("files/owner-1/*") if path.is_file()]

    refused = [each for each in results if isinstance(each, ConflictError)]
    assert (len(refused), len(kept), len(on_disk)) == (4, 2, 2)
    assert str(refused[0]) == (
        "The limit is reached. Each owner may have 10 bytes of files, and you have 12. "
        "Remove some, or ask the administrator to raise APPMIXER_MAX_FILE_TOTAL_BYTES."
    )


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 256, ".", "..", "a/..", "a\\."])
async def test_refuses_a_name_that_cannot_be_used(admin: httpx.AsyncClient, name: str) -> None:
    answer = await admin.post("/api/files", params={"name": name}, content=b"x")

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "name")


@pytest.mark.parametrize("media_type", ["picture", "text/", "/html", "text/html\nX: y", "ä/b"])
async def test_refuses_a_media_type_that_cannot_be_used(engine: Engine, media_type: str) -> None:
    with pytest.raises(RejectedError, match="The media type cannot be used"):
        await engine.files.of("owner-1").save("a.txt", media_type, chunks(b"x"))


async def test_a_page_among_the_files_is_never_a_page_of_the_engines(
    admin: httpx.AsyncClient,
) -> None:
    headers = {"Content-Type": "text/html"}
    made = await admin.post("/api/files?name=page.html", content=b"<script>", headers=headers)

    answer = await admin.get(f"/api/files/{made.json()['id']}/content")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["content-disposition"].startswith("attachment;")


async def test_a_name_cannot_lead_out_of_the_folder(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    made = await admin.post("/api/files", params={"name": "../../evil\\x.txt"}, content=b"x")

    assert made.json()["name"] == "x.txt"
    files = [path.name for path in engine.settings.data.rglob("files/*/*")]
    assert files == [made.json()["id"]]


async def test_refuses_a_form_without_a_file(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/files", files={"other": ("a", b"x")})

    assert answer.status_code == 422
    assert answer.json()["error"]["title"] == "The form holds no file"


async def test_a_deleted_file_is_gone(engine: Engine, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/files?name=a", content=b"x")).json()

    deleted = await admin.delete(f"/api/files/{made['id']}")

    assert deleted.status_code == 204
    assert (await admin.get(f"/api/files/{made['id']}/content")).status_code == 404
    assert [path for path in engine.settings.data.rglob("files/*/*") if path.is_file()] == []


async def test_connectors_see_only_the_owners_files(engine: Engine) -> None:
    mine = engine.files.of("owner-1")
    file = await mine.save("a.txt", "text/plain", chunks(b"one ", b"two"))

    assert await mine.describe(file.id) == File(file.id, "a.txt", "text/plain", 7)
    assert b"".join([chunk async for chunk in mine.read(file.id)]) == b"one two"
    with pytest.raises(RejectedError, match="The file is not there"):
        await engine.files.of("owner-2").describe(file.id)
    with pytest.raises(RejectedError, match="The file is not there"):
        _ = [chunk async for chunk in engine.files.of("owner-2").read(file.id)]
