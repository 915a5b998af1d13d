"""Who may call what: tokens, businesses, proofs, and the shape of every refusal."""

from __future__ import annotations

import hashlib
import hmac

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    assert error["fbtrace_id"]
    assert error["message"]
    return answer.status_code, error["code"], error.get("error_subcode")


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/me", (400, 2500, None)),
        ("GET", f"/{seed.WABA_ID}", (400, 200, None)),
        ("POST", f"/{seed.PHONE_NUMBER_ID}/messages", (400, 104, None)),
        ("DELETE", f"/{seed.WABA_ID}/subscribed_apps", (400, 104, None)),
    ],
)
async def test_a_call_without_a_token_is_refused(
    method: str, path: str, refusal: tuple[int, int, int | None], sandbox: RunningSandbox
) -> None:
    async with sandbox.graph(token=None) as graph:
        answer = await graph.request(method, path)

    assert _refusal(answer) == refusal


async def test_a_made_up_token_is_refused(sandbox: RunningSandbox) -> None:
    async with sandbox.graph("EAAnonsense") as graph:
        answer = await graph.get("/me")

    assert _refusal(answer) == (401, 190, None)
    assert answer.headers["WWW-Authenticate"].startswith('OAuth "Facebook Platform"')


async def test_the_token_may_come_as_a_parameter(sandbox: RunningSandbox) -> None:
    async with sandbox.graph(token=None) as graph:
        answer = await graph.get("/me", params={"access_token": seed.SYSTEM_USER_TOKEN})

    assert answer.json() == {"name": "Connector System User", "id": seed.SYSTEM_USER_ID}


async def test_any_version_is_fine_and_none_too(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    for prefix in ("/v19.0", "/v26.0", ""):
        answer = await graph.get(f"{sandbox.url}{prefix}/me")

        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/{seed.OTHER_WABA_ID}"),
        ("GET", f"/{seed.OTHER_WABA_ID}/phone_numbers"),
        ("POST", f"/{seed.OTHER_WABA_ID}/subscribed_apps"),
        ("GET", f"/{seed.OTHER_PHONE_NUMBER_ID}"),
        ("POST", f"/{seed.OTHER_PHONE_NUMBER_ID}/messages"),
        ("POST", f"/{seed.OTHER_PHONE_NUMBER_ID}/register"),
        ("GET", f"/{seed.OTHER_BUSINESS_ID}/owned_whatsapp_business_accounts"),
        ("GET", f"/{seed.OTHER_USER_ID}"),
        # A system user reaches only what was assigned to it.
        ("GET", f"/{seed.SECOND_WABA_ID}"),
        ("GET", "/999999999999999"),
    ],
)
async def test_what_belongs_to_others_looks_as_if_it_did_not_exist(
    method: str, path: str, graph: httpx.AsyncClient
) -> None:
    answer = await graph.request(method, path)

    assert _refusal(answer) == (400, 100, 33)


async def test_the_other_business_uses_its_own(sandbox: RunningSandbox) -> None:
    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as other:
        answer = await other.get(f"/{seed.OTHER_PHONE_NUMBER_ID}?fields=verified_name")

    assert answer.json()["verified_name"] == "Blue Fern"


async def test_sending_needs_the_messaging_permission(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    token = sandbox.world.tokens[seed.SYSTEM_USER_TOKEN]
    del token.scopes["whatsapp_business_messaging"]

    answer = await graph.post(f"/{number}/messages", json={"messaging_product": "whatsapp"})

    assert _refusal(answer) == (403, 200, None)


async def test_an_expired_token_is_refused(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    sandbox.world.tokens[seed.SYSTEM_USER_TOKEN].expires_at = int(sandbox.world.clock.now()) - 1

    answer = await graph.get("/me")

    assert _refusal(answer) == (401, 190, 463)


def _proof(token: str) -> str:
    return hmac.new(seed.APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


async def test_a_right_proof_passes_and_a_wrong_one_does_not(graph: httpx.AsyncClient) -> None:
    right = await graph.get("/me", params={"appsecret_proof": _proof(seed.SYSTEM_USER_TOKEN)})
    wrong = await graph.get("/me", params={"appsecret_proof": _proof("another")})

    assert right.status_code == 200
    assert _refusal(wrong) == (400, 100, None)


async def test_an_app_may_insist_on_the_proof(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.patch(f"/apps/{seed.APP_ID}", json={"requireAppSecretProof": True})

    without = await graph.get("/me")
    with_it = await graph.get("/me", params={"appsecret_proof": _proof(seed.SYSTEM_USER_TOKEN)})

    assert without.json()["error"]["message"] == (
        "API calls from the server require an appsecret_proof argument"
    )
    assert with_it.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/", (400, 2500, None)),
        ("GET", "/nonsense", (400, 2500, None)),
        ("POST", f"/{seed.PHONE_NUMBER_ID}/mesages", (400, 2500, None)),
        ("POST", f"/{seed.PHONE_NUMBER_ID}/../../etc/passwd", (400, 2500, None)),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", (400, 2500, None)),
        ("GET", f"/{seed.PHONE_NUMBER_ID}/messages", (400, 100, 33)),
        ("DELETE", f"/{seed.WABA_ID}", (400, 100, 33)),
    ],
)
async def test_paths_that_are_not_there_are_refused(
    method: str, path: str, refusal: tuple[int, int, int | None], graph: httpx.AsyncClient
) -> None:
    answer = await graph.request(method, path)

    assert _refusal(answer) == refusal


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/{seed.PHONE_NUMBER_ID}/contact_book"),
        ("GET", f"/{seed.WABA_ID}/product_catalogs"),
        ("POST", f"/{seed.WABA_ID}/payment_configurations"),
        ("GET", f"/{seed.WABA_ID}/in_progress_onbehalf_request"),
        ("POST", f"/{seed.WABA_ID}/obo_mobility_intent"),
        ("POST", f"/{seed.WABA_ID}/set_obo_mobility_intent"),
        ("POST", f"/{seed.WABA_ID}/set_solution_migration_intent"),
        ("POST", f"/{seed.BUSINESS_ID}/share_preverified_numbers"),
        ("GET", f"/{seed.APP_ID}/connected_client_businesses"),
        ("POST", f"/{seed.APP_ID}/whatsapp_business_solution"),
        ("GET", f"/{seed.APP_ID}/whatsapp_business_solutions"),
    ],
)
async def test_what_is_not_simulated_says_so(
    method: str, path: str, graph: httpx.AsyncClient
) -> None:
    answer = await graph.request(method, path)

    assert _refusal(answer) == (501, 3, None)
    assert "Not simulated" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b'"text"', "application/json"),
        (b'{"to": NaN}', "application/json"),
        (b'{"to": 1e999}', "application/json"),
        (b'{"to": "\\ud800"}', "application/json"),
        (b'{"to": ' + b"[" * 500 + b"]" * 500 + b"}", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"to=1", "text/csv"),
        (b"nonsense", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"\xff=\xff", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_broken_body_is_a_refusal_and_not_a_fault(
    content: bytes, content_type: str, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(
        f"/{number}/messages", content=content, headers={"Content-Type": content_type}
    )

    assert _refusal(answer)[:2] == (400, 100)


async def test_a_huge_body_is_refused(graph: httpx.AsyncClient, number: str) -> None:
    answer = await graph.post(f"/{number}/messages", content=b" " * (3 * 1024 * 1024))

    assert _refusal(answer)[:2] == (413, 100)


async def test_form_fields_may_hold_json(graph: httpx.AsyncClient, number: str) -> None:
    form = {
        "messaging_product": "whatsapp",
        "to": "+16505551234",
        "type": "text",
        "text": '{"body": "From a form"}',
    }

    answer = await graph.post(f"/{number}/messages", data=form)

    assert answer.status_code == 200


async def test_two_sandboxes_share_nothing(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    from appmixer.sandbox.testing import running_sandbox

    async with running_sandbox() as another:
        await graph.post(
            f"/{seed.PHONE_NUMBER_ID}/register",
            json={"messaging_product": "whatsapp", "pin": seed.PIN},
        )

        assert sandbox.world.numbers[seed.PHONE_NUMBER_ID].is_registered
        assert not another.world.numbers[seed.PHONE_NUMBER_ID].is_registered
