"""The choices of a field: paged, searched, kept for a minute, and explained where none are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

import httpx
import pytest

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Choices,
    ComponentContext,
    Connector,
    Fields,
    HostContext,
    Json,
    JsonObject,
    NothingToChooseError,
    Option,
    ThrottledError,
    connectors_of,
    hookimpl,
)
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host import choosing
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

from ..branches import module_with
from ..conftest import CONNECTOR, Echo

pytestmark = pytest.mark.anyio


class Library(Echo):
    """The plugin; `asked` tells what its service was asked, and by which account."""

    def __init__(self, host: HostContext) -> None:
        super().__init__(host)
        self.books = [Option("moby-dick", "Moby Dick", "Melville", badge="torn", state="advice")]
        self.asked: list[tuple[str, JsonObject]] = []
        self.error: Exception | None = None
        self.was_asked, self.is_open = asyncio.Event(), asyncio.Event()
        self.is_open.set()


async def books(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    library = context.plugin
    assert isinstance(library, Library)
    library.asked.append((context.account.id, input))
    library.was_asked.set()
    if not input:
        await library.is_open.wait()
    if library.error is not None:
        raise library.error
    for book in library.books:
        yield book


class Read(Action):
    """https://example.org/read"""

    label = "Read"

    class Input(Fields):
        shelf: str = ""
        book: Annotated[str, Choices(books, depends_on=["shelf"])] = ""
        page: int = 1

    class Output(Fields):
        text: str

    async def receive(self, context: ActionContext, input: Input) -> Output:
        return self.Output(text=input.book)


class Lend(Read):
    """https://example.org/lend"""

    label = "Lend"


@pytest.fixture
def connectors() -> dict[str, Connector]:
    def plugin(host: HostContext) -> Library:
        return Library(host)

    module = module_with(Read, Lend)
    module.appmixer_plugin = hookimpl(plugin)
    return connectors_of(module)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(
    settings: Settings, connectors: dict[str, Connector], clock: Clock
) -> AsyncIterator[Engine]:
    async with open_engine(settings, connectors, clock) as engine:
        yield engine


@pytest.fixture
def library(engine: Engine, owner: str) -> Library:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Library)
    return plugin


async def ask(
    client: httpx.AsyncClient, component: str = "Read", input: Any = None, **query: Any
) -> httpx.Response:
    """Ask for the books."""
    asked = {"type": f"test.echo.{component}", "field": "book", "account": "keys"}
    return await client.post("/api/options", json={**asked, "input": input or {}, **query})


def values(answer: httpx.Response) -> list[str]:
    return [each["value"] for each in answer.json()["options"]]


async def test_choices_say_how_each_stands(admin: httpx.AsyncClient, library: Library) -> None:
    answer = await ask(admin)

    assert answer.json() == {
        "options": [
            {
                "value": "moby-dick",
                "label": "Moby Dick",
                "hint": "Melville",
                "badge": "torn",
                "state": "advice",
                "isDisabled": False,
            }
        ],
        "next": None,
        "explanation": None,
    }


async def test_a_long_list_is_told_page_by_page_and_asked_for_once(
    admin: httpx.AsyncClient, library: Library
) -> None:
    library.books = [Option(f"book-{n}", f"Book {n}") for n in range(250)]

    pages = [await ask(admin)]
    while following := pages[-1].json()["next"]:
        pages.append(await ask(admin, after=following))

    assert [len(values(page)) for page in pages] == [100, 100, 50]
    assert [each for page in pages for each in values(page)] == [b.value for b in library.books]
    assert len(library.asked) == 1


async def test_a_search_finds_what_has_all_of_its_words_anywhere(
    admin: httpx.AsyncClient, library: Library
) -> None:
    library.books += [Option("emma", "Emma", "Austen"), Option("omoo", "Omoo", "Melville")]

    found = await ask(admin, search="MELVILLE dick")
    none = await ask(admin, search="tolstoy")

    assert values(found) == ["moby-dick"]
    assert values(none) == []
    assert none.json()["explanation"]["title"] == "Nothing here is called 'tolstoy'"
    assert len(library.asked) == 1


async def test_what_is_said_instead_of_a_list_is_told_as_an_explanation(
    admin: httpx.AsyncClient, library: Library
) -> None:
    library.error = NothingToChooseError("Choose the shelf first", "It has them.", "Do.", "shelf")

    answer = await ask(admin)

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "options": [],
            "next": None,
            "explanation": {
                "title": "Choose the shelf first",
                "cause": "It has them.",
                "cure": "Do.",
                "field": "shelf",
            },
        },
    )


async def test_an_empty_list_is_explained_too(admin: httpx.AsyncClient, library: Library) -> None:
    library.books = []

    answer = await ask(admin)

    assert answer.json()["explanation"]["title"] == "There is nothing to choose from"


async def test_an_error_is_told_as_one_and_not_kept(
    admin: httpx.AsyncClient, library: Library
) -> None:
    library.error = ThrottledError("Too many readers", "There is a queue.", retry_after_s=5)
    failed = await ask(admin)
    library.error = None

    after = await ask(admin)

    assert (failed.status_code, failed.json()["error"]["title"]) == (429, "Too many readers")
    assert values(after) == ["moby-dick"]


async def test_choices_are_kept_for_a_minute_for_all_components_that_offer_them(
    admin: httpx.AsyncClient, library: Library, clock: Clock
) -> None:
    await ask(admin)
    clock.advance(59)
    await ask(admin, "Lend", {"page": 2})
    asked_before = len(library.asked)
    clock.advance(2)

    await ask(admin)

    assert (asked_before, len(library.asked)) == (1, 2)


async def test_choices_are_found_again_for_another_account_owner_or_deciding_field(
    engine: Engine,
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    owner: str,
    library: Library,
) -> None:
    [other_id] = {each["id"] for each in await engine.owners.list()} - {owner}
    for whose, name in ((owner, "spare"), (other_id, "keys")):
        await engine.accounts.connect_token(whose, CONNECTOR, "hall+cellar", name)

    await ask(admin)
    await ask(admin, account="spare")
    await ask(other)
    await ask(admin, input={"shelf": "a"})

    assert [given for _, given in library.asked] == [{}, {}, {}, {"shelf": "a"}]
    assert len({account for account, _ in library.asked}) == 3


async def test_nobody_gets_the_choices_of_an_account_of_others(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, library: Library
) -> None:
    await ask(admin)

    answer = await ask(other)

    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "account"


async def test_an_account_that_has_changed_is_asked_again(
    engine: Engine, admin: httpx.AsyncClient, owner: str, library: Library
) -> None:
    await ask(admin)
    await engine.accounts.connect_token(owner, CONNECTOR, "attic", "keys")

    await ask(admin)

    assert len(library.asked) == 2


async def test_who_asks_while_it_is_being_found_waits_for_the_same(
    admin: httpx.AsyncClient, library: Library
) -> None:
    library.is_open.clear()
    asking = [asyncio.ensure_future(ask(admin, search=each)) for each in ("m", "mo")]
    await library.was_asked.wait()
    # The way that both have gone by then, several times over.
    for shelf in "abcd":
        await ask(admin, input={"shelf": shelf})
    library.is_open.set()

    answers = await asyncio.gather(*asking)

    assert [values(each) for each in answers] == [["moby-dick"]] * 2
    assert [given for _, given in library.asked].count({}) == 1


async def test_a_service_that_does_not_answer_is_not_waited_for(
    admin: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "PATIENCE_S", 0.01)
    library.is_open.clear()

    answer = await ask(admin)

    assert answer.status_code == 429
    assert answer.json()["error"]["title"] == "The list takes too long"


async def test_a_list_without_end_is_read_no_further_than_people_look(
    admin: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "MAX_CHOICES", 50)
    library.books = [Option(f"{n}", f"Book {n}") for n in range(100)]

    answer = await ask(admin)

    assert len(values(answer)) == 50
    assert answer.json()["explanation"]["title"] == "Only the first 50 are listed"


async def test_lists_that_were_not_asked_for_lately_are_forgotten(
    admin: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "MAX_KEPT_CHARS", 1_500)
    for shelf in ("a", "b", "a", "c", "d", "a"):
        await ask(admin, input={"shelf": shelf})

    await ask(admin, input={"shelf": "b"})

    asked: list[Json] = [given["shelf"] for _, given in library.asked]
    assert asked == ["a", "b", "c", "d", "b"]


async def test_a_field_that_decides_by_an_expression_is_named(
    admin: httpx.AsyncClient, library: Library
) -> None:
    answer = await ask(admin, input={"shelf": "{{ incoming.heard.text }}"})

    explanation = answer.json()["explanation"]
    assert explanation["title"] == "What there is to choose from depends on shelf"
    assert (explanation["field"], library.asked) == ("shelf", [])


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ({"field": "page"}, 404, "has no choices for 'page'; it has them for: book"),
        ({"type": "test.echo.Shout"}, 404, "There is no component 'test.echo.Shout'"),
        ({"account": "nosuch"}, 422, "nosuch"),
        ({"after": -1}, 422, "after"),
        ({"search": "x" * 201}, 422, "search"),
        ({"input": {"shelf": [0] * 20_000}}, 422, "10,000 values"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    admin: httpx.AsyncClient, library: Library, query: dict[str, Any], status: int, told: str
) -> None:
    answer = await ask(admin, **query)

    assert answer.status_code == status
    assert told in answer.text
    assert library.asked == []
