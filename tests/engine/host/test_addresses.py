"""Where the calls of components may go: on real sockets, with name servers that lie."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import ConfigurationError, RejectedError
from appmixer.engine.host.addresses import Allowed, read_allowed
from appmixer.engine.host.transport import open_http

pytestmark = pytest.mark.anyio

VARIABLE = "APPMIXER_PRIVATE_HOSTS"


@pytest.fixture
async def inside() -> AsyncIterator[tuple[int, list[str]]]:
    """A server on the loopback: its port, and the heads of the requests that have reached it."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


def answering(
    head: str,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    return serve


def answers_in_turn(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> Callable[[], int]:
    """Let a name server give each question the next address; return how often it was asked."""
    left, asked = list(addresses), list[str]()

    async def look_up(loop: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    return lambda: len(asked)


def allowed(text: str = "") -> Allowed:
    return read_allowed({VARIABLE: text})


async def fetch(url: str, text: str = "") -> httpx.Response:
    async with open_http(allowed(text)) as http:
        return await http.get(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00::1]",
        "[fe80::1]",
        "①②⑦.⓪.⓪.①",
    ],
)
async def test_nothing_inside_is_called_however_its_address_is_written(
    inside: tuple[int, list[str]], host: str
) -> None:
    port, heads = inside

    # Some spellings are refused before anybody is asked for the name.
    with pytest.raises((RejectedError, httpx.UnsupportedProtocol, httpx.InvalidURL)):
        await fetch(f"http://{host}:{port}/")

    assert heads == []


async def test_the_refusal_names_the_host_and_the_cure(inside: tuple[int, list[str]]) -> None:
    with pytest.raises(RejectedError) as caught:
        await fetch(f"http://localhost:{inside[0]}/")

    error = caught.value
    assert (error.title, error.cause, error.field) == (
        "The address cannot be called",
        "localhost is not on the public internet.",
        "url",
    )
    assert VARIABLE in error.cure


async def test_a_name_that_points_inside_at_the_second_question_is_not_followed_there(
    inside: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heads = inside
    asked = answers_in_turn(monkeypatch, "127.0.0.2", "127.0.0.1")
    other = await asyncio.start_server(answering("HTTP/1.1 200 OK"), "127.0.0.2", port)

    async with other:
        first = await fetch(f"http://rebinds.example:{port}/", "127.0.0.2")
        with pytest.raises(RejectedError):
            await fetch(f"http://rebinds.example:{port}/", "127.0.0.2")

    assert (first.status_code, asked(), heads) == (200, 2, [])


async def test_a_redirect_inside_is_refused(inside: tuple[int, list[str]]) -> None:
    port, heads = inside
    head = f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/"
    leading = await asyncio.start_server(answering(head), "127.0.0.1", 0)
    place = leading.sockets[0].getsockname()[1]

    async with leading, open_http(allowed(f"127.0.0.1:{place}")) as http:
        first = await http.get(f"http://127.0.0.1:{place}/")
        with pytest.raises(RejectedError):
            await http.get(f"http://127.0.0.1:{place}/", follow_redirects=True)

    assert (first.status_code, heads) == (302, [])


async def test_no_proxy_of_the_environment_is_asked(
    inside: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heads = inside
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")

    with pytest.raises(RejectedError):
        await fetch("http://10.0.0.1/", f"127.0.0.1:{port}")

    assert heads == []


@pytest.mark.parametrize(
    ("text", "host", "reaches"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1:{port}", "127.0.0.1", True),
        ("127.0.0.1:9", "127.0.0.1", False),
        ("10.0.0.0/8 127.0.0.0/8", "127.0.0.1", True),
        ("10.0.0.0/8,127.0.0.0/8:{port}", "127.0.0.1", True),
        ("127.0.0.0/8:9", "127.0.0.1", False),
        ("localhost", "localhost", True),
        ("LocalHost:{port}", "localhost", True),
        ("localhost:9", "localhost", False),
        ("localhost", "127.0.0.1", False),
        ("[::1], fd00::/8", "127.0.0.1", False),
    ],
)
async def test_what_the_administrator_allows_is_reached_and_nothing_beside_it(
    inside: tuple[int, list[str]], text: str, host: str, reaches: bool
) -> None:
    port, heads = inside
    text = text.format(port=port)

    if reaches:
        assert (await fetch(f"http://{host}:{port}/", text)).text == "ok"
    else:
        with pytest.raises(RejectedError):
            await fetch(f"http://{host}:{port}/", text)

    assert len(heads) == int(reaches)


@pytest.mark.parametrize(
    "entry",
    ["http://crm.internal", "127.0.0.1:0", "127.0.0.1:65536", "10.0.0.1/8", "127.1", "*", "a_b:x"],
)
def test_an_entry_that_cannot_be_read_is_named_with_what_can(entry: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        allowed(f"10.0.0.1, {entry}")

    assert caught.value.title == f"{VARIABLE} cannot be used"
    assert entry in caught.value.cause
    assert "crm.internal:8080" in caught.value.cure


@pytest.mark.parametrize(
    ("entry", "address", "port", "fits"),
    [
        ("fd00::/8", "fd00::5", 80, True),
        ("[fd00::5]:443", "fd00::5", 443, True),
        ("[fd00::5]:443", "fd00::5", 80, False),
        ("[fd00::5]", "fd00::5", 80, True),
        ("fe80::/10", "fe80::1%eth0", 80, True),
        ("crm.internal", "10.0.0.5", 80, True),
        ("crm.internal.", "10.0.0.5", 80, True),
        ("internal", "10.0.0.5", 80, False),
    ],
)
def test_what_is_allowed_of_a_host_may_have_a_port_and_may_be_of_ipv6(
    entry: str, address: str, port: int, fits: bool
) -> None:
    for host in ("crm.internal", "CRM.internal."):
        assert allowed(entry).takes(host, address, port) is fits
