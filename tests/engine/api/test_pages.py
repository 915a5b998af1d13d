"""The page that is built, at every address that is none of the interface's, and what it loads."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from appmixer.engine.api.application import Application, create_app
from appmixer.engine.api.server import serving
from appmixer.engine.host.engine import Engine
from appmixer.engine.settings import Settings, Simulator

from ..built_page import ASSETS, SCRIPT, build_page
from .test_owners import link_token

pytestmark = pytest.mark.anyio

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BASE_URL = "http://127.0.0.1:8321"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, built_page=build_page(tmp_path / "designer"))


def policy_of(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: value for name, _, value in (each.partition(" ") for each in parts)}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/flows/x",
        "/flows/my.flow",
        "/runs/y/steps/z",
        "/apiary",
        "/flows/x/?run=1",
        "/sign-in",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_every_address_of_a_person_is_the_page_without_a_session(
    browser: httpx.AsyncClient, path: str, method: str
) -> None:
    answer = await browser.request(method, path, headers=HTML)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in answer.headers
    assert method == "HEAD" or "<title>Designer</title>" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/nothing", "/auth", "/auth/nothing", "/plugins", "/plugins/nothing"),
        *("/hooks", "/hooks/nothing", "/metrics/x", "/healthz/x", "/readyz/x", "/assets"),
        *("/assets/nothing.js", "/favicon.ico", "/robots.txt", "/.well-known/security.txt"),
    ],
)
async def test_what_programs_ask_for_and_is_not_there_is_said_in_json(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path, headers=HTML)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert set(answer.json()["error"]) >= {"title", "cause", "cure"}


@pytest.mark.parametrize(
    ("method", "accept"),
    [("POST", "text/html"), ("PUT", "text/html"), ("GET", "*/*"), ("GET", "image/avif,*/*")],
)
async def test_only_who_wants_to_read_a_page_gets_it(
    browser: httpx.AsyncClient, method: str, accept: str
) -> None:
    answer = await browser.request(method, "/flows/x", headers={"Accept": accept})

    assert (answer.status_code, "error" in answer.json()) == (404, True)


async def test_a_method_that_an_address_does_not_take_is_still_refused(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/sign-out", headers=HTML)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_the_page_runs_what_the_engine_serves_and_nothing_else(
    browser: httpx.AsyncClient,
) -> None:
    first, second = [await browser.get("/", headers=HTML) for _ in range(2)]

    nonces = [set(re.findall('nonce="([^"]+)"', each.text)) for each in (first, second)]
    [[nonce], [other]] = nonces
    assert nonce != other
    assert len(nonce) >= 22
    assert "CSP_NONCE" not in first.text
    assert policy_of(first) == {
        "default-src": "'none'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "frame-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    told = {name: first.headers[name] for name in ("x-content-type-options", "referrer-policy")}
    assert told == {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    assert first.headers["cross-origin-opener-policy"] == "same-origin"
    assert first.headers["x-frame-options"] == "DENY"
    assert "camera=()" in first.headers["permissions-policy"]


async def test_a_simulator_may_stand_in_the_page_and_the_api_tells_of_it(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    alone = (await admin.get("/api/me")).json()
    simulator = Simulator("http://127.0.0.1:8322/phones?of=all", "Phones")
    engine.settings = replace(engine.settings, simulator=simulator)

    page = await admin.get("/", headers=HTML)

    beside = (await admin.get("/api/me")).json()
    assert policy_of(page)["frame-src"] == "http://127.0.0.1:8322"
    assert alone["simulator"] is None
    assert beside["simulator"] == {"url": simulator.url, "label": "Phones"}


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index-a1.js", "text/javascript; charset=utf-8"),
        ("index-b2.css", "text/css; charset=utf-8"),
        ("logo-c3.svg", "image/svg+xml"),
        ("text-d4.woff2", "font/woff2"),
        ("odd-e5.blob", "application/octet-stream"),
    ],
)
async def test_what_the_page_loads_is_kept_for_ever(
    browser: httpx.AsyncClient, name: str, media_type: str
) -> None:
    answer = await browser.get(f"/assets/{name}")

    assert (answer.status_code, answer.content) == (200, ASSETS[name])
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("gzip; q=0", None),
        ("gzip;q=0.000", None),
        ("br", None),
        ("", None),
    ],
)
async def test_a_browser_that_takes_it_gets_what_the_build_has_zipped(
    browser: httpx.AsyncClient, accepted: str, coding: str | None
) -> None:
    answer = await browser.get("/assets/index-a1.js", headers={"Accept-Encoding": accepted})
    small = await browser.get("/assets/index-b2.css", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("content-encoding") == coding
    assert (int(answer.headers["content-length"]) < len(SCRIPT)) == (coding is not None)
    assert (answer.text, answer.headers["vary"]) == (SCRIPT, "Accept-Encoding")
    assert (small.content, "content-encoding" in small.headers) == (ASSETS["index-b2.css"], False)


@pytest.mark.parametrize(
    "name",
    [
        *("../index.html", "%2e%2e/index.html", "..%2findex.html", "..%2f..%2fdata%2fapi-token"),
        *("..%5cindex.html", "index-a1.js.gz", "index-a1.js%00", "inner%2fdeep.js", "inner", ""),
    ],
)
async def test_nothing_but_the_files_of_the_assets_is_served(
    settings: Settings, browser: httpx.AsyncClient, name: str
) -> None:
    inner = settings.built_page / "assets" / "inner"
    inner.mkdir()
    (inner / "deep.js").write_text("1")

    answer = await browser.get(f"/assets/{name}")

    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/json"


async def test_over_a_real_connection_a_head_has_the_size_and_no_body(settings: Settings) -> None:
    async with (
        serving(replace(settings, port=0)) as running,
        httpx.AsyncClient(base_url=running.url) as browser,
    ):
        answers = [await browser.head(each) for each in ("/", "/assets/index-b2.css")]
        again = await browser.get("/assets/index-b2.css")

    assert [(each.status_code, each.content) for each in answers] == [(200, b"")] * 2
    assert int(answers[1].headers["content-length"]) == len(again.content)


async def test_an_engine_whose_page_was_not_built_says_how_to_and_works_on(
    settings: Settings, admin: httpx.AsyncClient
) -> None:
    shutil.rmtree(settings.built_page)

    missing = await admin.get("/")
    asset = await admin.get("/assets/index-a1.js")
    signed_in = await admin.get("/api/me")
    build_page(settings.built_page)
    built = await admin.get("/")

    assert (missing.status_code, "<h1>The page has not been built</h1>" in missing.text) == (
        503,
        True,
    )
    assert "make designer" in missing.text
    assert missing.headers["content-type"] == "text/html; charset=utf-8"
    assert (asset.status_code, signed_in.status_code, built.status_code) == (404, 200, 200)


async def test_another_build_is_served_at_once_and_an_unfinished_one_is_not(
    settings: Settings, browser: httpx.AsyncClient
) -> None:
    before = await browser.get("/")
    shutil.rmtree(settings.built_page)
    between = [await browser.get(each) for each in ("/", "/assets/index-a1.js")]
    build_page(settings.built_page)
    (settings.built_page / "index.html").write_text("<title>New</title>")
    (settings.built_page / "assets" / "new-f6.js").write_text("2")

    after = [(await browser.get(each)).text for each in ("/", "/assets/new-f6.js")]

    assert before.status_code == 200
    assert [each.status_code for each in between] == [200, 200]
    assert after == ["<title>New</title>", "2"]


@pytest.mark.parametrize(
    ("path", "query", "leads_to"),
    [
        ("/", "", "/"),
        ("/flows/x", "?run=1&empty=", "/flows/x?run=1&empty="),
        ("/flows/my.flow", "?signIn=expired", "/flows/my.flow"),
        ("/flows/%C3%A4%20%25/y", "", "/flows/%C3%A4%20%25/y"),
        ("//evil.example", "", "/"),
        ("/%5Cevil", "", "/%5Cevil"),
    ],
)
async def test_a_link_to_any_page_signs_in_once_and_leads_there_without_its_token(
    admin: httpx.AsyncClient, app: Application, path: str, query: str, leads_to: str
) -> None:
    joined = f"{query}&" if query else "?"
    url = f"{BASE_URL}{path}{joined}token={await link_token(admin)}"
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=HTML) as browser:
        first = await browser.get(url)
        me = await browser.get("/api/me")
        second = await browser.get(url)
        page = await browser.get(second.headers["location"])

    assert (first.status_code, first.headers["location"]) == (303, leads_to)
    assert me.json()["name"] == "main"
    told = f"{leads_to}{'&' if '?' in leads_to else '?'}signIn=expired"
    assert (second.status_code, second.headers["location"]) == (303, told)
    assert page.status_code == 200


@pytest.mark.parametrize("token", ["made-up-but-long-enough", "short", "%00x"])
async def test_a_token_that_never_was_signs_nobody_in(
    browser: httpx.AsyncClient, token: str
) -> None:
    answer = await browser.get(f"/?token={token}")

    assert answer.headers.get("location", "/?signIn=expired") == "/?signIn=expired"
    assert "set-cookie" not in answer.headers
    assert (await browser.get("/api/me")).status_code == 401


def cookies_of(answer: httpx.Response) -> dict[str, dict[str, str]]:
    found: SimpleCookie = SimpleCookie()
    for each in answer.headers.get_list("set-cookie"):
        found.load(each)
    keys = ("httponly", "secure", "samesite", "path", "domain")
    return {name: {key: each[key] for key in keys if each[key]} for name, each in found.items()}


@pytest.mark.parametrize("is_secure", [False, True])
async def test_the_session_is_kept_from_scripts_other_sites_and_other_hosts(
    engine: Engine, admin: httpx.AsyncClient, browser: httpx.AsyncClient, is_secure: bool
) -> None:
    if is_secure:
        engine.settings = replace(engine.settings, public_url="https://engine.example.com")
    token = await link_token(admin)

    answer = await browser.get(f"/?token={token}")

    prefix = "__Host-" if is_secure else ""
    common: dict[str, object] = {"httponly": True, "path": "/"}
    common |= {"secure": True} if is_secure else {}
    assert cookies_of(answer) == {
        f"{prefix}appmixer_session": {**common, "samesite": "strict"},
        f"{prefix}appmixer_mark": {**common, "samesite": "lax"},
    }


@pytest.fixture
async def secure(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the public address of an engine under https."""
    base = "https://engine.example.com"
    engine.settings = replace(engine.settings, public_url=base)
    transport = httpx.ASGITransport(app=create_app(engine))
    async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
        yield browser


async def test_under_https_a_session_of_another_name_is_none_and_signing_out_ends_it(
    admin: httpx.AsyncClient, secure: httpx.AsyncClient
) -> None:
    await secure.get(f"/?token={await link_token(admin)}")
    session = secure.cookies["__Host-appmixer_session"]
    known = await secure.get("/api/me")
    plain = await secure.get("/api/me", headers={"Cookie": f"appmixer_session={session}"})

    ended = await secure.post("/sign-out")

    assert (known.status_code, plain.status_code, ended.status_code) == (200, 401, 204)
    assert dict(secure.cookies) == {}
    assert all("Secure" in each for each in ended.headers.get_list("set-cookie"))


def from_elsewhere(browser: httpx.AsyncClient, signed_in: httpx.Response) -> dict[str, str]:
    """The header that a browser sends when a link of another site leads here."""
    strict = [name for name, each in cookies_of(signed_in).items() if each["samesite"] == "strict"]
    assert strict
    sent = {name: value for name, value in browser.cookies.items() if name not in strict}
    browser.cookies.clear()
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in sent.items())}


async def test_a_link_on_another_site_replaces_nobodys_session_unasked(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    new_browser: Callable[[], httpx.AsyncClient],
) -> None:
    async with new_browser() as browser:
        headers = from_elsewhere(browser, await browser.get(f"/?token={await link_token(admin)}"))
        own = await browser.get(f"/?token={await link_token(admin)}", headers=headers)
        strangers = await browser.get(
            f"/flows/x?token={await link_token(other)}", headers={**HTML, **headers}
        )

    assert own.status_code == 303
    assert strangers.status_code == 200
    assert "You are signed in here as <strong>main</strong>" in strangers.text
    assert '<a href="/flows/x">Stay main</a>' in strangers.text
    assert "appmixer_session" not in cookies_of(strangers)


async def test_what_tells_whose_session_there_is_opens_nothing(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    signed_in = await browser.get(f"/?token={await link_token(admin)}")
    mark = browser.cookies["appmixer_mark"]
    headers = from_elsewhere(browser, signed_in)

    answers = [
        await browser.get("/api/me", headers=headers),
        await browser.get("/api/me", headers={"Cookie": f"appmixer_session={mark}"}),
        await browser.get("/api/me", headers={"Authorization": f"Bearer {mark}"}),
    ]

    assert [each.status_code for each in answers] == [401, 401, 401]
