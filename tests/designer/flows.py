"""Flows of the tests: laid down as drafts, and read back."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

from ..browser import DEADLINE_MS, Visitor
from .conftest import Site

EMPTY: Mapping[str, Any] = {"name": "Test", "components": {}}


def chain(length: int, *, placed: bool = True) -> dict[str, Any]:
    """A flow of one step after another, in rows of twenty."""
    components: dict[str, Any] = {
        "begin": {"type": "appmixer.utilities.OnStart", "position": {"x": 0, "y": 0}}
    }
    for at in range(1, length):
        earlier, port = (f"step{at - 1}", "out") if at > 1 else ("begin", "started")
        components[f"step{at}"] = {
            "type": "appmixer.utilities.Delay",
            "source": {"in": {earlier: [port]}},
            "input": {"amount": at},
            "position": {"x": at % 20 * 320, "y": at // 20 * 140},
        }
    if not placed:
        for each in components.values():
            del each["position"]
    return {"name": f"{length} steps", "components": components}


async def store(site: Site, flow_id: str, document: Mapping[str, Any]) -> None:
    answer = await site.api.put(f"/api/flows/{flow_id}/draft", json=document)
    answer.raise_for_status()


async def stored(site: Site, flow_id: str) -> dict[str, Any]:
    answer = await site.api.get(f"/api/flows/{flow_id}/draft")
    document: dict[str, Any] = answer.raise_for_status().json()["document"]
    return document


async def open_flow(visitor: Visitor, site: Site, document: Mapping[str, Any], **look: Any) -> Page:
    """The page of a draft with a document, when the document is drawn."""
    await store(site, "test", document)
    visitor.expect_complaints("404")
    page = await visitor.open(await site.link("/flows/test"), **look)
    await expect(page.get_by_role("region", name="Flow")).to_be_visible()
    if document["components"]:
        await expect(page.locator("[data-step]").first).to_be_visible()
        # How high the steps are follows from their components, which come later.
        await expect(page.locator("[data-step] img").first).to_be_attached()
    return page


async def choose(page: Page, words: str) -> None:
    """Search for what comes next, and take what is found first."""
    search = page.get_by_placeholder("What comes next?")
    await expect(search).to_be_focused()
    await search.fill(words)
    await expect(found(page).first).to_contain_text(words, ignore_case=True)
    await page.keyboard.press("Enter")


def found(page: Page) -> Locator:
    """What a search for the next step finds."""
    return page.get_by_role("dialog", name="Add a step").get_by_role("option")


async def call(page: Page, name: str) -> None:
    """Give what has the keyboard another name."""
    await page.keyboard.press("F2")
    await expect(page.locator("input:focus")).to_be_visible()
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")


async def in_form(page: Page) -> None:
    """Wait until the keyboard is in the form of the step that was added last."""
    await expect(page.locator("#inspector :focus")).to_be_visible()


async def versions(page: Page) -> Locator:
    """The history of a flow's versions, opened."""
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Version history").click()
    return page.get_by_role("dialog", name="Version history")


def is_saved(
    page: Page, holds: Callable[[Any], bool] = lambda _: True
) -> AbstractAsyncContextManager[Any]:
    """What is done in this context ends with a document for which something holds saved."""
    return page.expect_request_finished(
        lambda request: request.method == "PUT" and holds(request.post_data_json)
    )


async def saved(page: Page) -> None:
    """Wait until the engine has what was done and can be seen."""
    await expect(page.get_by_text("Draft saved")).to_be_visible()


async def held(page: Page, url: str) -> Callable[[], Awaitable[Route]]:
    """Hold back the next request to such an address; the result waits until it is there."""
    asked: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
    await page.route(url, lambda route: asked.set_result(route), times=1)
    return lambda: asyncio.wait_for(asked, DEADLINE_MS / 1000)


def without_places(document: Mapping[str, Any]) -> str:
    """The document as text in which only the steps' positions are left out."""
    # JSON has one kind of number, and a browser writes 41.0 as 41.
    copy = json.loads(json.dumps(document), parse_float=_number)
    for each in copy["components"].values():
        each.pop("position", None)
    return json.dumps(copy, ensure_ascii=False)


def _number(written: str) -> float:
    number = float(written)
    return int(number) if number.is_integer() else number


def generated(seed: int) -> dict[str, Any]:
    """A document with all that one may hold, the same for the same seed."""
    chosen = random.Random(seed)
    texts = ["", "Grüße, {{ s0.out.name }}", "{{ s0.out.a + 's0' }}", '\N{GRINNING FACE}\n"\\', "x"]

    def value(depth: int = 0) -> Any:
        match chosen.randrange(5 if depth > 2 else 8):
            case 0:
                return None
            case 1:
                return chosen.random() < 0.5
            case 2:
                return chosen.randrange(1000) / 4
            case 3 | 4:
                return chosen.choice(texts)
            case 5:
                return [value(depth + 1) for _ in range(chosen.randrange(3))]
            case 6:
                return {"$literal": chosen.choice(texts)}
            case _:
                return {f"k{at}": value(depth + 1) for at in range(chosen.randrange(3))}

    def maybe(**part: Any) -> dict[str, Any]:
        return part if chosen.random() < 0.5 else {}

    names = [f"s{at}" for at in range(chosen.randint(1, 8))]
    components: dict[str, Any] = {}
    for at, name in enumerate(names):
        earlier = {chosen.choice(names[:at]): ["out"]} if at > 0 and chosen.random() < 0.8 else {}
        components[name] = {
            "type": chosen.choice(["appmixer.utilities.SetValues", "gone.from.Here"]),
            **maybe(account="acme"),
            **({"source": {"in": earlier}} if earlier else {}),
            **maybe(input={"text": chosen.choice(texts), "value": value()}),
            **maybe(label="Schritt eins"),
            **maybe(position={"x": chosen.randrange(2000), "y": chosen.randrange(2000) / 2}),
            **maybe(folded=True),
        }
    return {
        "name": f"Generated {seed}",
        **maybe(description="What it does"),
        "components": components,
        **maybe(notes={"n": {"text": chosen.choice(texts), "position": {"x": 1, "y": -2.5}}}),
    }
