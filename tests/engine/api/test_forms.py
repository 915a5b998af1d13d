"""Forms: ports and fields that depend on the input, told, checked, kept and marked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.contract import (
    Component,
    ComponentContext,
    Connector,
    Form,
    Json,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine
from appmixer.engine.host.retention import DAY_S, remove_old
from appmixer.engine.observe import stream
from appmixer.engine.storage.tables import forms

from ..branches import PASSED, Letter, Notice, Post, Switch, module_with
from ..conftest import CONNECTOR

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
PATH = "/api/flows/f"
LETTER = "test.echo.Letter"


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = module_with(Switch, Letter, Notice)
    module.appmixer_texts = hookimpl(lambda: {"de": {"What stands in {}.": "Was in {} steht."}})
    return connectors_of(module)


@pytest.fixture
def post(engine: Engine) -> Post:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Post)
    return plugin


def step(name: str, source: str, port: str, **input: Any) -> dict[str, Any]:
    return {
        "type": f"test.echo.{name}",
        "account": "keys",
        "source": {"in": {source: [port]}},
        "input": input,
    }


def switching(cases: Any) -> dict[str, Any]:
    """What was heard decides, and a step says so behind the case `sales` and behind the rest."""
    return {
        "name": "Switching",
        "components": {
            "in1": {"type": "test.echo.Heard", "account": "keys"},
            "switch": step("Switch", "in1", "heard", value="{{ in1.heard.text }}", cases=cases),
            "sold": step("Say", "switch", "sales", text="sold {{ switch.sales.text }}"),
            "other": step("Say", "switch", "else", text="other {{ switch.text }}"),
        },
    }


def writing(template: str = "hello", **more: Any) -> dict[str, Any]:
    """A letter for what was heard."""
    letter = step("Letter", "in1", "heard", template=template)
    letter["input"] |= more
    return {
        "name": "Writing",
        "components": {
            "in1": {"type": "test.echo.Heard", "account": "keys"},
            "letter": letter,
        },
    }


async def ask(client: httpx.AsyncClient, name: str = LETTER, **input: Any) -> httpx.Response:
    query = {"type": name, "account": "keys", "input": input}
    return await client.post("/api/forms", json=query)


def faults_in(answer: httpx.Response) -> dict[str, str]:
    return {each["path"]: each["text"] for each in answer.json()["errors"]}


async def test_a_form_tells_the_ports_that_an_input_makes(
    admin: httpx.AsyncClient, owner: str
) -> None:
    query = {"type": "test.echo.Switch", "input": {"cases": ["sales", "true"]}}

    answer = await admin.post("/api/forms", json=query)
    empty = await admin.post("/api/forms", json={"type": "test.echo.Switch"})

    assert answer.status_code == 200
    assert answer.json()["ports"] == [
        {"name": "else", "isMain": True, "path": []},
        {"name": "sales", "isMain": False, "path": ["sales"]},
        {"name": "true", "isMain": False, "path": []},
    ]
    assert answer.json()["schema"]["x-ports"]["sales"] == PASSED
    assert [port["name"] for port in empty.json()["ports"]] == ["else"]


async def test_a_form_is_said_in_the_readers_language(admin: httpx.AsyncClient, owner: str) -> None:
    query = {"type": LETTER, "account": "keys", "input": {"template": "hello"}}

    german = await admin.post("/api/forms", json=query, headers={"Accept-Language": "de"})
    english = await ask(admin, template="hello")

    told = [each.json()["schema"]["properties"]["parameters"] for each in (german, english)]
    assert [each["description"] for each in told] == [
        "Was in the letter steht.",
        "What stands in the letter.",
    ]
    assert german.headers["content-language"] == "de"
    assert german.json()["form"] == english.json()["form"]


async def test_a_form_tells_the_fields_that_the_service_decides_on(
    admin: httpx.AsyncClient, owner: str
) -> None:
    [connector] = (await admin.get("/api/components")).json()["connectors"]
    plain = next(each for each in connector["components"] if each["name"] == LETTER)["schema"]

    hello = (await ask(admin, template="hello")).json()
    thanks = (await ask(admin, template="thanks")).json()

    assert plain["x-form"] == {
        "inputs": ["template"],
        "fields": ["parameters"],
        "ports": False,
        "asksService": True,
    }
    assert hello["schema"]["properties"]["parameters"]["required"] == ["name"]
    assert hello["schema"]["required"] == ["template", "parameters"]
    assert thanks["schema"]["required"] == ["template"]
    assert hello["form"] == (await ask(admin, template="hello")).json()["form"]
    assert hello["form"] != thanks["form"]


@pytest.mark.parametrize(
    ("query", "status", "field", "sentence"),
    [
        ({"type": LETTER, "input": {"template": "hello"}}, 422, "account", "No account is chosen"),
        (
            {"type": LETTER, "account": "keys", "input": {"template": "gone"}},
            422,
            "template",
            "There is no such template",
        ),
        (
            {"type": LETTER, "account": "keys", "input": {"template": "{{ in1.heard.text }}"}},
            422,
            "template",
            "template is an expression",
        ),
        (
            {"type": LETTER, "account": "keys", "input": {"template": "bug"}},
            422,
            None,
            "The form of Letter cannot be made",
        ),
        (
            {"type": "test.echo.Switch", "input": {"cases": ["No!"]}},
            422,
            "cases",
            "A case cannot be called so",
        ),
        (
            {"type": "test.echo.Say"},
            404,
            None,
            "test.echo.Say has no form that depends on its input",
        ),
        ({"type": "test.echo.None"}, 404, None, "There is no component 'test.echo.None'"),
    ],
)
async def test_a_form_that_cannot_be_made_says_at_which_field_and_why(
    admin: httpx.AsyncClient,
    owner: str,
    query: dict[str, Any],
    status: int,
    field: str | None,
    sentence: str,
) -> None:
    answer = await admin.post("/api/forms", json=query)

    error = answer.json()["error"]
    assert (answer.status_code, error.get("field")) == (status, field)
    assert error["title"].startswith(sentence)
    assert error["cure"]


async def test_a_service_that_does_not_answer_keeps_nobody_waiting(
    admin: httpx.AsyncClient, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.engine.flows.asked_forms.PATIENCE_S", 0.05)

    answer = await ask(admin, template="slow")

    assert (answer.status_code, answer.json()["error"]["field"]) == (429, "template")
    assert answer.json()["error"]["title"] == "The service does not answer"


async def test_nobody_makes_a_form_with_the_account_of_another_owner(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str, post: Post
) -> None:
    answer = await ask(other, template="hello")

    assert answer.status_code == 422
    assert "keys" in str(answer.json()["error"])
    assert post.asked == []


async def test_a_form_that_one_owner_asked_for_is_not_kept_for_another(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str
) -> None:
    query = {"type": "test.echo.Notice", "input": {"template": "hello"}}
    document = writing()
    document["components"]["letter"] |= {"type": "test.echo.Notice", "account": None}

    await other.post("/api/forms", json=query)
    unknown = await admin.put(PATH, json=document)
    await admin.post("/api/forms", json=query)
    known = await admin.put(PATH, json=document)

    assert (unknown.status_code, known.status_code) == (200, 422)


async def test_a_value_leaves_by_the_port_that_the_input_made(
    admin: httpx.AsyncClient, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    stored = await admin.put(PATH, json=switching(["sales", "support"]))
    await admin.post(f"{PATH}/start")
    for text in ("sales", "support", "cake"):
        await hear(text, order="one")
    found = await ended_runs(owner, 3)

    assert stored.json()["warnings"] == []
    assert [run["status"] for run in found] == ["completed"] * 3
    said = {
        run["steps"][0]["output"]["heard"][0]["text"]: [
            step["input"]["text"] for step in run["steps"][2:]
        ]
        for run in found
    }
    assert said == {"sales": ["sold sales"], "support": [], "cake": ["other cake"]}


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        (
            ["support"],
            {
                "components.sold.source.in.switch": (
                    "switch has no output port 'sales'; it has: else, support."
                ),
                "components.sold.input.text": (
                    "switch.sales.text: switch has no port 'sales'; it has: support."
                ),
            },
        ),
        (
            "{{ in1.heard.items }}",
            {
                "components.switch.input.cases": (
                    "cases is an expression. It decides what else there is to fill in and to"
                    " connect, which has to be known before the flow runs. Write the value out."
                ),
            },
        ),
        (
            ["sales", "No!"],
            {
                "components.switch.input.cases": (
                    "A case cannot be called so. It is the name of a port. Use letters."
                ),
            },
        ),
    ],
)
async def test_what_does_not_fit_the_ports_of_a_form_is_a_fault(
    admin: httpx.AsyncClient, owner: str, cases: Any, expected: dict[str, str]
) -> None:
    answer = await admin.put(PATH, json=switching(cases))

    assert faults_in(answer) == expected


async def test_ports_that_nobody_uses_may_depend_on_an_expression(
    admin: httpx.AsyncClient, owner: str
) -> None:
    document = switching("{{ in1.heard.items }}")
    del document["components"]["sold"]

    assert (await admin.put(PATH, json=document)).status_code == 200


async def test_a_flow_is_checked_against_a_form_that_was_asked_for(
    admin: httpx.AsyncClient, owner: str
) -> None:
    unknown = await admin.put(PATH, json=writing())
    fingerprint = (await ask(admin, template="hello")).json()["form"]
    missing = await admin.put(PATH, json=writing())
    wrong = await admin.put(PATH, json=writing(parameters={"name": "", "nick": "x"}))
    draft = await admin.put(f"{PATH}/draft", json=writing())
    right = await admin.put(PATH, json=writing(parameters={"name": "{{ in1.heard.text }}"}))

    assert "form" not in unknown.json()["document"]["components"]["letter"]
    assert faults_in(missing) == {
        "components.letter.input.parameters": "Parameters (parameters) is missing; fill it in."
    }
    assert faults_in(wrong) == {
        "components.letter.input.parameters.name": "Name is empty; fill it in.",
        "components.letter.input.parameters.nick": (
            "There is no field nick; the fields are: name."
        ),
    }
    assert [each["path"] for each in draft.json()["faults"]] == [*faults_in(missing)]
    assert right.json()["document"]["components"]["letter"]["form"] == fingerprint
    assert right.json()["warnings"] == []


async def test_a_start_asks_for_the_forms_and_says_what_does_not_fit(
    admin: httpx.AsyncClient, owner: str, post: Post
) -> None:
    await admin.put(PATH, json=writing())
    refused = await admin.post(f"{PATH}/start")
    await admin.put(PATH, json=writing("gone"))
    gone = await admin.post(f"{PATH}/start")
    post.refused_tokens.add("hall+cellar")
    await admin.put(PATH, json=writing(parameters={"name": "x"}))
    unauthorized = await admin.post(f"{PATH}/start")

    assert faults_in(refused) == {
        "components.letter.input.parameters": "Parameters (parameters) is missing; fill it in."
    }
    assert faults_in(gone) == {
        "components.letter.input.template": (
            "There is no such template. gone is not there. Choose another."
        )
    }
    assert faults_in(unauthorized) == {
        "components.letter": "Token refused. It has expired. Connect again."
    }
    assert (await admin.get(PATH)).json()["state"] == "stopped"


async def test_a_form_that_is_made_from_something_else_now_is_told_by_start_and_store(
    admin: httpx.AsyncClient, owner: str, post: Post, hear: Hear, ended_runs: Ended
) -> None:
    await ask(admin, template="hello")
    document = writing(parameters={"name": "{{ in1.heard.text }}"})
    await admin.put(PATH, json=document)
    first = await admin.post(f"{PATH}/start")
    exported = (await admin.get(PATH)).json()["document"]

    post.letters["hello"] = "Good-bye <name>"
    fitting = await admin.post(f"{PATH}/start")
    again = await admin.put(PATH, json=exported)
    looked_at = await admin.put(PATH, json=document)
    post.letters["hello"] = "Hello <first> <last>"
    unfitting = await admin.post(f"{PATH}/start")
    running = (await admin.get(PATH)).json()
    post.letters["hello"] = "Hello <name>"
    await hear("Ann")
    [run] = await ended_runs(owner, 1)

    changed = (
        "What its form is made from has changed at the service since it was filled in."
        " Look through its fields, and store the flow again."
    )
    assert first.json()["warnings"] == []
    assert fitting.json()["warnings"] == [f"components.letter: {changed}"]
    assert again.json()["warnings"] == [{"path": "components.letter", "text": changed}]
    assert looked_at.json()["warnings"] == []
    assert faults_in(unfitting) == {
        "components.letter": changed,
        "components.letter.input.parameters.first": "First (first) is missing; fill it in.",
        "components.letter.input.parameters.last": "Last (last) is missing; fill it in.",
        "components.letter.input.parameters.name": (
            "There is no field name; the fields are: first, last."
        ),
    }
    assert (running["state"], running["runningVersion"]) == ("running", 1)
    assert (run["version"], run["steps"][1]["output"]["sent"]) == (1, [{"text": "Hello Ann"}])


async def test_flows_that_use_what_has_changed_are_marked_until_they_are_looked_at(
    engine: Engine, admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str, post: Post
) -> None:
    connecting = {"service": CONNECTOR, "name": "keys", "accessToken": "hall"}
    await other.post("/api/accounts", json=connecting)
    for client in (admin, other):
        for template in ("hello", "thanks"):
            await ask(client, template=template)
    document = writing(parameters={"name": "x"})
    await admin.put(PATH, json=document)
    await admin.put("/api/flows/thanks", json=writing("thanks"))
    await other.put(PATH, json=document)

    async def marks(client: httpx.AsyncClient) -> dict[str, Any]:
        return {
            each["id"]: each["marks"] for each in (await client.get("/api/flows")).json()["flows"]
        }

    await engine.hosts[CONNECTOR].forms_changed("letter:hello", "The letter is paused.")
    marked = [await marks(admin), await marks(other)]
    one = (await admin.get(PATH)).json()["marks"]
    started = await admin.post(f"{PATH}/start")
    await other.put(PATH, json=document)
    cleared = [await marks(admin), await marks(other)]
    await engine.hosts[CONNECTOR].forms_changed("letter:hello", "Paused again.")
    again = (await admin.get(PATH)).json()["marks"]
    await engine.hosts[CONNECTOR].forms_changed("letter:hello", "")

    mark = [{"path": "components.letter", "text": "The letter is paused."}]
    assert marked == [{"f": mark, "thanks": []}, {"f": mark}]
    assert one == mark
    assert started.json()["marks"] == []
    assert cleared[0] == {"f": [], "thanks": []}
    assert [each["text"] for each in again] == ["Paused again."]
    assert (await admin.get(PATH)).json()["marks"] == []


async def test_a_run_holds_an_input_to_the_form_that_its_step_was_made_from(
    admin: httpx.AsyncClient, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    """What an expression gives is known to a run alone; the component's own schema takes it."""
    await ask(admin, template="hello")
    await admin.put(PATH, json=writing(parameters={"name": "{{ in1.heard.text }}"}))
    assert (await admin.post(f"{PATH}/start")).status_code == 200

    await hear("")
    [run] = await ended_runs(owner, 1, "failed")

    error = run["steps"][1]["error"]
    assert (error["field"], error["cause"]) == (
        "input.parameters.name",
        "Name is empty; fill it in.",
    )


async def test_a_run_holds_an_input_to_the_form_that_it_makes_by_itself(
    admin: httpx.AsyncClient, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    document = switching("{{ [in1.heard.text] }}")
    del document["components"]["sold"]
    await admin.put(PATH, json=document)
    started = await admin.post(f"{PATH}/start")
    assert started.status_code == 200, started.text

    await hear("Not a port")
    [run] = await ended_runs(owner, 1, "failed")

    error = run["steps"][1]["error"]
    assert (error["field"], error["cause"]) == (
        "input.cases",
        "A case cannot be called so. It is the name of a port. Use letters.",
    )


async def test_the_stream_tells_whose_flows_are_marked_and_what_marks_they_have(
    engine: Engine, admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str, until: Any
) -> None:
    await ask(admin, template="hello")
    await admin.put(PATH, json=writing(parameters={"name": "x"}))
    told: list[stream.Notice] = []

    async def watch(owner_id: str) -> None:
        async for notice in engine.stream.watch(owner_id):
            told.append(notice)

    async def are_told() -> bool:
        return len(told) == 2

    mine = asyncio.create_task(watch(owner))
    others = [each["id"] for each in await engine.owners.list() if each["id"] != owner]
    beside = asyncio.create_task(watch(others[0]))
    await asyncio.sleep(0)
    for text in ("The letter is paused.", ""):
        await engine.hosts[CONNECTOR].forms_changed("letter:hello", text)
    await engine.hosts[CONNECTOR].forms_changed("letter:none", "Nobody uses it.")
    await until(are_told)
    for task in (mine, beside):
        task.cancel()

    mark = {"path": "components.letter", "text": "The letter is paused."}
    assert [(each.kind, each.content) for each in told] == [
        ("flow", {"flowId": "f", "marks": [mark]}),
        ("flow", {"flowId": "f", "marks": []}),
    ]


async def test_what_has_changed_is_asked_for_anew(
    engine: Engine, admin: httpx.AsyncClient, owner: str, post: Post
) -> None:
    await ask(admin, template="hello")
    refused = await admin.put(PATH, json=writing())
    post.letters["hello"] = "Hello"
    await engine.hosts[CONNECTOR].forms_changed("letter:hello", "It has another text.")

    stored = await admin.put(PATH, json=writing())

    assert (refused.status_code, stored.status_code) == (422, 200)


async def test_of_many_forms_those_asked_for_last_are_kept(
    engine: Engine, admin: httpx.AsyncClient, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appmixer.engine.flows.asked_forms.MAX_KEPT", 2)
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Post)
    for number in range(4):
        plugin.letters[f"letter{number}"] = "x"
        await ask(admin, template=f"letter{number}")

    kept = await engine.rows(sa.select(forms.c.about).order_by(forms.c.about))

    assert [row.about for row in kept] == ["letter:letter2", "letter:letter3"]


async def test_forms_are_kept_for_a_week(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    await ask(admin, template="hello")

    await remove_old(engine.writer, now=time.time() + 6 * DAY_S)
    refused = await admin.put(PATH, json=writing())
    await remove_old(engine.writer, now=time.time() + 8 * DAY_S)

    assert refused.status_code == 422
    assert await engine.rows(sa.select(forms)) == []
    assert (await admin.put(PATH, json=writing())).status_code == 200


async def _asking(self: Component, context: ComponentContext, input: dict[str, Json]) -> Form:
    await context.http.get("https://example.org")
    return Form()


async def _inventing(self: Component, context: ComponentContext, input: dict[str, Json]) -> Form:
    return Form(fields={"value": {"type": "string"}})


@pytest.mark.parametrize(
    ("form", "mistake"),
    [
        (_asking, "The component makes a mistake (RuntimeError)."),
        (_inventing, "gives the field 'value', which its form_of does not name."),
    ],
)
async def test_a_form_that_is_other_than_was_said_is_refused_in_words(
    admin: httpx.AsyncClient,
    owner: str,
    monkeypatch: pytest.MonkeyPatch,
    form: object,
    mistake: str,
) -> None:
    monkeypatch.setattr(Switch, "form", form)

    asked = await ask(admin, "test.echo.Switch", cases=["sales"])
    stored = await admin.put(PATH, json=switching(["sales"]))

    assert mistake in asked.json()["error"]["cause"]
    assert mistake in faults_in(stored)["components.switch"]
