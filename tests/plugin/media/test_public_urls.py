"""Fetching URLs that flows name: never from anywhere but the public internet."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import respx

from appmixer.engine.contract import RejectedError, ThrottledError
from appmixer.whatsapp.plugin.media import public_urls
from appmixer.whatsapp.plugin.media.public_urls import Resolve, fetch

Requests = Callable[[], list[httpx.Request]]

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.216.34"
MB = 1024 * 1024


def names(**addresses: Sequence[str]) -> Resolve:
    """A name server for `<word>.example`; each question takes the next address, then the last."""
    left = {f"{word}.example": list(found) for word, found in addresses.items()}

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host not in left:
            raise socket.gaierror("unknown")
        return [left[host].pop(0) if len(left[host]) > 1 else left[host][0]]

    return resolve


async def read(url: str, resolve: Resolve, field: str = "url") -> bytes:
    async with fetch(url, field=field, resolve=resolve) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def test_connects_to_the_checked_address_under_the_hosts_name(
    respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.get(f"https://{PUBLIC}/a.pdf").respond(content=b"content")

    content = await read("https://files.example/a.pdf?x=1", names(files=[PUBLIC]))

    assert content == b"content"
    [request] = requests()
    assert request.url.host == PUBLIC
    assert request.headers["host"] == "files.example"
    assert request.extensions["sni_hostname"] == "files.example"


async def test_an_answer_of_the_name_server_that_changes_leads_nowhere_else(
    respx_mock: respx.MockRouter, requests: Requests
) -> None:
    respx_mock.get(f"http://{PUBLIC}/a").respond(content=b"content")

    await read("http://files.example/a", names(files=[PUBLIC, "127.0.0.1"]))

    assert [request.url.host for request in requests()] == [PUBLIC]


async def test_one_address_inside_among_several_is_enough_to_refuse(
    respx_mock: respx.MockRouter,
) -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return [PUBLIC, "10.0.0.1"]

    with pytest.raises(RejectedError):
        await read("https://files.example/a", both)

    assert not respx_mock.calls


@pytest.mark.parametrize(
    "location",
    [
        "http://inside.example/",
        "http://127.0.0.1/",
        "//inside.example/",
        "file:///etc/passwd",
        "http://[::ffff:127.0.0.1]/",
    ],
)
async def test_a_redirect_inside_is_refused(
    respx_mock: respx.MockRouter, requests: Requests, location: str
) -> None:
    respx_mock.get(f"http://{PUBLIC}/a").respond(302, headers={"location": location})

    async def resolve(host: str, port: int) -> Sequence[str]:
        return {"files.example": [PUBLIC], "inside.example": ["10.0.0.1"]}.get(host, [host])

    with pytest.raises(RejectedError):
        await read("http://files.example/a", resolve)

    assert [request.url.host for request in requests()] == [PUBLIC]


async def test_follows_a_redirect_to_another_public_host(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"http://{PUBLIC}/a").respond(
        302, headers={"location": "https://mirror.example/b"}
    )
    respx_mock.get("https://93.184.216.35/b").respond(content=b"content")

    resolve = names(files=[PUBLIC], mirror=["93.184.216.35"])

    assert await read("http://files.example/a", resolve) == b"content"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (300, {}),
        (302, {}),
        (304, {}),
        (308, {"location": ""}),
        (300, {"location": "http://a:b/"}),
    ],
)
async def test_a_redirect_that_leads_to_no_address_is_told(
    respx_mock: respx.MockRouter, status: int, headers: dict[str, str]
) -> None:
    route = respx_mock.get(f"http://{PUBLIC}/a").respond(status, headers=headers)

    with pytest.raises(RejectedError) as caught:
        await read("http://files.example/a", names(files=[PUBLIC]))

    assert caught.value.cause == f"The host answered {status}, and no address to go on to."
    assert route.call_count == 1


async def test_redirects_without_end_are_given_up(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.get(f"http://{PUBLIC}/a").respond(302, headers={"location": "/a"})

    with pytest.raises(RejectedError) as caught:
        await read("http://files.example/a", names(files=[PUBLIC]))

    assert caught.value.cause == "It redirects too often."
    assert route.call_count == 6


async def test_an_unknown_host_is_told(respx_mock: respx.MockRouter) -> None:
    with pytest.raises(RejectedError) as caught:
        await read("http://nowhere.example/a", names())

    assert caught.value.cause == "Nobody knows the host nowhere.example."


@pytest.mark.parametrize(
    ("status", "error"), [(404, RejectedError), (403, RejectedError), (503, ThrottledError)]
)
async def test_an_answer_that_is_no_file_is_told_by_what_may_help(
    respx_mock: respx.MockRouter, status: int, error: type[Exception]
) -> None:
    respx_mock.get(f"http://{PUBLIC}/a").respond(status)

    with pytest.raises(error, match=str(status)):
        await read("http://files.example/a?secret=1", names(files=[PUBLIC]))


async def test_a_connection_that_fails_may_be_tried_later(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"http://{PUBLIC}/a").mock(side_effect=httpx.ConnectTimeout("slow"))

    with pytest.raises(ThrottledError) as caught:
        await read("http://files.example/a?secret=1", names(files=[PUBLIC]))

    assert "secret" not in str(caught.value)


async def test_a_connection_that_fails_is_told_at_the_field_that_holds_the_url(
    respx_mock: respx.MockRouter,
) -> None:
    async def breaks() -> AsyncGenerator[bytes]:
        yield b"the first half"
        raise httpx.ReadError("broken off")

    resolve, told = names(files=[PUBLIC]), list[str]()
    respx_mock.get(f"http://{PUBLIC}/never").mock(side_effect=httpx.ConnectTimeout("slow"))
    respx_mock.get(f"http://{PUBLIC}/half").mock(return_value=httpx.Response(200, content=breaks()))

    for path in ("never", "half"):
        with pytest.raises(ThrottledError) as caught:
            await read(f"http://files.example/{path}", resolve, "link")
        told.append(caught.value.field)

    assert told == ["link", "link"]


BOMB = gzip.compress(bytes(64 * MB))


@pytest.fixture
def on_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed answer has to come over a connection, and a test has none but on loopback."""

    def is_loopback(address: str) -> bool:
        return address == "127.0.0.1"

    monkeypatch.setattr(public_urls, "is_public", is_loopback)


@asynccontextmanager
async def offered(encoding: str, content: bytes) -> AsyncGenerator[str]:
    """Serve the content under a URL, packed as the header says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + content)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://files.example:{server.sockets[0].getsockname()[1]}/a"


@pytest.mark.usefixtures("on_the_internet")
@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
async def test_what_a_host_has_packed_is_taken_apart_in_small_pieces(encoding: str) -> None:
    tracemalloc.start()

    try:
        async with (
            offered(encoding, BOMB) as url,
            fetch(url, resolve=names(files=["127.0.0.1"])) as download,
        ):
            sizes = [len(chunk) async for chunk in download.chunks]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert sum(sizes) == 64 * MB
    assert most < 8 * MB


@pytest.mark.usefixtures("on_the_internet")
@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("br", b"anything"),
        ("zstd", b"anything"),
        ("deflate", b"anything"),
        ("gzip, gzip", BOMB),
        ("gzip", b"no gzip"),
        ("gzip", BOMB[:1000]),
    ],
    ids=["br", "zstd", "deflate", "twice", "no gzip", "half"],
)
async def test_what_is_packed_otherwise_or_wrongly_is_refused(
    encoding: str, content: bytes
) -> None:
    async with offered(encoding, content) as url:
        with pytest.raises(RejectedError) as caught:
            await read(url, names(files=["127.0.0.1"]))

    assert "pack" in caught.value.cause
    assert caught.value.cure == "Offer the file itself, not packed."
