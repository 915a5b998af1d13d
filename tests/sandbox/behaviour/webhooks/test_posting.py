"""The client that posts webhooks, against servers that answer in every way."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appmixer.sandbox.behaviour.webhooks.connections import MAX_ANSWER_BYTES, Connections, PostError
from appmixer.sandbox.testing import until

pytestmark = pytest.mark.anyio

Serve = Callable[[Reader, Writer], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def served(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """A server of raw bytes; gives its port."""

    async def answer(reader: Reader, writer: Writer) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def connections() -> AsyncGenerator[Connections]:
    opened = Connections(ssl.create_default_context)
    yield opened
    opened.close()


async def read_request(reader: Reader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def answering(*answers: bytes) -> Serve:
    """One connection's answers, in order; then the connection closes."""

    async def serve(reader: Reader, writer: Writer) -> None:
        for answer in answers:
            await read_request(reader)
            writer.write(answer)

    return serve


async def post(connections: Connections, port: int, timeout_s: float = 60) -> tuple[int, str]:
    answer = await connections.post(
        f"http://127.0.0.1:{port}/hook?a=1", b"{}", {"X-Mine": "1"}, timeout_s
    )
    return answer.status, answer.text()


async def test_a_request_is_written_as_http_says(connections: Connections) -> None:
    requests: list[bytes] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        requests.append(await read_request(reader))
        writer.write(OK)

    async with served(serve) as port:
        assert await post(connections, port) == (200, "ok")

    assert requests == [
        b"POST /hook?a=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Mine: 1\r\nContent-Length: 2\r\n\r\n{}"
        % port
    ]


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, "")),
        (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", (302, "")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            (200, "abcde"),
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", (200, "until the end")),
        (b"HTTP/1.0 500 Oops\r\n\r\nold", (500, "old")),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000,
            (200, "x" * MAX_ANSWER_BYTES),
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff", (200, "\ufffd")),
    ],
)
async def test_answers_of_every_kind_are_read(
    answer: bytes, read: tuple[int, str], connections: Connections
) -> None:
    async with served(answering(answer)) as port:
        assert await post(connections, port) == read


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "the connection broke off before the answer was complete"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "the connection broke off"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the answer is no HTTP"),
    ],
)
async def test_what_is_no_answer_is_a_failure(
    answer: bytes, said: str, connections: Connections
) -> None:
    async with served(answering(answer)) as port:
        with pytest.raises(PostError, match=said):
            await post(connections, port)


async def test_connections_are_used_again(connections: Connections) -> None:
    opened: list[int] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        opened.append(len(opened))
        await answering(OK, OK, OK)(reader, writer)

    async with served(serve) as port:
        answers = [await post(connections, port) for _ in range(3)]

    assert answers == [(200, "ok")] * 3
    assert len(opened) == 1


async def test_a_connection_that_was_closed_meanwhile_is_replaced(
    connections: Connections,
) -> None:
    closed = asyncio.Event()

    async def serve(reader: Reader, writer: Writer) -> None:
        await answering(OK)(reader, writer)
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with served(serve) as port:
        first = await post(connections, port)
        await asyncio.wait_for(closed.wait(), 60)
        await until(lambda: connections.idle == 0)
        second = await post(connections, port)

    assert (first, second) == ((200, "ok"), (200, "ok"))


async def test_what_nobody_asked_for_is_not_taken_for_an_answer(
    connections: Connections,
) -> None:
    late = b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n"

    async with served(answering(OK + late)) as port:
        first = await post(connections, port)
        idle = connections.idle
        second = await post(connections, port)

    assert idle == 0
    assert (first, second) == ((200, "ok"), (200, "ok"))


async def test_a_connection_that_is_not_to_be_kept_is_not(connections: Connections) -> None:
    opened: list[int] = []
    last = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

    async def serve(reader: Reader, writer: Writer) -> None:
        opened.append(len(opened))
        await answering(last)(reader, writer)

    async with served(serve) as port:
        await post(connections, port)
        await post(connections, port)

    assert len(opened) == 2


async def test_who_does_not_answer_is_not_waited_for(connections: Connections) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.read()

    async with served(serve) as port:
        with pytest.raises(TimeoutError):
            await post(connections, port, timeout_s=0.05)


async def test_nobody_there_is_an_error(connections: Connections) -> None:
    with pytest.raises(OSError, match=r"refused|failed"):
        await post(connections, 9)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http:///a", "http://127.0.0.1:x/"])
async def test_an_address_that_cannot_be_is_refused(url: str, connections: Connections) -> None:
    with pytest.raises(PostError, match="the address is"):
        await connections.post(url, b"", {}, 1)


async def test_certificates_are_checked(tmp_path: Path) -> None:
    trusting, serving = _contexts(tmp_path)
    known, unknown = Connections(lambda: trusting), Connections(ssl.create_default_context)

    async with served(answering(OK), serving) as port:
        url = f"https://127.0.0.1:{port}/"
        answer = await known.post(url, b"", {}, 5)
        with pytest.raises(ssl.SSLError):
            await unknown.post(url, b"", {}, 5)
    known.close()
    unknown.close()

    assert (answer.status, answer.text()) == (200, "ok")


def _contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """One that trusts a new certificate, and one that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "callback")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, secret = folder / "callback.pem", folder / "callback.key"
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(shown, secret)
    return ssl.create_default_context(cafile=str(shown)), serving
