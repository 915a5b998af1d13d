"""The phone that stands in a panel of another page: its address, its policy, and its texts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from appmixer.demo import rehearsal
from appmixer.sandbox.testing import RunningSandbox

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[3] / "sandbox" / "page"
THIS_MACHINE = "frame-ancestors http://127.0.0.1:* http://localhost:*"
NEEDED = re.compile(r'(?:href|src|from) ?=? ?"([^"#]+\.(?:js|css|svg))"')
STRING = r'("(?:[^"\\]|\\.)*")'


def client(sandbox: RunningSandbox) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=sandbox.url, trust_env=False)


async def test_pages_of_this_machine_may_hold_the_phone_and_nothing_else_of_the_sandbox(
    sandbox: RunningSandbox,
) -> None:
    found: dict[str, str] = {}

    async with client(sandbox) as browser:
        for path in ("/_sandbox/phone", "/", "/_sandbox/page/embedded.html"):
            answer = await browser.get(path)
            assert answer.headers["content-type"].startswith("text/html")
            policy = answer.headers["content-security-policy"]
            found[path] = next(
                part for part in policy.split("; ") if part.startswith("frame-ancestors")
            )

    assert found == {
        "/_sandbox/phone": THIS_MACHINE,
        "/": "frame-ancestors 'none'",
        "/_sandbox/page/embedded.html": "frame-ancestors 'none'",
    }


async def test_the_phone_in_a_panel_may_run_and_load_no_more_than_the_page_of_phones(
    sandbox: RunningSandbox,
) -> None:
    async with client(sandbox) as browser:
        page = (await browser.get("/")).headers
        panel = (await browser.get("/_sandbox/phone")).headers

    rest = panel["content-security-policy"].replace(THIS_MACHINE, "frame-ancestors 'none'")
    assert rest == page["content-security-policy"]
    assert "unsafe" not in rest


async def test_the_rehearsal_hands_out_the_address_of_the_phone(sandbox: RunningSandbox) -> None:
    async with client(sandbox) as browser:
        answer = await browser.get(rehearsal.page(f"{sandbox.url}/"), params={"lang": "de"})

    assert answer.status_code == 200
    assert '<body class="embedded">' in answer.text
    assert rehearsal.LABEL == "Phone"


async def test_all_that_the_phone_needs_comes_from_the_sandbox_itself(
    sandbox: RunningSandbox,
) -> None:
    base = httpx.URL(sandbox.url)
    wanted, seen = [base.join("/_sandbox/phone")], set[str]()

    async with client(sandbox) as browser:
        while wanted:
            address = wanted.pop()
            answer = await browser.get(address)
            assert answer.status_code == 200, str(address)
            assert address.host == base.host
            for name in NEEDED.findall(answer.text):
                if (needed := address.join(name)).path not in seen:
                    seen.add(needed.path)
                    wanted.append(needed)

    assert {"embedded.js", "theme.js", "german.js", "chat.css", "embedded.css"} <= {
        path.rpartition("/")[2] for path in seen
    }


def test_every_text_of_the_page_is_there_in_german_and_no_other() -> None:
    german = {
        json.loads(text): json.loads(translated)
        for text, translated in re.findall(
            rf"^  {STRING}: {STRING},$", (PAGE / "german.js").read_text(), re.MULTILINE
        )
    }

    assert set(german) == used_texts()
    holes = re.compile(r"\{\w+\}")
    assert [
        text
        for text, said in german.items()
        if set(holes.findall(text)) != set(holes.findall(said))
    ] == []


def used_texts() -> set[str]:
    """What the scripts give to t(), and what the documents let be translated."""
    scripts = [file.read_text() for file in PAGE.glob("*.js")]
    documents = [file.read_text() for file in PAGE.glob("*.html")]
    found = [
        json.loads(text) for script in scripts for text in re.findall(rf"\bt\({STRING}", script)
    ]
    marked = r'(?:<[^>]* data-t(?: [^>]*)?>|<title>|aria-label=")([^<"]+)'
    return {*found, *(text for page in documents for text in re.findall(marked, page))}
