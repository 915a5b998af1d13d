"""What tests that use a real browser can rely on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route

from appmixer.sandbox.testing import until

from .browser import Visitor, launched, smoothness, until_holds, violations, visiting

pytestmark = pytest.mark.anyio

PAGE = "<!DOCTYPE html><html lang=en><title>Hello</title><main><h1>Hello</h1></main></html>"
SITE = "http://page.example/"
COMPLAINTS = {
    "console.error('no good')": "no good",
    "console.warn('not so good')": "not so good",
    "setTimeout(() => { throw new Error('thrown') })": "thrown",
    "Promise.reject(new Error('rejected'))": "rejected",
    "fetch('/missing')": "status of 404",
    "fetch('/cut-off')": "net::ERR_CONNECTION_RESET",
    "document.body.innerHTML = '<img src=http://other.example/x.png>'": "Content Security Policy",
}


async def served(visitor: Visitor, body: str) -> Page:
    """A page that is served under a strict policy."""

    async def answer(route: Route) -> None:
        if route.request.url.endswith("/cut-off"):
            await route.abort("connectionreset")
        elif route.request.url == SITE:
            policy = {"Content-Security-Policy": "default-src 'self'"}
            await route.fulfill(body=body, content_type="text/html", headers=policy)
        else:
            await route.fulfill(status=404)

    context = await visitor.context()
    await context.route("**/*", answer)
    page = await context.new_page()
    await page.goto(SITE)
    return page


async def visit(
    browser: Browser, folder: Path, script: str, *expected: str, complaints: int
) -> None:
    """Run a script in a page until it has complained so many times."""
    async with visiting(browser, folder) as visitor:
        visitor.expect_complaints(*expected)
        page = await served(visitor, PAGE)
        await page.evaluate(script)
        await until(lambda: len(visitor.complaints) >= complaints)


@pytest.mark.parametrize("script", COMPLAINTS)
async def test_a_page_that_complains_fails_the_test(
    chromium: Browser, tmp_path: Path, script: str
) -> None:
    with pytest.raises(AssertionError, match=COMPLAINTS[script]):
        await visit(chromium, tmp_path, f"() => {{ {script} }}", complaints=1)


async def test_a_complaint_that_is_expected_fails_nothing_and_hides_no_other(
    chromium: Browser, tmp_path: Path
) -> None:
    script = "fetch('/missing').then(() => console.error('no good'))"

    with pytest.raises(AssertionError) as caught:
        await visit(chromium, tmp_path, script, "status of 404", complaints=2)

    assert str(caught.value) == "The page complained:\nno good"
    await visit(chromium, tmp_path, script, "status of 404", "no good", complaints=2)


async def test_visitors_see_nothing_of_each_other(visitor: Visitor) -> None:
    one, other = await served(visitor, PAGE), await served(visitor, PAGE)

    await one.evaluate("() => { document.cookie = 'who=one' }")

    assert await one.evaluate("document.cookie") == "who=one"
    assert await other.evaluate("document.cookie") == ""


async def test_a_page_looks_as_it_is_asked_to(visitor: Visitor) -> None:
    page = await visitor.open(
        "about:blank",
        viewport={"width": 360, "height": 640},
        color_scheme="dark",
        locale="de-DE",
        reduced_motion="reduce",
    )

    seen = await page.evaluate(
        "[innerWidth, navigator.language, ...['(prefers-color-scheme: dark)',"
        " '(prefers-reduced-motion: reduce)'].map((query) => matchMedia(query).matches)]"
    )
    assert seen == [360, "de-DE", True, True]


async def test_what_becomes_so_later_is_waited_for_under_a_strict_policy(
    visitor: Visitor,
) -> None:
    page = await served(visitor, PAGE)

    await page.evaluate("() => { setTimeout(() => { document.title = 'Later' }, 200) }")
    await until_holds(page, "document.title === 'Later'")

    assert await page.title() == "Later"


def test_no_test_waits_by_what_a_strict_policy_forbids() -> None:
    tests = Path(__file__).parent
    own = [path for path in tests.rglob("*.py") if ".venv" not in path.parts]

    assert [path for path in own if ".wait_for" + "_function(" in path.read_text()] == []


async def test_a_picture_of_a_page_is_kept_under_its_name(
    chromium: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"

    async with visiting(chromium, folder) as visitor:
        page = await served(visitor, PAGE)
        path = await visitor.screenshot(page, "hello")

    assert path == folder / "hello.png"
    assert path.read_bytes().startswith(b"\x89PNG")


async def test_what_stands_in_somebodys_way_is_told_a_line_each(visitor: Visitor) -> None:
    right = await served(visitor, PAGE)
    wrong = await served(visitor, PAGE.replace("</main>", "<button></button><img src=''></main>"))

    assert await violations(right) == []
    found = [line.partition(":")[0] for line in await violations(wrong)]
    assert found == ["button-name (critical)", "image-alt (critical)"]


async def test_tasks_that_keep_a_page_and_what_moves_by_itself_are_told_once(
    visitor: Visitor,
) -> None:
    page = await served(visitor, PAGE)
    await smoothness(page)

    await page.evaluate(
        "new Promise((done) => setTimeout(() => {"
        " const end = performance.now() + 120; while (performance.now() < end);"
        " document.body.prepend(Object.assign(document.createElement('p'), {innerHTML: '<br>'}));"
        " done(); }))"
    )

    felt = await smoothness(page)
    assert felt.longest_task_ms >= 120
    assert felt.layout_shift > 0
    assert (await smoothness(page)).layout_shift == 0


async def test_a_machine_without_chromium_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(FileNotFoundError, match="install the Debian package chromium"):
        async with launched():
            pass
