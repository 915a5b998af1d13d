"""The HTTP client of all connectors, with peers that misbehave on a real socket."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appmixer.engine.contract.decompression import unpacked
from appmixer.engine.host.calls import MOMENT
from appmixer.engine.host.transport import open_http

RESET_AT_ONCE = struct.pack("ii", 1, 0)


def reset_everything(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        connection.close()


async def failures_of(url: str, count: int) -> list[BaseException | httpx.Response]:
    async with open_http() as http:
        posts = [http.post(url, content=b"x") for _ in range(count)]
        return await asyncio.gather(*posts, return_exceptions=True)


def test_a_peer_that_resets_every_connection_causes_transport_errors_only() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        resetting = threading.Thread(target=reset_everything, args=(listening,), daemon=True)
        resetting.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

        # uvloop is what the engine runs on, and where it happens.
        found = uvloop.run(failures_of(url, 200))

        listening.shutdown(socket.SHUT_RDWR)
        resetting.join()

    assert [each for each in found if not isinstance(each, httpx.TransportError)] == []


@dataclass
class Peer:
    """Answers every request, and counts the connections; `patience` requests for each."""

    patience: int = 1_000_000
    url: str = ""
    connections: int = 0
    heads: list[bytes] = field(default_factory=list[bytes])
    bodies: list[bytes] = field(default_factory=list[bytes])
    may_hang_up: asyncio.Event | None = None
    has_hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for _ in range(self.patience):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            self.heads.append(head.lower())
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
            self.bodies.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
        if self.may_hang_up is not None:
            await self.may_hang_up.wait()
        writer.close()
        await writer.wait_closed()
        self.has_hung_up.set()


@asynccontextmanager
async def listening_peer(peer: Peer, context: ssl.SSLContext | None = None) -> AsyncGenerator[Peer]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=context)
    scheme = "https" if context else "http"
    peer.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield peer


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server for 127.0.0.1 needs; this process trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    today = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path, key_path = tmp_path / "peer.pem", tmp_path / "peer.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return context


@pytest.mark.anyio
async def test_a_connection_is_used_again_also_for_bodies_that_fill_it() -> None:
    large = b"x" * 20_000_000
    async with listening_peer(Peer()) as peer, open_http() as http:
        answers = [await http.post(peer.url, content=body) for body in (b"a", large, b"b")]

    assert [answer.text for answer in answers] == ["ok"] * 3
    assert peer.bodies == [b"a", large, b"b"]
    assert peer.connections == 1


@pytest.mark.anyio
async def test_what_a_service_gave_with_one_call_goes_with_no_other() -> None:
    async with listening_peer(Peer()) as peer, open_http() as http:
        answers = [await http.get(peer.url) for _ in range(2)]

    assert [answer.cookies["a"] for answer in answers] == ["b", "b"]
    assert [head for head in peer.heads if b"cookie" in head] == []


@pytest.mark.anyio
async def test_a_short_answer_is_read_without_its_stream() -> None:
    async with listening_peer(Peer()) as peer, open_http() as http:
        answer = await http.send(http.build_request("GET", peer.url), stream=True)
        content = [piece async for piece in unpacked(answer)]
        has_streamed = answer.is_stream_consumed
        await answer.aclose()

    assert content == [b"ok"]
    assert not has_streamed


STREAMED: dict[str, Any] = {"stream": True, "follow_redirects": False}


def timed(url: str) -> httpx.Request:
    """Return a request with time-outs of its own, which httpx's client then adds nothing to."""
    extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 5.0)}
    headers = {"Host": httpx.URL(url).netloc.decode(), "Content-Length": "1"}
    return httpx.Request("POST", url, headers=headers, content=b"x", extensions=extensions)


@pytest.mark.anyio
async def test_what_is_streamed_and_not_redirected_is_answered_as_httpx_answers() -> None:
    async with listening_peer(Peer()) as peer, open_http() as http:
        request = timed(peer.url)
        bare = await http.send(request, **STREAMED)
        content = await bare.aread()
        whole = await http.send(timed(peer.url))

    assert (bare.status_code, bare.headers, content) == (200, whole.headers, whole.content)
    assert bare.request is request
    assert peer.bodies == [b"x", b"x"]
    assert peer.heads[0] == peer.heads[1]


@pytest.mark.anyio
async def test_a_name_and_a_password_in_an_address_are_sent_also_when_it_is_streamed() -> None:
    async with listening_peer(Peer()) as peer, open_http() as http:
        url = peer.url.replace("http://", "http://ann:secret@")
        answer = await http.send(timed(url), **STREAMED)
        await answer.aread()

    assert b"basic yw5uonnly3jlda==" in peer.heads[0]


@pytest.mark.anyio
async def test_a_closed_client_sends_nothing() -> None:
    async with listening_peer(Peer()) as peer:
        http = open_http()
        await http.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await http.send(timed(peer.url), **STREAMED)

    assert peer.heads == []


@pytest.mark.anyio
async def test_tls_is_spoken_and_checked(certified: ssl.SSLContext) -> None:
    async with listening_peer(Peer(), certified) as peer, open_http() as http:
        large = b"x" * 3_000_000
        answers = [await http.post(peer.url, content=body) for body in (b"a", large)]
        with pytest.raises(httpx.ConnectError):
            await http.post(peer.url.replace("127.0.0.1", "localhost"), content=b"c")

    assert [answer.text for answer in answers] == ["ok"] * 2
    assert peer.bodies == [b"a", large]


@pytest.mark.anyio
async def test_a_connection_that_the_peer_has_closed_is_not_used_again() -> None:
    async with listening_peer(Peer(patience=1)) as peer, open_http() as http:
        answers = [await http.post(peer.url, content=b"a")]
        await peer.has_hung_up.wait()
        answers.append(await http.post(peer.url, content=b"b"))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert peer.connections == 2


@pytest.mark.anyio
async def test_a_connection_that_the_peer_closes_in_the_moment_is_replaced() -> None:
    moments: list[str] = []

    async def moment(name: str, _: object) -> None:
        if name == MOMENT:
            moments.append(name)
            hang_up.set()
            await peer.has_hung_up.wait()

    hang_up = asyncio.Event()
    async with listening_peer(Peer(patience=1, may_hang_up=hang_up)) as peer, open_http() as http:
        await http.post(peer.url, content=b"a")
        answer = await http.post(peer.url, content=b"b", extensions={"trace": moment})

    assert (answer.status_code, peer.bodies, peer.connections) == (200, [b"a", b"b"], 2)
    assert moments == [MOMENT]


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1:9", "no-such-host.invalid", f"{'a' * 70}.invalid"])
async def test_a_peer_that_is_not_there_is_a_connection_error(host: str) -> None:
    async with open_http() as http:
        with pytest.raises(httpx.ConnectError):
            await http.post(f"http://{host}/", content=b"a")


@pytest.mark.anyio
async def test_a_silent_peer_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        async with open_http() as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.post(url, content=b"a", timeout=0.05)


@pytest.mark.anyio
@pytest.mark.parametrize("length", [10, 1_000_000], ids=["short", "long"])
async def test_a_peer_that_falls_silent_amid_its_answer_is_a_timeout(length: int) -> None:
    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nhalf" % length)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with open_http() as http, asyncio.timeout(10):
            with pytest.raises(httpx.ReadTimeout):
                await http.get(url, timeout=0.2)


def head_only(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"<html>no HTTP</html>\r\n\r\n")


def nothing(connection: socket.socket) -> None: ...


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)


@pytest.mark.parametrize("on_kept_connection", [False, True])
@pytest.mark.parametrize("is_encrypted", [False, True])
@pytest.mark.parametrize("answer", [head_only, nonsense, nothing, reset])
def test_what_was_taken_and_not_answered_counts_as_sent_and_is_sent_once(
    answer: Callable[[socket.socket], None],
    is_encrypted: bool,
    on_kept_connection: bool,
    certified: ssl.SSLContext,
) -> None:
    bodies: list[bytes] = []
    moments: list[str] = []

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError):
                if is_encrypted:
                    connection = certified.wrap_socket(connection, server_side=True)
                while head := _until_empty_line(connection):
                    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                    bodies.append(connection.recv(length))
                    if bodies[-1] != b"first":
                        answer(connection)
                        break
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.close()

    async def moment(name: str, _: object) -> None:
        moments.append(name)

    async def post(url: str) -> BaseException | None:
        async with open_http() as http:
            if on_kept_connection:
                await http.post(url, content=b"first")
            try:
                await http.post(url, content=b"a", timeout=10, extensions={"trace": moment})
            except httpx.TransportError as error:
                return error
            finally:
                await asyncio.sleep(0.2)  # TLS takes leave before the loop is closed
        return None

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, args=(listening,), daemon=True)
        serving.start()
        scheme = "https" if is_encrypted else "http"
        failure = uvloop.run(post(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/"))
        listening.shutdown(socket.SHUT_RDWR)
        serving.join()

    assert isinstance(failure, httpx.ReadError | httpx.RemoteProtocolError), repr(failure)
    assert bodies[-1:] == [b"a"]
    assert len([body for body in bodies if body == b"a"]) == 1
    assert moments == ["http11.send_request_body.started"]


def _until_empty_line(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        head += byte
    return head


@pytest.mark.anyio
async def test_no_time_limit_of_a_connection_runs_while_a_call_is_journalled() -> None:
    async def commit(*_: object) -> None:
        await asyncio.sleep(1.2)

    async with listening_peer(Peer()) as peer, open_http() as http:
        timeout = httpx.Timeout(10, connect=1)
        answered = await http.post(peer.url, timeout=timeout, extensions={"trace": commit})

    assert answered.text == "ok"


@pytest.mark.anyio
async def test_a_call_that_fails_before_its_moment_was_not_sent() -> None:
    moments: list[str] = []

    async def moment(name: str, _: object) -> None:
        moments.append(name)

    async with open_http() as http:
        with pytest.raises(httpx.ConnectError):
            await http.post("http://127.0.0.1:9/", content=b"a", extensions={"trace": moment})

    assert moments == []


@pytest.mark.anyio
async def test_what_the_moment_raises_is_raised_and_nothing_is_sent() -> None:
    class StopError(Exception): ...

    async def moment(name: str, _: object) -> None:
        raise StopError

    async with listening_peer(Peer()) as peer, open_http() as http:
        with pytest.raises(StopError):
            await http.post(peer.url, content=b"a", extensions={"trace": moment})
        await http.post(peer.url, content=b"b")

    assert peer.bodies == [b"b"]


@pytest.mark.anyio
async def test_a_body_is_streamed_both_ways_and_left_when_the_reader_leaves() -> None:
    async def parts() -> AsyncGenerator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    async with listening_peer(Peer()) as peer, open_http() as http:
        request = http.build_request(
            "POST", peer.url, content=parts(), headers={"Content-Length": "100000"}
        )
        answer = await http.send(request, stream=True)
        first = await anext(answer.aiter_raw(1))
        await answer.aclose()
        again = await http.post(peer.url, content=b"b")

    assert (first, again.text) == (b"o", "ok")
    assert peer.bodies == [b"x" * 100_000, b"b"]


@pytest.mark.anyio
async def test_a_cancelled_call_leaves_its_connection_to_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        async with open_http() as http:
            asking = asyncio.create_task(http.post(url, content=b"a"))
            connection, _ = await asyncio.to_thread(listening.accept)
            connection.settimeout(10)
            came = connection.makefile("rb")
            head = await asyncio.to_thread(_until_empty_line, connection)
            body = await asyncio.to_thread(came.read, 1)
            asking.cancel()
            await asyncio.wait([asking])
            rest = await asyncio.to_thread(came.read)
            connection.close()

    assert head
    assert asking.cancelled()
    assert (body, rest) == (b"a", b""), "and then the end"
