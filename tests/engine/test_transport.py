"""The HTTP client of all connectors, with peers that misbehave on a real socket."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading

import httpx
import uvloop

from appmixer.engine.contexts import open_http

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
