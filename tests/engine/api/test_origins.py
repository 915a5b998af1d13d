"""Under which names the engine answers, and whose pages may call it."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from appmixer.engine.host.engine import Engine

from .test_owners import FLOW, link_token

pytestmark = pytest.mark.anyio

PUBLIC = "https://engine.example.com"
OWN = [
    "engine.example.com",
    "ENGINE.example.com:443",
    "localhost:9999",
    "127.0.0.1",
    "127.1.2.3:80",
    "[::1]:8321",
]
FOREIGN = [
    "",
    "evil.example",
    "engine.example.com.evil.example",
    "192.168.1.5:8321",
    "localhost.evil.example",
    "evil@localhost",
    "localhost:80:80",
]


@pytest.fixture
def public(engine: Engine) -> Engine:
    """An engine that has a public address."""
    engine.settings = replace(engine.settings, public_url=f"{PUBLIC}/")
    return engine


@pytest.mark.parametrize("path", ["/", "/api/me", "/assets/nothing.css", "/auth/echo/start"])
async def test_answers_only_under_its_public_name_and_on_its_own_machine(
    public: Engine, browser: httpx.AsyncClient, path: str
) -> None:
    own = [(await browser.get(path, headers={"Host": each})).status_code for each in OWN]
    foreign = [(await browser.get(path, headers={"Host": each})).status_code for each in FOREIGN]

    assert 421 not in own
    assert foreign == [421] * len(FOREIGN)


async def test_says_which_name_would_be_answered(
    public: Engine, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get("/api/me", headers={"Host": "evil.example"})

    assert answer.json()["error"] == {
        "title": "The engine does not answer under this name",
        "cause": "The request is for 'evil.example'; the engine answers for engine.example.com and"
        " on its own machine.",
        "cure": "Send an API token, or set APPMIXER_PUBLIC_URL to the address that you use; a proxy"
        " has to pass the header Host on.",
    }


async def test_a_token_is_taken_under_any_name(public: Engine, admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/api/me", headers={"Host": "engine:8321"})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/plugins/test/echo/events"])
async def test_who_watches_or_signs_may_use_any_name(
    engine: Engine, browser: httpx.AsyncClient, path: str
) -> None:
    method = "POST" if path.startswith("/plugins") else "GET"

    answer = await browser.request(method, path, headers={"Host": "10.0.0.7:8321"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("engine.example.com", PUBLIC, 200),
        ("engine.example.com", f"{PUBLIC}:443", 200),
        ("127.0.0.1:8321", PUBLIC, 200),
        ("localhost:8321", "http://localhost:8321", 200),
        ("[::1]:8321", "http://[::1]:8321", 200),
        ("localhost:8321", "http://localhost:3000", 403),
        ("localhost:8321", "http://127.0.0.1:8321", 403),
        ("engine.example.com", "http://engine.example.com", 403),
        ("engine.example.com", "https://engine.example.com:444", 403),
        ("engine.example.com", "https://evil.example", 403),
        ("engine.example.com", "null", 403),
        ("evil.example", "http://evil.example", 421),
    ],
)
async def test_only_the_engines_own_pages_change_things_with_a_session(
    public: Engine,
    admin: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    host: str,
    origin: str,
    status: int,
) -> None:
    answer = await browser.get(f"/?token={await link_token(admin)}")
    session = answer.headers["set-cookie"].partition(";")[0]
    headers = {"Host": host, "Origin": origin, "Cookie": session}

    changed = await browser.put("/api/flows/echo", json=FLOW, headers=headers)

    assert changed.status_code == status
    stored = (await admin.get("/api/flows")).json()["flows"]
    assert len(stored) == (status == 200)


async def test_a_foreign_page_gets_nothing_even_by_reading(
    public: Engine, admin: httpx.AsyncClient
) -> None:
    answer = await admin.get("/api/me", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
