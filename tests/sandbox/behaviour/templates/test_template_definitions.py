"""What a new template may look like: every component and button, their limits, their examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.templates.components import Draft, check_components, samples_in
from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]

DATA = Path(__file__).parents[3] / "data"
TEMPLATES = f"/{seed.WABA_ID}/message_templates"
REQUESTS: dict[str, Json] = {
    path.stem: json.loads(path.read_text())
    for path in sorted((DATA / "requests").glob("template.create.*.json"))
}
CREATED = json.loads((DATA / "responses" / "message_templates.create.json").read_text())
BODY: Json = {"type": "BODY", "text": "The plants are ready"}
GREETED: Json = {
    "type": "BODY",
    "text": "Hi {{1}}, the plants are ready",
    "example": {"body_text": [["Sheena"]]},
}
URL: Json = {"type": "URL", "text": "Open", "url": "https://www.luckyshrub.example/"}
REPLY: Json = {"type": "QUICK_REPLY", "text": "Stop"}
OTP: Json = {"type": "OTP", "otp_type": "COPY_CODE"}
APP: Json = {"package_name": "com.luckyshrub", "signature_hash": "K8a/AINcGX7"}


def _template(*components: Json, **changes: Any) -> Json:
    return {
        "name": "greeting",
        "language": "en_US",
        "category": "MARKETING",
        "components": list(components) or [BODY],
        **changes,
    }


def _buttons(*buttons: Json) -> Json:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def _body(text: str, *examples: str) -> Json:
    body: Json = {"type": "BODY", "text": text}
    return {**body, "example": {"body_text": [list(examples)]}} if examples else body


def _authentication(**button: Any) -> Json:
    return _template(
        {"type": "BODY", "add_security_recommendation": True},
        _buttons({**OTP, **button}),
        category="AUTHENTICATION",
    )


def _offer(**changes: Any) -> Json:
    offer = {"text": "Ends soon!", "has_expiration": True, **changes}
    return {"type": "LIMITED_TIME_OFFER", "limited_time_offer": offer}


def _card(handle: str, *buttons: Json, text: str = "A plant") -> Json:
    return {
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}},
            {"type": "BODY", "text": text},
            _buttons(*(buttons or (REPLY,))),
        ]
    }


async def _upload(graph: httpx.AsyncClient, mime_type: str = "image/png") -> str:
    file: Json = {"file_name": "a", "file_length": 3, "file_type": mime_type}
    session = (await graph.post(f"/{seed.APP_ID}/uploads", params=file)).json()["id"]
    answer = await graph.post(f"/{session}", content=b"abc", headers={"file_offset": "0"})
    handle: str = answer.json()["h"]
    return handle


async def _create(graph: httpx.AsyncClient, body: Json) -> httpx.Response:
    return await graph.post(TEMPLATES, json=body)


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_documented_examples_are_taken(name: str, graph: httpx.AsyncClient) -> None:
    # The seeded world has templates of these names.
    body = {**REQUESTS[name], "name": "another_one"}

    answer = (await _create(graph, body)).json()

    assert answer.keys() == CREATED.keys()
    assert (answer["status"], answer["category"]) == ("PENDING", body["category"])


def test_there_are_documented_examples() -> None:
    assert len(REQUESTS) == 3


async def test_every_seeded_template_would_be_taken_today(sandbox: RunningSandbox) -> None:
    checked: list[str] = []
    for template in sandbox.world.templates.values():
        # This one begins with a variable: the strangers' tests know its words.
        if template.category == "AUTHENTICATION" or template.name == "carousel_media_cards":
            continue
        draft = Draft(
            sandbox.world,
            template.category,
            is_named=template.parameter_format == "NAMED",
            samples=samples_in(template.components),
        )
        check_components(draft, template.components)
        checked.append(template.name)

    assert len(checked) > 10


@pytest.mark.parametrize(
    "button",
    [
        REPLY,
        URL,
        {**URL, "url": "https://a.example/{{1}}", "example": ["https://a.example/1"]},
        {**URL, "url": "https://a.example/{{1}}", "example": "https://a.example/1"},
        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550783881"},
        {"type": "COPY_CODE", "example": "25OFF"},
        {"type": "COPY_CODE", "example": ["25OFF"]},
        {"type": "FLOW", "text": "Open", "flow_id": "1", "flow_action": "navigate"},
        {"type": "FLOW", "text": "Open", "flow_name": "survey", "navigate_screen": "A"},
        {"type": "FLOW", "text": "Open", "flow_json": "{}", "icon": "REVIEW"},
        {"type": "CATALOG", "text": "View catalog"},
        {"type": "MPM", "text": "View items"},
        {"type": "ORDER_DETAILS", "text": "Review and Pay"},
        {"type": "VOICE_CALL", "text": "Call us"},
        {"type": "voice_call", "text": "Call us", "ttl_minutes": 100},
        {"type": "REQUEST_CONTACT_INFO"},
        {"type": "REQUEST_CONTACT_INFO", "text": "Share Contact Info"},
    ],
)
async def test_every_kind_of_button_is_taken(button: Json, graph: httpx.AsyncClient) -> None:
    answer = await _create(graph, _template(BODY, _buttons(button)))

    assert answer.status_code == 200, answer.text


async def test_a_template_keeps_what_it_is_sorted_under(graph: httpx.AsyncClient) -> None:
    wanted = _template(BODY, category="UTILITY", sub_category="ORDER_STATUS")
    created = (await _create(graph, wanted)).json()

    told = await graph.get(f"/{created['id']}", params={"fields": "sub_category"})

    assert told.json()["sub_category"] == "ORDER_STATUS"


@pytest.mark.parametrize(
    ("component", "mime_type"),
    [
        ({"format": "IMAGE"}, "image/png"),
        ({"format": "IMAGE"}, "image/jpg"),
        ({"format": "VIDEO"}, "video/mp4"),
        ({"format": "GIF"}, "video/mp4"),
        ({"format": "DOCUMENT"}, "application/pdf"),
        ({"format": "LOCATION"}, None),
        ({"format": "PRODUCT"}, None),
        ({"format": "TEXT", "text": "Order update"}, None),
        (
            {"format": "text", "text": "Order {{1}}", "example": {"header_text": ["860198"]}},
            None,
        ),
    ],
)
async def test_every_header_is_taken(
    component: Json, mime_type: str | None, graph: httpx.AsyncClient
) -> None:
    header = {"type": "HEADER", **component}
    if mime_type is not None:
        header["example"] = {"header_handle": [await _upload(graph, mime_type)]}

    answer = await _create(graph, _template(header, BODY))

    assert answer.status_code == 200, answer.text


async def test_the_larger_kinds_are_taken(graph: httpx.AsyncClient) -> None:
    handle = await _upload(graph)
    image = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    product = {"components": [{"type": "HEADER", "format": "PRODUCT"}, _buttons(_spm())]}
    code = {"type": "COPY_CODE", "example": "CARIBE25"}

    kinds = {
        "offer": [image, _offer(), BODY, _buttons(code, URL)],
        "media_carousel": [GREETED, {"type": "CAROUSEL", "cards": [_card(handle)] * 10}],
        "product_carousel": [BODY, {"type": "CAROUSEL", "cards": [product, product]}],
        "product": [{"type": "HEADER", "format": "PRODUCT"}, BODY, _buttons(_spm())],
        "permission": [BODY, {"type": "call_permission_request"}],
        "replies_then_links": [BODY, _buttons(*[REPLY] * 8, URL, URL)],
    }
    answers = [
        await _create(graph, _template(*components, name=name))
        for name, components in kinds.items()
    ]

    assert [answer.status_code for answer in answers] == [200] * len(kinds)


def _spm() -> Json:
    return {"type": "SPM", "text": "View"}


async def test_components_are_kept_as_sent_with_their_types_in_capitals(
    graph: httpx.AsyncClient,
) -> None:
    created = (await _create(graph, _template({**GREETED, "type": "body"}))).json()

    node = (await graph.get(f"/{created['id']}")).json()

    assert node == {
        "name": "greeting",
        "parameter_format": "POSITIONAL",
        "components": [GREETED],
        "language": "en_US",
        "status": "PENDING",
        "category": "MARKETING",
        "id": created["id"],
    }


BROKEN: list[tuple[list[Any], int | None]] = [
    # Variables
    ([_body("Hi {{1}} and {{3}}, the plants are here now", "a", "b")], 2388072),
    ([_body("Hi {{name}}, the plants are here", "a")], 2388072),
    ([_body("Hi {{1}, the plants are here", "a")], 2388072),
    ([_body("Hi {{a-b}}, the plants are here", "a")], 2388072),
    ([_body("{{1}}, the plants are here", "a")], 2388299),
    ([_body("The plants are here, {{1}} ", "a")], 2388299),
    ([_body("Hi {{1}}, {{2}} {{3}} x", "a", "b", "c")], 2388293),
    ([_body("Hi {{1}}, the plants are here")], 2388043),
    ([{**GREETED, "example": {}}], 2388043),
    ([{**GREETED, "example": {"body_text": ["Sheena"]}}], None),
    ([{**GREETED, "example": {"body_text": "Sheena"}}], None),
    ([{**GREETED, "example": {"body_text": [[]]}}], 2388043),
    ([{**GREETED, "example": {"body_text": [[7]]}}], 2388043),
    # Texts
    ([{"type": "BODY"}], 2388072),
    ([_body("x" * 1025)], 2388040),
    ([BODY, {"type": "FOOTER", "text": "x" * 61}], 2388040),
    ([BODY, {"type": "FOOTER", "text": "Bye {{1}}"}], 2388073),
    ([BODY, {"type": "FOOTER"}], 2388043),
    # Headers
    ([BODY, {"type": "HEADER"}], None),
    ([BODY, {"type": "HEADER", "format": "AUDIO"}], None),
    ([BODY, {"type": "HEADER", "format": "TEXT"}], 2388043),
    ([BODY, {"type": "HEADER", "format": "TEXT", "text": "x" * 61}], 2388040),
    ([BODY, {"type": "HEADER", "format": "TEXT", "text": "a\nb"}], 2388047),
    ([BODY, {"type": "HEADER", "format": "TEXT", "text": "Hi {{1}} {{2}}"}], 2388047),
    ([BODY, {"type": "HEADER", "format": "TEXT", "text": "Hi {{1}}"}], 2388043),
    ([BODY, {"type": "HEADER", "format": "IMAGE"}], 2388043),
    # Parts and keys
    ([], None),
    (["BODY"], None),
    ([BODY, BODY], None),
    ([{"type": "HEADER", "format": "LOCATION"}], None),
    ([BODY, {"type": "TAIL"}], None),
    ([BODY, {"type": 7}], None),
    ([{**BODY, "colour": "green"}], None),
    # Buttons
    ([BODY, {"type": "BUTTONS"}], 2388043),
    ([BODY, _buttons()], None),
    ([BODY, _buttons(*[REPLY] * 11)], None),
    ([BODY, _buttons(REPLY, URL, REPLY)], None),
    ([BODY, _buttons(URL, URL, URL)], None),
    ([BODY, _buttons({"type": "QUICK_REPLY"})], 2388043),
    ([BODY, _buttons({**REPLY, "text": "x" * 26})], 2388040),
    ([BODY, _buttons({**REPLY, "text": "Hi {{1}}"})], 2388043),
    ([BODY, _buttons({**REPLY, "url": "https://a.example"})], None),
    ([BODY, _buttons({"type": "URL", "text": "Open"})], 2388043),
    ([BODY, _buttons({**URL, "url": "luckyshrub"})], None),
    ([BODY, _buttons({**URL, "url": "https://[a"})], None),
    ([BODY, _buttons({**URL, "url": "https://a.example/" + "x" * 2000})], 2388040),
    ([BODY, _buttons({**URL, "url": "https://a.example/{{1}}"})], 2388043),
    ([BODY, _buttons({**URL, "url": "https://a.example/{{1}}/x", "example": "1"})], None),
    ([BODY, _buttons({**URL, "url": "https://{{1}}", "example": "1"})], None),
    ([BODY, _buttons({"type": "PHONE_NUMBER", "text": "Call"})], 2388043),
    ([BODY, _buttons({"type": "PHONE_NUMBER", "text": "C", "phone_number": "us"})], None),
    ([BODY, _buttons({"type": "COPY_CODE"})], 2388043),
    ([BODY, _buttons({"type": "COPY_CODE", "example": "x" * 16})], 2388040),
    ([BODY, _buttons({"type": "FLOW", "text": "Open"})], None),
    ([BODY, _buttons({"type": "FLOW", "text": "O", "flow_id": "1", "flow_name": "a"})], None),
    ([BODY, _buttons({"type": "FLOW", "text": "O", "flow_id": "1", "flow_action": "x"})], None),
    ([BODY, _buttons({"type": "VOICE_CALL", "text": "Call", "ttl_minutes": 0})], None),
    ([BODY, _buttons({"type": "SPM", "text": "View"})], None),
    ([BODY, _buttons(OTP)], None),
    ([BODY, _buttons({"type": "GAME", "text": "Play"})], None),
    # Offers and carousels
    ([_offer(), BODY], None),
    ([_offer(text="x" * 17), BODY, _buttons(URL)], 2388040),
    ([_offer(), BODY, {"type": "FOOTER", "text": "x"}, _buttons(URL)], 2388073),
    ([_offer(), _body("x" * 601), _buttons(URL)], 2388040),
    ([_offer(has_expiration="yes"), BODY, _buttons(URL)], None),
    ([_offer(colour="red"), BODY, _buttons(URL)], None),
    ([{"type": "LIMITED_TIME_OFFER"}, BODY, _buttons(URL)], 2388043),
    ([BODY, {"type": "CAROUSEL"}], None),
    ([BODY, {"type": "CAROUSEL", "cards": [{}]}], None),
    ([BODY, {"type": "CAROUSEL", "cards": [{}, {}]}], None),
    ([BODY, {"type": "CAROUSEL", "cards": [{"components": [BODY]}] * 2}], None),
]


@pytest.mark.parametrize(("components", "subcode"), BROKEN)
async def test_a_definition_that_breaks_a_rule_is_refused(
    components: list[Any], subcode: int | None, graph: httpx.AsyncClient
) -> None:
    before = (await graph.get(TEMPLATES, params={"limit": 100})).json()

    answer = await _create(graph, {**_template(), "components": components})

    assert _refusal(answer) == (400, 100, subcode), answer.text
    assert (await graph.get(TEMPLATES, params={"limit": 100})).json() == before


async def test_cards_that_differ_are_refused(graph: httpx.AsyncClient) -> None:
    handle = await _upload(graph)
    one, other = _card(handle), _card(handle, URL)
    long = _card(handle, text="x" * 161)
    many = _card(handle, REPLY, REPLY, REPLY)

    answers = [
        await _create(graph, _template(BODY, {"type": "CAROUSEL", "cards": cards}))
        for cards in ([one, other], [long, long], [many, many], [one] * 11)
    ]

    assert [_refusal(answer) for answer in answers] == [
        (400, 100, None),
        (400, 100, 2388040),
        (400, 100, None),
        (400, 100, None),
    ]


@pytest.mark.parametrize("category", ["UTILITY", "AUTHENTICATION"])
async def test_what_sells_is_marketing(category: str, graph: httpx.AsyncClient) -> None:
    catalog = _buttons({"type": "CATALOG", "text": "View catalog"})

    answer = await _create(graph, _template(BODY, catalog, category=category))

    assert _refusal(answer) == (400, 100, None)


async def test_a_header_needs_the_handle_of_a_fitting_upload(graph: httpx.AsyncClient) -> None:
    video = await _upload(graph, "video/mp4")

    def header(handle: str) -> Json:
        return {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}

    made_up = await _create(graph, _template(header("4::aW1hZ2U="), BODY))
    unfit = await _create(graph, _template(header(video), BODY))

    assert _refusal(made_up) == (400, 131009, 2494102)
    assert _refusal(unfit) == (400, 131009, 2494102)


async def test_named_variables_need_their_own_examples(graph: httpx.AsyncClient) -> None:
    def body(text: str, *names: str) -> Json:
        given = [{"param_name": name, "example": "x"} for name in names]
        named = {"type": "BODY", "text": text, "example": {"body_text_named_params": given}}
        return _template(named, parameter_format="NAMED")

    said = "Hi {{first_name}}, the plants are here"
    answers = [
        await _create(graph, body(said, "first_name")),
        await _create(graph, {**body(said), "name": "second"}),
        await _create(graph, {**body(said, "name"), "name": "third"}),
        await _create(graph, {**body("Hi {{Name}}, we are here", "Name"), "name": "fourth"}),
        await _create(graph, {**body(said, "first_name"), "parameter_format": "LOUD"}),
    ]

    assert answers[0].status_code == 200
    assert [_refusal(answer) for answer in answers[1:]] == [
        (400, 100, 2388043),
        (400, 100, 2388043),
        (400, 100, 2388072),
        (400, 100, None),
    ]


@pytest.mark.parametrize(
    ("category", "life_s", "is_taken"),
    [
        ("UTILITY", 30, True),
        ("UTILITY", "43200", True),
        ("UTILITY", -1, True),
        ("UTILITY", 43_201, False),
        ("MARKETING", 43_200, True),
        ("MARKETING", 600, False),
        ("MARKETING", "soon", False),
        ("MARKETING", True, False),
    ],
)
async def test_a_time_to_live_has_the_bounds_of_its_category(
    category: str, life_s: object, is_taken: bool, graph: httpx.AsyncClient
) -> None:
    body = _template(category=category, message_send_ttl_seconds=life_s)

    answer = await _create(graph, body)

    assert (answer.status_code == 200) is is_taken, answer.text


async def test_an_authentication_template_gets_the_words_of_its_language(
    graph: httpx.AsyncClient,
) -> None:
    body = _template(
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 5},
        _buttons({**OTP, "otp_type": "ONE_TAP", "supported_apps": [APP]}),
        category="AUTHENTICATION",
        language="es_MX",
    )

    created = (await _create(graph, body)).json()

    node = (await graph.get(f"/{created['id']}", params={"fields": "components"})).json()
    url = (
        "https://www.whatsapp.com/otp/code/?otp_type=ONE_TAP&cta_display_name=Autocompletar"
        "&package_name=com.luckyshrub&signature_hash=K8a%2FAINcGX7&code=otp"
    )
    assert node["components"] == [
        {
            "type": "BODY",
            "text": "Tu código de verificación es *{{1}}*. Por tu seguridad, no lo compartas.",
            "add_security_recommendation": True,
            "example": {"body_text": [["123456"]]},
        },
        {
            "type": "FOOTER",
            "text": "Este código caduca en 5 minutos.",
            "code_expiration_minutes": 5,
        },
        {
            "type": "BUTTONS",
            "buttons": [
                {
                    "type": "URL",
                    "text": "Copiar código",
                    "url": url + "{{1}}",
                    "example": [url + "123456"],
                }
            ],
        },
    ]


@pytest.mark.parametrize(
    "body",
    [
        _template(category="AUTHENTICATION"),
        _template({"type": "BODY"}, category="AUTHENTICATION"),
        _template({"type": "BODY"}, _buttons(URL), category="AUTHENTICATION"),
        _template({"type": "BODY"}, _buttons(OTP, OTP), category="AUTHENTICATION"),
        _template(
            {"type": "BODY"},
            {"type": "FOOTER", "code_expiration_minutes": 91},
            _buttons(OTP),
            category="AUTHENTICATION",
        ),
        _template(
            {"type": "BODY", "add_security_recommendation": "yes"},
            _buttons(OTP),
            category="AUTHENTICATION",
        ),
        _template(
            {"type": "HEADER", "format": "TEXT", "text": "Code"},
            {"type": "BODY"},
            _buttons(OTP),
            category="AUTHENTICATION",
        ),
        _authentication(otp_type="TWO_TAP"),
        _authentication(otp_type="ONE_TAP", supported_apps=[{**APP, "signature_hash": "x"}]),
        _authentication(otp_type="ONE_TAP", supported_apps=[{**APP, "package_name": "x"}]),
        _authentication(otp_type="ONE_TAP", supported_apps=[APP] * 6),
        _authentication(otp_type="ZERO_TAP", supported_apps=[APP]),
        _authentication(colour="red"),
    ],
)
async def test_an_authentication_template_that_breaks_a_rule_is_refused(
    body: Json, graph: httpx.AsyncClient
) -> None:
    assert _refusal(await _create(graph, body)) == (400, 100, None)


@pytest.mark.parametrize(
    ("button", "subcode"),
    [({"otp_type": "ONE_TAP"}, 2388043), ({"text": "x" * 26}, 2388040)],
)
async def test_a_password_button_has_its_own_subcodes(
    button: Json, subcode: int, graph: httpx.AsyncClient
) -> None:
    assert _refusal(await _create(graph, _authentication(**button))) == (400, 100, subcode)


@pytest.mark.parametrize(
    "button",
    [
        {"otp_type": "ZERO_TAP", "supported_apps": [APP], "zero_tap_terms_accepted": True},
        {"otp_type": "ONE_TAP", "autofill_text": "Fill in", **APP},
    ],
)
async def test_the_other_password_buttons_are_taken(button: Json, graph: httpx.AsyncClient) -> None:
    assert (await _create(graph, _authentication(**button))).status_code == 200


async def test_a_hundred_templates_an_hour_are_enough(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    now = sandbox.world.clock.now()
    sandbox.world.wabas[seed.WABA_ID].template_creations = [now] * 100

    refused = await _create(graph, _template())
    sandbox.world.clock.move_to(now + 3600)
    taken = await _create(graph, _template())

    assert _refusal(refused) == (400, 80008, None)
    assert taken.status_code == 200


async def test_an_account_has_room_for_250_templates(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    world = sandbox.world
    world.settings.rates = "off"
    full = 250 - len(world.templates_of(world.wabas[seed.WABA_ID]))
    for position in range(full):
        await _create(graph, _template(name=f"greeting_{position}"))

    assert _refusal(await _create(graph, _template())) == (400, 100, 2388019)


async def test_creative_features_are_chosen_and_shown(graph: httpx.AsyncClient) -> None:
    spec = {"creative_features_spec": {"image_touchups": {"enroll_status": "OPT_IN"}}}
    created = (await _create(graph, _template(degrees_of_freedom_spec=spec))).json()

    fields = {"fields": "degrees_of_freedom_spec"}
    node = (await graph.get(f"/{created['id']}", params=fields)).json()
    wrong = {"creative_features_spec": {"image_touchups": {"enroll_status": "MAYBE"}}}
    refused = await _create(graph, _template(name="other", degrees_of_freedom_spec=wrong))

    assert node["degrees_of_freedom_spec"] == {
        "creative_features_spec": [{"key": "image_touchups", "value": {"enroll_status": "OPT_IN"}}]
    }
    assert _refusal(refused) == (400, 100, None)


async def test_a_form_may_carry_the_components_as_json(graph: httpx.AsyncClient) -> None:
    form = {**_template(), "components": json.dumps([BODY])}

    assert (await graph.post(TEMPLATES, data=form)).status_code == 200


async def test_meta_may_choose_another_category(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.post("/settings", json={"templateReview": {"category": "MARKETING"}})

    moved = (await _create(graph, _template(category="UTILITY"))).json()
    code = (await _create(graph, _authentication() | {"name": "code"})).json()

    assert (moved["category"], code["category"]) == ("MARKETING", "AUTHENTICATION")
