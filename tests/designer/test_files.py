"""Files: uploaded by button or drop, looked at, fetched, deleted."""

from __future__ import annotations

import base64

import anyio
import pytest
from playwright.async_api import Page, expect

from ..browser import Visitor, violations
from .conftest import Site

pytestmark = pytest.mark.anyio

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DROP = """async ([target, name]) => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped"], name, {type: "text/plain"}));
    for (const type of ["dragover", "drop"]) {
        target.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true}));
    }
}"""


async def test_a_picture_is_uploaded_shown_and_deleted_after_a_question(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/files"))
    await expect(page.get_by_text("No files yet")).to_be_visible()
    await choose(page, "logo.png", "image/png", PICTURE)

    await page.get_by_role("button", name="Show logo.png").click()
    picture = page.get_by_role("img", name="logo.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    await page.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name="Delete logo.png").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Steps that send this file will fail")
    assert len(await names(site)) == 1
    await page.get_by_role("button", name="Delete file").click()

    await expect(page.get_by_text("No files yet")).to_be_visible()
    assert await names(site) == []


async def test_files_are_dropped_anywhere_on_the_page(visitor: Visitor, site: Site) -> None:
    page = await visitor.open(await site.link("/files"))
    target = await page.get_by_text("No files yet").element_handle()

    await page.evaluate(DROP, [target, "note.txt"])

    await expect(page.get_by_text("note.txt uploaded")).to_be_visible()
    assert await names(site) == ["note.txt"]


async def test_a_file_is_fetched_as_it_was_and_its_id_is_copied(
    visitor: Visitor, site: Site
) -> None:
    content = "Grüße".encode()
    stored = await site.api.post("/api/files?name=greeting.txt", content=content)
    page = await visitor.open(
        await site.link("/files"), permissions=["clipboard-read", "clipboard-write"]
    )
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Download greeting.txt").click()
    await page.get_by_role("button", name="Copy the id of greeting.txt").click()
    await expect(page.get_by_text("Id copied")).to_be_visible()

    downloaded = await begun.value
    assert downloaded.suggested_filename == "greeting.txt"
    assert await anyio.Path(await downloaded.path()).read_bytes() == content
    assert await page.evaluate("navigator.clipboard.readText()") == stored.json()["id"]


async def test_a_file_that_is_too_large_is_refused_in_words(visitor: Visitor, site: Site) -> None:
    visitor.expect_complaints("413 (")
    site.running.engine.files.max_bytes = 100
    page = await visitor.open(await site.link("/files"))

    await choose(page, "film.mp4", "video/mp4", b"x" * 101)

    refused = page.get_by_role("alert")
    await expect(refused).to_contain_text("The file is too large")
    await expect(refused).to_contain_text("100 bytes at most")
    await expect(refused).to_contain_text("film.mp4")
    await page.get_by_role("button", name="Hide what happened to film.mp4").click()
    await expect(refused).to_have_count(0)
    assert await names(site) == []


async def test_hundreds_of_files_are_searched_and_few_of_them_drawn(
    visitor: Visitor, site: Site
) -> None:
    for number in range(150):
        await site.api.post(f"/api/files?name=file-{number:03}.txt", content=b"x")
    page = await visitor.open(await site.link("/files"))
    await expect(page.get_by_text("file-149.txt")).to_be_visible()
    assert await page.get_by_role("listitem").count() < 60

    await page.get_by_role("searchbox", name="Search files").fill("file-007")

    await expect(page.get_by_text("file-007.txt")).to_be_visible()
    await expect(page.get_by_text("file-149.txt")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_stands_in_the_way_on_the_page_of_files(
    visitor: Visitor, site: Site, theme: str
) -> None:
    page = await visitor.open(await site.link("/files"), color_scheme=theme)
    await expect(page.get_by_text("No files yet")).to_be_visible()
    found = await violations(page)
    await choose(page, "logo.png", "image/png", PICTURE)
    await expect(page.get_by_role("button", name="Show logo.png")).to_be_visible()
    found += await violations(page)

    assert found == []


async def test_the_page_of_files_speaks_german(visitor: Visitor, site: Site) -> None:
    page = await visitor.open(await site.link("/files"), locale="de-DE")

    await expect(page.get_by_role("button", name="Dateien hochladen")).to_be_visible()
    await expect(page.get_by_text("Noch keine Dateien")).to_be_visible()


async def choose(page: Page, name: str, media_type: str, content: bytes) -> None:
    async with page.expect_file_chooser() as opened:
        await page.get_by_role("button", name="Upload files").click()
    chooser = await opened.value
    await chooser.set_files({"name": name, "mimeType": media_type, "buffer": content})


async def names(site: Site) -> list[str]:
    return [each["name"] for each in (await site.api.get("/api/files")).json()["files"]]
