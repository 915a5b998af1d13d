"""Worlds from documents, single things in them, and businesses that do not see each other."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, validate

from appmixer.sandbox.behaviour.webhooks.courier import Courier
from appmixer.sandbox.documents import document
from appmixer.sandbox.documents.plan import DocumentError
from appmixer.sandbox.gateway.routes import NODE_ROUTES
from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, running_sandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.belongings import Flow, PhoneCall, Signup
from appmixer.sandbox.world.entities import (
    App,
    Business,
    Group,
    Media,
    PhoneNumber,
    Template,
    TemplateGroup,
    User,
    Waba,
)
from appmixer.sandbox.world.world import World

NOTHING: list[Any] = []

PRODUCT = {"messaging_product": "whatsapp"}
BAKERY: dict[str, Any] = {
    "businesses": [{"id": "70001", "name": "Corner Bakery"}],
    "wabas": [{"id": "70002", "name": "Bakery", "businessId": "70001"}],
    "numbers": [
        {
            "id": "70003",
            "wabaId": "70002",
            "display": "+49 30 901820",
            "isRegistered": True,
            "pin": "123456",
            "throughput": "HIGH",
        }
    ],
    "apps": [
        {
            "id": "70004",
            "name": "Bakery Bot",
            "secret": "bakery-secret",
            "verifyToken": "bakery-verify",
            "configurations": {
                "70005": {"id": "70005", "name": "Login", "scopes": [], "tokenLifeS": 60}
            },
        }
    ],
    "users": [{"id": "70006", "name": "Ovens", "businessIds": ["70001"], "isSystem": True}],
    "tokens": [{"value": "EAAbakery", "userId": "70006"}],
    "people": [{"waId": "4915112345678", "name": "Uli", "blocks": ["70003"]}],
    "templates": [
        {
            "id": "70007",
            "wabaId": "70002",
            "name": "fresh_bread",
            "language": "de",
            "category": "MARKETING",
            "components": [{"type": "BODY", "text": "Warm."}],
        }
    ],
}


@pytest.mark.anyio
async def test_what_is_exported_can_be_loaded_and_is_the_same_world(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    exported = (await controls.get("/world")).json()

    async with (
        running_sandbox(World(lambda world: None, Courier)) as other,
        other.controls() as its,
    ):
        answer = await its.post("/world", json=exported)
        loaded = (await its.get("/world")).json()

    assert answer.json() == {
        "mode": "replace",
        "loaded": {name: len(exported[name]) for name in exported if name != "version"},
    }
    assert loaded == exported
    for name in answer.json()["loaded"]:
        if name != "tokens":
            assert getattr(other.world, name) == getattr(sandbox.world, name)


@pytest.mark.anyio
async def test_a_document_replaces_the_world_and_reset_brings_the_seed_back(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    answer = await controls.post("/world", json=BAKERY)

    assert answer.status_code == 200, answer.text
    assert list(sandbox.world.numbers) == ["70003"]
    assert sandbox.world.businesses["70001"].owned_waba_ids == ["70002"]
    async with sandbox.graph("EAAbakery") as graph:
        number = await graph.get("/70003?fields=verified_name,display_phone_number,throughput")
    assert number.json() == {
        "verified_name": "Bakery",
        "display_phone_number": "+49 30 901820",
        "throughput": {"level": "HIGH"},
        "id": "70003",
    }

    await controls.post("/reset")

    assert (
        document.export(sandbox.world)["businesses"]
        == document.export(World(seed.seed, Courier))["businesses"]
    )


@pytest.mark.anyio
async def test_a_document_can_be_added_to_the_world(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    before = (await controls.get("/world")).json()

    answer = await controls.post("/world?mode=add", json={**BAKERY, "tokens": NOTHING})

    after = (await controls.get("/world")).json()
    assert answer.status_code == 200, answer.text
    for name in ("businesses", "wabas", "numbers", "users", "templates"):
        assert after[name][: len(before[name])] == before[name]
        assert [row["id"] for row in after[name][len(before[name]) :]] == [
            row["id"] for row in BAKERY[name]
        ]
    # Everybody is on the lists of both apps.
    everybody = {seed.PERSON, seed.OTHER_PERSON, "4915112345678"}
    assert [app.allowed_recipients for app in sandbox.world.apps.values()] == [everybody] * 2


@pytest.mark.anyio
async def test_a_document_can_be_the_world_that_a_sandbox_starts_with() -> None:
    async with running_sandbox(World(document.seeder(BAKERY), Courier)) as sandbox:
        sandbox.world.people.clear()
        sandbox.world.reset()

        assert [person.name for person in sandbox.world.people.values()] == ["Uli"]


def broken(name: str, **change: object) -> dict[str, Any]:
    """The bakery with one thing of it changed; None takes a member out."""
    row = {**BAKERY[name][0], **change}
    return {**BAKERY, name: [{key: value for key, value in row.items() if value is not None}]}


CASES: list[tuple[Any, str, str, str]] = [
    ([], "$", "A world is a JSON object.", "Give lists named"),
    (BAKERY | {"version": 7}, "version", "This sandbox reads version 1.", "Export it again."),
    ({**BAKERY, "shops": NOTHING}, "shops", "A world has no such list.", "There are businesses"),
    (
        {**BAKERY, "people": {"waId": "4915112345678"}},
        "people",
        "This is no list.",
        "Put the things into [ ].",
    ),
    (broken("numbers", wabaId="99999"), "numbers[0].wabaId", "There is no 99999", "Add it to"),
    (broken("numbers", pin="12"), "numbers[0].pin", "String should match", "Change the value."),
    (broken("numbers", colour="red"), "numbers[0].colour", "Extra inputs", "There are: "),
    (broken("numbers", wabaId=None), "numbers[0].wabaId", "Field required", "Add it."),
    (broken("numbers", id="70002"), "numbers[0].id", "70002 is taken by wabas[0].", "Choose"),
    (broken("people", blocks=["5"]), "people[0].blocked[0]", "There is no 5", "70003"),
    (broken("wabas", businessId="5" * 9), "wabas[0].businessId", "There is no 55", "70001"),
    (
        broken("tokens", scopes={"whatsapp_business_messaging": ["77777"]}),
        "tokens[0].scopes.whatsapp_business_messaging",
        "There is no 77777 in wabas.",
        "take it out",
    ),
    (
        broken("apps", configurations={"1": {"id": "1", "name": "x", "scopes": 5}}),
        "apps[0].configurations.1.scopes",
        "Input should be a valid tuple.",
        "Change the value.",
    ),
    (
        BAKERY | {"people": [{"bsuid": "DE.1"}, {"bsuid": "DE.1"}]},
        "people[1].bsuid",
        "DE.1 is taken.",
        "Choose another.",
    ),
]


@pytest.mark.parametrize(("given", "path", "cause", "cure"), CASES)
@pytest.mark.anyio
async def test_a_wrong_document_names_the_place_the_cause_and_the_cure_and_changes_nothing(
    controls: httpx.AsyncClient, given: object, path: str, cause: str, cure: str
) -> None:
    before = (await controls.get("/world")).json()

    answer = await controls.post("/world", json=given)

    assert answer.status_code == 422, answer.text
    found = next(each for each in answer.json()["detail"] if each["path"] == path)
    assert cause in found["cause"]
    assert cure in found["cure"]
    assert (await controls.get("/world")).json() == before


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"a": NaN}', b'"\\ud800"', b"[" * 10_000])
@pytest.mark.anyio
async def test_what_is_no_json_is_refused(controls: httpx.AsyncClient, content: bytes) -> None:
    answer = await controls.post("/world", content=content)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["path"] == "$"


@pytest.mark.anyio
async def test_what_is_there_already_is_not_added_again(controls: httpx.AsyncClient) -> None:
    exported = (await controls.get("/world")).json()

    answer = await controls.post("/world?mode=add", json={"wabas": exported["wabas"][:1]})

    assert answer.status_code == 422
    assert answer.json()["detail"] == [
        {
            "path": "wabas[0].id",
            "cause": f"{seed.WABA_ID} is in this world already.",
            "cure": "Choose another, or replace it all.",
        }
    ]


@pytest.mark.anyio
async def test_a_template_that_is_added_takes_the_place_of_the_one_in_its_language(
    controls: httpx.AsyncClient,
) -> None:
    body = [{"type": "BODY", "text": "Your order is on its way."}]
    added = {
        "wabaId": seed.WABA_ID,
        "name": "order_confirmation",
        "language": "en_US",
        "category": "UTILITY",
        "components": body,
    }

    answer = await controls.post("/world?mode=add", json={"templates": [added]})

    assert answer.status_code == 200, answer.text
    templates = (await controls.get("/world")).json()["templates"]
    of_waba = [each for each in templates if each["wabaId"] == seed.WABA_ID]
    there = [each for each in of_waba if each["name"] == added["name"]]
    found = {each["language"]: each["components"] for each in there}
    assert found["en_US"] == body
    assert len(there) == len(found) > 1


@pytest.mark.anyio
async def test_the_schema_accepts_what_is_exported(controls: httpx.AsyncClient) -> None:
    schema = (await controls.get("/world/schema")).json()
    exported = (await controls.get("/world")).json()

    Draft202012Validator.check_schema(schema)
    validate(exported, schema)


@pytest.mark.anyio
async def test_a_business_with_all_it_needs_can_be_made_thing_by_thing(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    business = (await controls.post("/businesses", json={"name": "Tea House"})).json()["id"]
    waba = (await controls.post("/wabas", json={"name": "Tea", "businessId": business})).json()
    number = (
        await controls.post(
            "/numbers",
            json={"wabaId": waba["id"], "display": "+44 20 7946 0958", "isRegistered": True},
        )
    ).json()
    user = (await controls.post("/users", json={"name": "U", "businessIds": [business]})).json()
    token = (await controls.post("/tokens", json={"userId": user["id"]})).json()

    async with sandbox.graph(token["value"]) as graph:
        text = {"type": "text", "to": seed.PERSON, "text": {"body": "Tea?"}}
        answer = await graph.post(f"/{number['id']}/messages", json=PRODUCT | text)
        others = await graph.get(f"/{seed.PHONE_NUMBER_ID}")

    assert (number["verifiedName"], number["countryCode"]) == ("Tea", "44")
    assert user["wabaIds"] == [waba["id"]]
    assert (answer.status_code, others.status_code) == (200, 400)
    assert (await controls.get(f"/numbers/{number['id']}")).json() == number


@pytest.mark.anyio
async def test_a_thing_can_be_changed(sandbox: RunningSandbox, controls: httpx.AsyncClient) -> None:
    path = f"/numbers/{seed.PHONE_NUMBER_ID}"
    before = (await controls.get(path)).json()

    answer = await controls.patch(path, json={"quality": "RED", "isRegistered": True})
    wrong = await controls.patch(path, json={"quality": "GREY", "pin": "999999"})
    moved = await controls.patch(path, json={"wabaId": seed.OTHER_WABA_ID})

    assert answer.json() == {**before, "quality": "RED", "isRegistered": True}
    assert wrong.json()["detail"][0]["path"] == "quality"
    assert moved.json()["detail"][0]["cause"] == "Extra inputs are not permitted."
    assert sandbox.world.numbers[seed.PHONE_NUMBER_ID].pin == seed.PIN


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "change"),
    [
        (f"/apps/{seed.APP_ID}", {"secret": None}),
        (f"/users/{seed.USER_ID}", {"wabaIds": None}),
        (f"/tokens/{seed.SYSTEM_USER_TOKEN}", {"expiresAt": 10**30}),
        (f"/numbers/{seed.PHONE_NUMBER_ID}", {"onboardedAt": 1e300}),
        (f"/wabas/{seed.WABA_ID}", {"subscriptions": {"55555": {"appId": "55555"}}}),
    ],
)
async def test_a_change_that_could_not_be_lived_with_is_refused(
    controls: httpx.AsyncClient, path: str, change: dict[str, object]
) -> None:
    before = (await controls.get(path)).json()

    answer = await controls.patch(path, json=change)

    assert answer.status_code == 422
    assert next(iter(change)) in answer.json()["detail"][0]["path"]
    assert (await controls.get(path)).json() == before


@pytest.mark.anyio
async def test_a_tokens_user_can_be_changed_and_only_to_one_that_exists(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    path = f"/tokens/{seed.SYSTEM_USER_TOKEN}"

    wrong = await controls.patch(path, json={"userId": "12345"})
    answer = await controls.patch(path, json={"userId": seed.USER_ID, "expiresAt": 5})

    token = sandbox.world.tokens[seed.SYSTEM_USER_TOKEN]
    assert wrong.json()["detail"][0]["path"] == "tokens.userId"
    assert answer.json()["userId"] == seed.USER_ID
    assert token.user is sandbox.world.users[seed.USER_ID]
    assert token.expires_at == 5


@pytest.mark.anyio
async def test_a_thing_goes_only_when_nothing_belongs_to_it(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    business, waba = seed.OTHER_BUSINESS_ID, seed.OTHER_WABA_ID
    held = await controls.delete(f"/businesses/{business}")

    await controls.delete(f"/numbers/{seed.OTHER_PHONE_NUMBER_ID}")
    sandbox.world.templates.pop("1689556908129901")
    gone = await controls.delete(f"/wabas/{waba}")
    await controls.delete(f"/businesses/{business}")

    assert held.status_code == 409
    assert held.json() == {"detail": f"These belong to it: wabas {waba}. Delete them first."}
    assert gone.json() == {"deleted": waba}
    assert business not in sandbox.world.businesses
    assert sandbox.world.users[seed.OTHER_USER_ID].waba_ids == ()
    assert sandbox.world.users[seed.OTHER_USER_ID].business_ids == ()


@pytest.mark.anyio
async def test_a_number_with_messages_stays(controls: httpx.AsyncClient, number: str) -> None:
    hi = {"type": "text", "text": {"body": "hi"}}
    written = (await controls.post(f"/people/{seed.PERSON}/messages", json=hi)).json()["id"]

    answer = await controls.delete(f"/numbers/{number}")

    assert answer.status_code == 409
    assert f"messages {written}" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["businesses", "wabas", "numbers", "apps", "tokens", "users"])
@pytest.mark.anyio
async def test_what_does_not_exist_is_not_found(controls: httpx.AsyncClient, name: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        answer = await controls.request(method, f"/{name}/12345", json={})

        assert answer.status_code == 404
        assert answer.json() == {"detail": f"There is no 12345 in {name}."}


@pytest.mark.anyio
async def test_each_app_gets_its_own_copy_signed_with_its_own_secret(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str, receiver: Receiver
) -> None:
    second = {"id": "80001", "name": "Second", "secret": "second-secret", "verifyToken": "v2"}
    await controls.post("/apps", json=second)
    await controls.post(
        "/tokens", json={"value": "EAAsecond", "appId": "80001", "userId": seed.SYSTEM_USER_ID}
    )

    async with receiving("v2") as other, sandbox.graph("EAAsecond") as graph:
        hook = {"appId": "80001", "callbackUrl": other.url, "verifyToken": "v2"}
        set_up = await controls.post("/webhook", json={**hook, "fields": ["messages"]})
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps")
        hi = {"type": "text", "text": {"body": "hi"}}
        written = (await controls.post(f"/people/{seed.PERSON}/messages", json=hi)).json()["id"]
        await other.wait_for("messages", 1)
        await receiver.wait_for("messages", 1)
        sandbox.world.publish_change(
            sandbox.world.wabas[seed.WABA_ID], "account_update", {"event": "DISABLED_UPDATE"}
        )
        await until(lambda: sandbox.world.courier.waiting == 0)

    assert set_up.json()["verified"] is True
    assert [message["id"] for message in other.items("messages")] == [written]
    assert other.items("messages") == receiver.items("messages")
    assert all(post.is_signed_with("second-secret") for post in other.posts)
    assert all(post.is_signed_with(seed.APP_SECRET) for post in receiver.posts)
    assert not any(post.is_signed_with(seed.APP_SECRET) for post in other.posts)
    # Only the first app asked for changes of the account.
    assert (len(other.posts), len(receiver.posts)) == (1, 2)


# A node of each kind that belongs to the first business alone.
NODES = {
    PhoneNumber: seed.PHONE_NUMBER_ID,
    Waba: seed.WABA_ID,
    Business: seed.BUSINESS_ID,
    User: seed.USER_ID,
    Media: "900900",
    TemplateGroup: "900901",
    Flow: "900902",
    Group: "900903",
    Signup: "900904",
    PhoneCall: "900905",
}


def furnish(world: World) -> None:
    """Give the first business something of everything."""
    now, number, waba = world.clock.now(), seed.PHONE_NUMBER_ID, seed.WABA_ID
    world.media["900900"] = Media("900900", number, b"secret", "image/jpeg", now + 99, "x")
    world.template_groups["900901"] = TemplateGroup("900901", waba, "secret", "", [], now)
    world.flows["900902"] = Flow("900902", waba, "secret", [], now, now, seed.APP_ID, "k")
    world.groups["900903"] = Group("900903", number, "secret", "", now, "invite")
    world.signups["900904"] = Signup("900904", waba, "secret", "Thanks", "https://example.com")


@pytest.mark.anyio
async def test_a_token_of_another_business_reaches_nothing_through_any_route(
    sandbox: RunningSandbox,
) -> None:
    """Apps are left out: both businesses connected the same one."""
    furnish(sandbox.world)
    template = sandbox.world.templates_of(sandbox.world.wabas[seed.WABA_ID])[0].id
    nodes = {**NODES, Template: template}
    before = kept_of(sandbox.world)
    leaks: list[object] = []

    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as graph:
        for kind, edge, method in NODE_ROUTES:
            if kind is App:
                continue
            content = {**PRODUCT, "pin": seed.PIN, "name": "x", "to": seed.PERSON}
            answer = await graph.request(
                method,
                f"/{nodes[kind]}/{edge}".rstrip("/"),
                json=None if method == "GET" else content,
            )
            code = answer.json().get("error", {}).get("code")
            if (answer.status_code, code) not in ((400, 100), (403, 10), (403, 200)):
                leaks.append((kind.__name__, edge, method, answer.status_code, answer.text))

    assert leaks == []
    assert len(NODE_ROUTES) > 80
    assert kept_of(sandbox.world) == before


def kept_of(world: World) -> object:
    return (
        document.export(world),
        list(world.messages),
        deepcopy([world.media, world.flows, world.groups, world.signups, world.template_groups]),
    )


def served(world: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "appmixer.sandbox", "--port", "0", "--world", str(world)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_the_command_begins_with_the_world_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "bakery.json"
    file.write_text(json.dumps(BAKERY))
    command = [sys.executable, "-m", "appmixer.sandbox", "--port", "0", "--world", str(file)]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[2].rstrip(".")
        with httpx.Client(base_url=f"{address}/_sandbox", trust_env=False) as controls:
            people = controls.get("/people").json()["people"]
            controls.post("/reset")
            again = controls.get("/people").json()["people"]
        process.terminate()

    assert [person["name"] for person in people] == ["Uli"]
    assert again == people


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"wabas": [{"id": "12345", "name": "W", "businessId": "55555"}]}', "wabas[0].businessId"),
        ("{", "$: This file is no world"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_file(
    tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(content)

    done = served(file)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{file}: {complaint}")
    assert done.stderr.count("\n") == 1


def test_a_wrong_seed_is_told_before_a_sandbox_is_made_of_it() -> None:
    with pytest.raises(DocumentError, match=r"wabas\[0\]\.businessId: There is no 70001"):
        document.seeder({**BAKERY, "businesses": NOTHING})
