"""A callback that resets its connections, as the one of a process that is being killed does."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import uvloop

from appmixer.sandbox.testing import RunningSandbox, running_sandbox, until
from appmixer.sandbox.world import seed

RESET_AT_ONCE = struct.pack("ii", 1, 0)
RESETS, PEOPLE = 100, 30


@dataclass
class Moody:
    """Answers the handshake, then resets so many connections, then takes all messages."""

    listening: socket.socket
    resets_left: int = 0
    taken: int = 0
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}/"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        if self.resets_left:
            self.resets_left -= 1
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
            return
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        target = urlsplit(head.split()[1].decode())
        challenge = parse_qs(target.query).get("hub.challenge", [""])[0]
        if not challenge:
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            # Under load two people's messages share a POST.
            self.taken += body.count(b'"wamid.')
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(challenge)}\r\nConnection: close\r\n\r\n"
        connection.sendall((answer + challenge).encode())


async def write_to_all(sandbox: RunningSandbox, moody: Moody) -> None:
    async with sandbox.graph() as graph, sandbox.controls() as controls:
        await controls.post("/webhook", json={"callbackUrl": moody.url})
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps")
        await graph.post(f"/{seed.PHONE_NUMBER_ID}/register", json={"pin": seed.PIN} | PRODUCT)
        await controls.post("/settings", json={"retryDelaysS": [0.01] * 1000})
        moody.resets_left = RESETS
        for number in range(PEOPLE):
            person = f"1650558{number:04d}"
            await controls.post("/people", json={"waId": person})
            text = {"type": "text", "text": {"body": "Hi"}}
            answer = await controls.post(f"/people/{person}/messages", json=text)
            assert answer.status_code == 201, answer.text
        await until(lambda: moody.taken == PEOPLE)


PRODUCT = {"messaging_product": "whatsapp"}


def test_a_callback_that_resets_connections_stops_no_conversation() -> None:
    async def story(moody: Moody) -> None:
        async with running_sandbox() as sandbox:
            await write_to_all(sandbox, moody)

    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        moody = Moody(listening)

        # On uvloop a connection that is gone at once fails in a way httpx does not know.
        uvloop.run(story(moody))

        listening.shutdown(socket.SHUT_RDWR)
        moody.thread.join()

    assert (moody.taken, moody.resets_left) == (PEOPLE, 0)
