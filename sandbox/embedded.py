"""A sandbox in a thread beside a test, driven by plain calls, with its clock in hand."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from functools import partial
from typing import Any, Self, TypeVar

import anyio.to_thread
import httpx

from .behaviour.webhooks.courier import Courier
from .documents.document import seeder
from .protocol.shapes import Json
from .testing import DEADLINE_S, Post, Receiver, RunningSandbox, receiving, running_sandbox
from .world import seed
from .world.world import World

Result = TypeVar("Result")
LOOK_AGAIN_S = 0.005


class SandboxThread:
    """A thread with an event loop of its own, so that a test needs none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="whatsapp-sandbox", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What the work comes to, in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S * 3)

    def call(self, act: Callable[[], Result]) -> Result:
        async def acting() -> Result:
            return act()

        return self.run(acting())


class EmbeddedSandbox:
    """One sandbox for one test: its address, and everything around it that a test plays with."""

    app_id = seed.APP_ID
    app_secret = seed.APP_SECRET
    verify_token = seed.VERIFY_TOKEN
    token = seed.SYSTEM_USER_TOKEN
    waba_id = seed.WABA_ID
    phone_number_id = seed.PHONE_NUMBER_ID
    pin = seed.PIN

    def __init__(self, thread: SandboxThread, running: RunningSandbox) -> None:
        self._thread = thread
        self._running = running
        self._open = ExitStack()
        self._servers = AsyncExitStack()
        self.url = running.url
        self.clock = EmbeddedClock(self)
        self.controls = self._open.enter_context(_client(f"{self.url}/_sandbox", None))

    @property
    def world(self) -> World:
        """Everything Meta knows, to look at. It lives in another thread: change it with `do`."""
        return self._running.world

    def do(self, act: Callable[[World], Result]) -> Result:
        """Act on the world in its own thread."""
        return self._thread.call(partial(act, self.world))

    def graph(self, token: str | None = seed.SYSTEM_USER_TOKEN) -> httpx.Client:
        """A client of the Graph API; it is closed at the end of the test."""
        return self._open.enter_context(_client(f"{self.url}/v25.0", token))

    def async_graph(self, token: str | None = seed.SYSTEM_USER_TOKEN) -> httpx.AsyncClient:
        """The same for `async with` in an asynchronous test."""
        return self._running.graph(token)

    def register_number(self) -> None:
        """Make the seeded sender ready to send."""
        self.do(_register)

    def set(self, **settings: object) -> None:
        """Change settings by their names in Python: `set(instant=True)`."""
        self.control("POST", "/settings", {_camel(name): each for name, each in settings.items()})

    def fault(self, **rule: object) -> None:
        """Make calls go wrong: `fault(endpoint="messages", code=130429, count=1)`."""
        self.control("POST", "/faults", {_camel(name): each for name, each in rule.items()})

    def load(self, document: Json, *, mode: str = "replace") -> None:
        """Load a world document."""
        self.control("POST", f"/world?mode={mode}", document)

    def person(self, key: str = seed.PERSON) -> EmbeddedPerson:
        """Somebody with a phone, by number or user id."""
        return EmbeddedPerson(self, key)

    def add_person(self, **about: object) -> EmbeddedPerson:
        """Somebody else: `add_person(name="Uli", hide_phone=True)`."""
        new = self.control("POST", "/people", {_camel(name): each for name, each in about.items()})
        return EmbeddedPerson(self, new["waId"])

    def receiver(self) -> EmbeddedReceiver:
        """An endpoint for webhooks that is the app's callback and subscribed to the account."""
        receiver = self._thread.run(self._servers.enter_async_context(receiving()))
        self.connect(receiver.url)
        return EmbeddedReceiver(receiver)

    def connect(self, callback_url: str, verify_token: str = seed.VERIFY_TOKEN) -> None:
        """Make an endpoint of yours the callback. It has to answer Meta's handshake meanwhile."""
        self.control("POST", "/webhook", {"callbackUrl": callback_url, "verifyToken": verify_token})
        self.graph().post(f"/{seed.WABA_ID}/subscribed_apps").raise_for_status()

    def control(self, method: str, path: str, content: object = None) -> Json:
        """One of the controls under /_sandbox; a refusal is an AssertionError with its reason."""
        answer = self.controls.request(method, path, json=content)
        if answer.is_error:
            raise AssertionError(f"{method} /_sandbox{path}: {answer.status_code} {answer.text}")
        parsed: Json = answer.json()
        return parsed

    def close(self) -> None:
        self._open.close()
        self._thread.run(self._servers.aclose())


class EmbeddedClock:
    """The sandbox's time. What falls due when it is moved has happened when the call is over."""

    def __init__(self, sandbox: EmbeddedSandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> float:
        return self._sandbox.do(lambda world: world.clock.now())

    def freeze(self) -> None:
        self._sandbox.do(lambda world: world.clock.freeze(frozen=True))

    def run(self, speed: float = 1.0) -> None:
        """Let it pass again, at this speed."""

        def run(world: World) -> None:
            world.clock.freeze(frozen=False)
            world.clock.run_at(speed)

        self._sandbox.do(run)

    def advance(self, seconds: float) -> None:
        self._sandbox.do(lambda world: world.clock.move_to(world.clock.now() + seconds))


class EmbeddedPerson:
    """Somebody with a phone who talks to the business."""

    def __init__(self, sandbox: EmbeddedSandbox, key: str) -> None:
        self._sandbox = sandbox
        self.key = key

    def write(self, text: str = "hi", **message: object) -> str:
        """Write a text, or `write(type="location", location={…})`; gives the message's id."""
        content = message if message else {"type": "text", "text": {"body": text}}
        path = f"/people/{self.key}/messages"
        written: str = self._sandbox.control("POST", path, content)["id"]
        return written

    def change(self, **about: object) -> None:
        """As PATCH /_sandbox/people/{key}: `change(online=False, read_receipts=False)`."""
        changes = {_camel(name): each for name, each in about.items()}
        self._sandbox.control("PATCH", f"/people/{self.key}", changes)

    @property
    def messages(self) -> list[Json]:
        """What the phone shows: both directions, oldest first."""
        shown = self._sandbox.control("GET", f"/people/{self.key}/messages")
        messages: list[Json] = shown["messages"]
        return messages


class EmbeddedReceiver:
    """An endpoint for webhooks: what arrived, and what it answers."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.url = receiver.url

    @property
    def posts(self) -> list[Post]:
        return list(self._receiver.posts)

    def items(self, part: str) -> list[Json]:
        """All `messages` or all `statuses` so far, in the order they came."""
        return self._receiver.items(part)

    def answer(self, *statuses: int) -> None:
        """Answer the next posts so; those after them with 200."""
        self._receiver.answers.extend(statuses)

    def wait_for(self, part: str, count: int = 1, deadline_s: float = DEADLINE_S) -> list[Json]:
        end = time.monotonic() + deadline_s
        while len(found := self.items(part)) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} of {count} {part} came within {deadline_s:g} s")
            time.sleep(LOOK_AGAIN_S)
        return found

    async def arrival(
        self, part: str, count: int = 1, deadline_s: float = DEADLINE_S
    ) -> list[Json]:
        """The same for an asynchronous test, whose loop goes on meanwhile."""
        return await anyio.to_thread.run_sync(partial(self.wait_for, part, count, deadline_s))


@contextmanager
def embedded(thread: SandboxThread, document: object = None) -> Generator[EmbeddedSandbox]:
    """A sandbox in the thread while the block runs."""
    world = World(seed.seed if document is None else seeder(document), Courier)
    stack = AsyncExitStack()
    running = thread.run(stack.enter_async_context(running_sandbox(world)))
    sandbox = EmbeddedSandbox(thread, running)
    try:
        yield sandbox
    finally:
        sandbox.close()
        thread.run(stack.aclose())


def _client(base_url: str, token: str | None) -> httpx.Client:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.Client(
        base_url=base_url, headers=headers, trust_env=False, verify=False, timeout=DEADLINE_S
    )


def _register(world: World) -> None:
    number = world.numbers[seed.PHONE_NUMBER_ID]
    number.is_registered = True
    number.onboarded_at = world.clock.now()


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
