"""The journal of sends, seen from the other end of a real connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from appmixer.engine.contract import Json, Wait
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.sending.texts import TextInput

pytestmark = pytest.mark.anyio

NUMBER = "106540352242922"
ANSWER = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
    "messages": [{"id": "wamid.1"}],
}


@dataclass
class Graph:
    """A server that notes what the journal holds when a request has arrived."""

    context: RecordingContext
    answers: bool = True
    journal: list[Mapping[str, Json]] = field(default_factory=list[Mapping[str, Json]])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # the connection was made, and then not used
            writer.close()
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        try:
            await reader.readexactly(length)
        except asyncio.IncompleteReadError:  # a head without its body does nothing
            writer.close()
            return
        self.journal.append(dict(await self.context.store.scan("send:")))
        if self.answers:
            body = json.dumps(ANSWER).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()


@pytest.fixture
async def graph(context: RecordingContext) -> AsyncIterator[Graph]:
    graph = Graph(context)
    server = await asyncio.start_server(graph.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    point_to(context, port)
    async with server:
        yield graph


def journal_key(context: RecordingContext) -> str:
    return f"send:102290129340398:{context.step_id}"


def point_to(context: RecordingContext, port: int) -> None:
    host = context.host
    host.configuration = {**host.configuration, "graphUrl": f"http://127.0.0.1:{port}"}


async def send(context: RecordingContext) -> Any:
    input = TextInput(phone_number_id=NUMBER, to="+16505551234", text="hi")
    return await SendText().receive(context, input)


async def test_a_send_is_in_the_journal_before_its_request_arrives(
    context: RecordingContext, graph: Graph
) -> None:
    sent = await send(context)

    assert sent.message_id == "wamid.1"
    [journal] = graph.journal
    assert [each["state"] for each in journal.values() if isinstance(each, dict)] == ["sending"]


async def test_nothing_is_in_the_journal_when_no_connection_could_be_made(
    context: RecordingContext,
) -> None:
    point_to(context, 9)

    with pytest.raises(Exception, match="cannot be reached"):
        await send(context)

    assert await context.store.scan("send:") == {}


async def test_a_send_that_another_process_has_begun_does_not_leave(
    context: RecordingContext, graph: Graph
) -> None:
    graph.answers = False

    first = await send(context)
    second = await send(context)

    assert isinstance(first, Wait)
    assert second == first
    assert len(graph.journal) == 1


async def test_two_executions_of_one_step_at_once_make_one_request(
    context: RecordingContext, graph: Graph
) -> None:
    sent = await asyncio.gather(send(context), send(context))

    assert len(graph.journal) == 1
    assert [each.message_id for each in sent if not isinstance(each, Wait)] == ["wamid.1"]


async def test_a_send_that_a_crash_has_kept_back_is_made(
    context: RecordingContext, graph: Graph
) -> None:
    await context.store.add(journal_key(context), {"state": "sending", "attempt": "dead"})
    context.not_acted = {"dead"}

    sent = await send(context)

    assert sent.message_id == "wamid.1"
    assert len(graph.journal) == 1


async def test_a_send_of_which_nobody_knows_whether_it_left_is_not_repeated(
    context: RecordingContext, graph: Graph
) -> None:
    await context.store.add(journal_key(context), {"state": "sending", "attempt": "dead"})

    sent = await send(context)

    assert isinstance(sent, Wait)
    assert graph.journal == []


async def test_a_send_whose_answer_was_lost_is_not_repeated_however_it_began(
    context: RecordingContext, graph: Graph
) -> None:
    await context.store.add(journal_key(context), {"state": "unknown", "attempt": "dead"})
    context.not_acted = {"dead"}

    sent = await send(context)

    assert isinstance(sent, Wait)
    assert graph.journal == []


async def test_a_step_says_that_it_leaves_once_the_journal_has_it(
    context: RecordingContext, graph: Graph
) -> None:
    assert context.acted == []

    await send(context)

    assert context.acted == [context.attempt]


async def test_a_send_that_left_after_an_earlier_one_had_stayed_is_not_repeated(
    context: RecordingContext, graph: Graph
) -> None:
    await context.store.add(journal_key(context), {"state": "sending", "attempt": "dead"})
    context.not_acted = {"dead"}
    graph.answers = False
    await send(context)
    await context.store.put(
        {journal_key(context): {"state": "sending", "attempt": context.attempt}}
    )

    context.attempt = "attempt-2"
    again = await send(context)

    assert isinstance(again, Wait)
    assert len(graph.journal) == 1


async def test_two_attempts_after_one_that_has_stayed_make_one_request(
    context: RecordingContext, graph: Graph
) -> None:
    await context.store.add(journal_key(context), {"state": "sending", "attempt": "dead"})
    context.not_acted = {"dead"}

    await asyncio.gather(send(context), send(context))

    assert len(graph.journal) == 1


async def test_an_attempt_that_died_while_it_followed_another_is_followed_in_turn(
    context: RecordingContext, graph: Graph
) -> None:
    key = journal_key(context)
    await context.store.add(key, {"state": "sending", "attempt": "first"})
    await context.store.add(f"{key}:after:first", {"state": "sending", "attempt": "second"})
    context.not_acted = {"first", "second"}

    sent = await send(context)

    assert sent.message_id == "wamid.1"
    assert len(graph.journal) == 1
