"""What connectors offer beside their code: example flows, and their texts in other languages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import Connector, connectors_of, hookimpl
from appmixer.engine.host.engine import open_engine
from appmixer.engine.settings import Settings

from ..conftest import MANIFEST, echo_module
from .conftest import BASE_URL

pytestmark = pytest.mark.anyio

GREETING: dict[str, Any] = {
    "name": "Greeting",
    "description": "Says hello.",
    "components": {"incoming": {"type": "test.echo.Heard", "account": "keys"}},
}
GERMAN = {
    "For tests.": "Für Tests.",
    "Say": "Sagen",
    "Text": "Wortlaut",
    "Favourite Room": "Lieblingszimmer",
    "Greeting": "Begrüßung",
    "Says hello.": "Sagt Hallo.",
    "hall": "Flur",
    "Secret": "Geheimnis",
    "= said": "gesagt",
    "= twice": "zweimal",
}


def _broken() -> Any:
    raise RuntimeError("no such file")


@pytest.fixture
def connectors(request: pytest.FixtureRequest) -> dict[str, Connector]:
    module: Any = echo_module()
    module.appmixer_examples = hookimpl(lambda: {"greeting": GREETING, "wrong": {"name": "Wrong"}})
    module.appmixer_texts = hookimpl(
        lambda: {"de": GERMAN, "pt-BR": {"Say": "Dizer"}, "no language": {"Say": "?"}}
    )
    broken: Any = echo_module()
    name: dict[str, Any] = {**MANIFEST, "id": "test:broken", "components": []}
    auth: dict[str, Any] = {**MANIFEST["auth"], "service": "broken"}
    broken.appmixer_manifest = hookimpl(lambda: {**name, "auth": auth})
    broken.appmixer_examples = hookimpl(_broken)
    broken.appmixer_texts = hookimpl(_broken)
    return connectors_of(module, broken)


async def palette(client: httpx.AsyncClient, languages: str) -> Any:
    headers = {"Accept-Language": languages}
    answer = await client.get("/api/components", headers=headers)
    content = answer.json()
    assert (answer.headers["content-language"], answer.headers["vary"]) == (
        content["language"],
        "Accept-Language",
    )
    assert content["languages"] == ["en", "de", "pt-BR"]
    echo = next(each for each in content["connectors"] if each["id"] == "test:echo")
    [heard, say] = echo["components"]
    return content["language"], echo, heard, say


async def test_texts_of_manifest_and_schemas_come_in_the_readers_language(
    admin: httpx.AsyncClient,
) -> None:
    language, echo, heard, say = await palette(admin, "de-AT, en;q=0.5")

    assert language == "de"
    assert echo["description"] == "Für Tests."
    assert echo["auth"]["settings"][0]["label"] == "Lieblingszimmer"
    assert (say["label"], say["schema"]["title"]) == ("Sagen", "Sagen")
    assert say["schema"]["properties"]["text"]["title"] == "Wortlaut"
    # What nobody has translated stays, and so does what is no text for people.
    assert heard["label"] == "Heard"
    assert heard["schema"]["properties"]["room"]["default"] == "hall"
    assert say["name"] == "test.echo.Say"


@pytest.mark.parametrize(
    ("languages", "expected", "label"),
    [
        ("", "en", "Say"),
        ("en-GB, de;q=0.9", "en", "Say"),
        ("fr, de;q=0.3, pt-br;q=0.8", "pt-BR", "Dizer"),
        ("de;q=0, fr", "en", "Say"),
        ("de;q=often", "en", "Say"),
        (";;;,,q=", "en", "Say"),
        ("*", "en", "Say"),
    ],
)
async def test_the_dearest_language_that_there_is_is_taken(
    admin: httpx.AsyncClient, languages: str, expected: str, label: str
) -> None:
    language, _, _, say = await palette(admin, languages)

    assert (language, say["label"]) == (expected, label)


async def test_a_language_does_not_stay_for_the_next_reader(admin: httpx.AsyncClient) -> None:
    await palette(admin, "de")

    assert (await palette(admin, "en"))[3]["label"] == "Say"


async def test_examples_are_flows_that_can_be_stored_and_in_the_readers_language(
    admin: httpx.AsyncClient, owner: str
) -> None:
    [english] = (await admin.get("/api/examples")).json()["examples"]
    [german] = (await admin.get("/api/examples", headers={"Accept-Language": "de"})).json()[
        "examples"
    ]
    stored = await admin.put("/api/flows/mine", json=english["flow"])

    assert english == {
        "id": "greeting",
        "connector": "test:echo",
        "name": "Greeting",
        "description": "Says hello.",
        "flow": GREETING,
    }
    assert (german["name"], german["description"]) == ("Begrüßung", "Sagt Hallo.")
    assert german["flow"] == GREETING
    assert stored.status_code == 200


async def test_an_example_that_does_not_fit_and_a_hook_that_fails_are_in_the_log(
    settings: Settings, connectors: dict[str, Connector], capfd: pytest.CaptureFixture[str]
) -> None:
    async with open_engine(settings, connectors) as engine:
        token = read_token(settings.data, settings.environment)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(engine)),
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            await client.get("/api/examples")
            await palette(client, "de")

    said = capfd.readouterr().err
    assert said.count("test:broken") == 2
    assert "example_left_out" in said
    assert "It is missing; fill it in." in said


async def test_names_are_called_in_the_readers_language_beside_what_flows_have(
    admin: httpx.AsyncClient,
) -> None:
    _, _, _, german = await palette(admin, "de")
    _, _, _, english = await palette(admin, "en")

    assert german["schema"]["x-labels"] == {"said": "gesagt"}
    assert german["schema"]["properties"]["then"]["x-labels"] == {"twice": "zweimal"}
    assert german["ports"] == english["ports"]
    assert "x-labels" not in str(english)


async def test_the_configuration_is_explained_in_the_readers_language(
    admin: httpx.AsyncClient,
) -> None:
    headers = {"Accept-Language": "de"}
    english = (await admin.get("/api/configuration/test:echo")).json()
    answer = await admin.get("/api/configuration/test:echo", headers=headers)
    listed = (await admin.get("/api/configuration", headers=headers)).json()["connectors"]

    assert [key["label"] for key in answer.json()["keys"]] == ["Geheimnis"]
    assert [key["label"] for key in english["keys"]] == ["Secret"]
    assert answer.headers["content-language"] == "de"
    assert answer.json() in listed
