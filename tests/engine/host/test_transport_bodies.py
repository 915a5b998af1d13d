"""What goes out and comes back over a real socket, byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from appmixer.engine.host.transport import open_http

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LONG = b"x" * 5_000_000


@asynccontextmanager
async def answering(answer: Answer) -> AsyncGenerator[str]:
    """A server that answers each connection so; gives its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # what was asked for ended early
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=10_000_000)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def parts(*given: bytes) -> AsyncGenerator[bytes]:
    for each in given:
        yield each


@pytest.mark.anyio
async def test_a_body_of_unknown_length_is_sent_in_chunks_and_the_connection_kept() -> None:
    came: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            came.append(await reader.readuntil(b"0\r\n\r\n"))
            writer.write(OK)

    async with answering(answer) as url, open_http() as http:
        for _ in range(2):
            given = parts(b"one", b"", b"twenty-two-characters.")
            assert (await http.post(url, content=given)).text == "ok"

    heads, bodies = zip(*(each.split(b"\r\n\r\n", 1) for each in came), strict=True)
    assert {*bodies} == {b"3\r\none\r\n16\r\ntwenty-two-characters.\r\n0\r\n\r\n"}
    assert all(b"transfer-encoding: chunked" in head.lower() for head in heads)


@pytest.mark.anyio
async def test_an_answer_before_the_end_of_a_long_body_is_told_and_the_connection_left() -> None:
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        head = await reader.readuntil(b"\r\n\r\n")
        if len(connections) == 1:
            assert b"5000000" in head
            writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!")
            await writer.drain()
            await is_told.wait()
        else:
            writer.write(OK)

    is_told = asyncio.Event()
    async with answering(answer) as url, open_http() as http:
        refused = await http.post(url, content=LONG)
        is_told.set()
        taken = await http.post(url)

    assert (refused.status_code, refused.text, taken.text) == (413, "no!", "ok")
    assert len(connections) == 2


@pytest.mark.anyio
async def test_a_body_that_fails_fails_the_call_with_its_own_error() -> None:
    class BrokenError(Exception): ...

    async def broken() -> AsyncGenerator[bytes]:
        yield b"one"
        raise BrokenError

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(answer) as url, open_http() as http:
        with pytest.raises(BrokenError):
            await http.post(url, content=broken())


@pytest.mark.anyio
async def test_a_body_shorter_than_it_says_is_an_error_and_longer_is_cut() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(3) == b"123"
        writer.write(OK)

    async with answering(answer) as url, open_http() as http:
        said = {"Content-Length": "3"}
        with pytest.raises(httpx.LocalProtocolError, match="1 bytes before"):
            await http.post(url, content=parts(b"12"), headers=said)
        assert (await http.post(url, content=parts(b"1234"), headers=said)).text == "ok"


@pytest.mark.anyio
async def test_what_comes_before_the_answer_is_passed_over() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)

    async with answering(answer) as url, open_http() as http:
        assert (await http.get(url)).text == "ok"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "head", "content"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
        (
            "GET",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            b"ok",
        ),
    ],
)
async def test_an_answer_without_a_length_or_without_a_body_leaves_the_connection_usable(
    method: str, head: bytes, content: bytes
) -> None:
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)

    async with answering(answer) as url, open_http() as http, asyncio.timeout(10):
        answers = [await http.request(method, url) for _ in range(2)]

    assert [each.content for each in answers] == [content] * 2
    assert len(connections) == 1


@pytest.mark.anyio
async def test_an_answer_that_ends_with_its_connection_is_whole() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + LONG)

    async with answering(answer) as url, open_http() as http:
        assert (await http.get(url)).content == LONG


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\0b"])
async def test_a_header_that_would_be_two_is_sent_to_nobody(value: str) -> None:
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)

    async with answering(answer) as url, open_http() as http:
        with pytest.raises(httpx.LocalProtocolError, match="control character"):
            await http.get(url, headers={"X-Name": value})

    assert connections == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"1234", {"Content-Length": "3"}),
        (b"1234", {"Content-Length": "5"}),
        (b"", {"Content-Length": "5"}),
        (b"1234", {"Transfer-Encoding": "chunked"}),
        (b"1234", {"Content-Length": "4", "Transfer-Encoding": "chunked"}),
        (parts(b"1234"), {"Content-Length": "4", "Transfer-Encoding": "chunked"}),
        (parts(b"1234"), {"Content-Length": "four"}),
    ],
)
async def test_a_body_that_would_end_in_somebody_elses_request_is_sent_to_nobody(
    content: bytes | AsyncGenerator[bytes], headers: dict[str, str]
) -> None:
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)

    async with answering(answer) as url, open_http() as http:
        with pytest.raises(httpx.LocalProtocolError, match="how long the body is"):
            await http.post(url, content=content, headers=headers)

    assert connections == []


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "//127.0.0.1/", "http:///path"])
async def test_an_address_that_is_not_of_the_web_is_named(url: str) -> None:
    async with open_http() as http:
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get(url)
