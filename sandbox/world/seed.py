"""The fixed world every sandbox starts with."""

from __future__ import annotations

import json

from ..fixtures import FIXTURES
from ..protocol.shapes import Json
from .entities import (
    MANAGEMENT,
    MESSAGING,
    App,
    Business,
    LoginConfiguration,
    Person,
    PhoneNumber,
    Template,
    Token,
    User,
    Waba,
)
from .world import World

APP_ID = "100000000000001"
APP_SECRET = "sandbox-app-secret"  # noqa: S105 - public by design: it protects a simulation
CONFIG_ID = "200000000000002"
ES_CONFIG_ID = "200000000000003"
VERIFY_TOKEN = "sandbox-verify-token"  # noqa: S105 - as above
SYSTEM_USER_TOKEN = "EAAsandbox"  # noqa: S105 - as above

BUSINESS_ID = "506914307656634"
USER_ID = "10222270944537964"
SYSTEM_USER_ID = "61555822107539"
WABA_ID = "102290129340398"
SECOND_WABA_ID = "102290129340399"
PHONE_NUMBER_ID = "106540352242922"
UNVERIFIED_PHONE_NUMBER_ID = "106540352242923"
SECOND_WABA_PHONE_NUMBER_ID = "106540352242924"
PIN = "000000"
PERSON = "16505551234"
PERSON_BSUID = "US.13491208655302741918"

OTHER_BUSINESS_ID = "506914307656699"
OTHER_USER_ID = "10222270944537999"
OTHER_SYSTEM_USER_ID = "61555822107599"
OTHER_WABA_ID = "203390129340398"
OTHER_PHONE_NUMBER_ID = "206540352242922"
OTHER_PIN = "111111"
OTHER_SYSTEM_USER_TOKEN = "EAAsandboxOther"  # noqa: S105 - as above
OTHER_PERSON = "16505559876"
OTHER_PERSON_BSUID = "US.20837465019283746501"

SIXTY_DAYS_S = 60 * 24 * 3600


def seed(world: World) -> None:
    """Fill an empty world."""
    _seed_app(world)
    _seed_first_business(world)
    _seed_other_business(world)
    _seed_people(world)


def _seed_app(world: World) -> None:
    world.apps[APP_ID] = App(
        id=APP_ID,
        name="Sandbox Connector",
        secret=APP_SECRET,
        verify_token=VERIFY_TOKEN,
        configurations={
            CONFIG_ID: LoginConfiguration(
                CONFIG_ID, "WhatsApp connection", (MANAGEMENT, MESSAGING), SIXTY_DAYS_S
            ),
            ES_CONFIG_ID: LoginConfiguration(
                ES_CONFIG_ID, "Embedded Signup", (MANAGEMENT, MESSAGING), None, is_signup=True
            ),
        },
        allowed_recipients={PERSON, OTHER_PERSON},
    )


def _seed_first_business(world: World) -> None:
    world.businesses[BUSINESS_ID] = Business(
        BUSINESS_ID, "Lucky Shrub", owned_waba_ids=[WABA_ID, SECOND_WABA_ID]
    )
    world.wabas[WABA_ID] = Waba(WABA_ID, "Lucky Shrub", BUSINESS_ID)
    world.wabas[SECOND_WABA_ID] = Waba(SECOND_WABA_ID, "Lucky Shrub Nursery", BUSINESS_ID)
    _add_number(
        world,
        PhoneNumber(PHONE_NUMBER_ID, WABA_ID, "+1 555-078-3881", "1", "Lucky Shrub", pin=PIN),
    )
    _add_number(
        world,
        PhoneNumber(
            UNVERIFIED_PHONE_NUMBER_ID,
            WABA_ID,
            "+1 555-078-3882",
            "1",
            "Lucky Shrub Support",
            code_verification_status="NOT_VERIFIED",
            quality="UNKNOWN",
        ),
    )
    _add_number(
        world,
        PhoneNumber(
            SECOND_WABA_PHONE_NUMBER_ID,
            SECOND_WABA_ID,
            "+1 555-078-3883",
            "1",
            "Lucky Shrub Nursery",
        ),
    )
    world.users[USER_ID] = User(
        USER_ID,
        "Robin Marsh",
        (BUSINESS_ID,),
        (WABA_ID, SECOND_WABA_ID),
        developer_of=frozenset({APP_ID}),
    )
    system_user = User(
        SYSTEM_USER_ID, "Connector System User", (BUSINESS_ID,), (WABA_ID,), is_system=True
    )
    world.users[SYSTEM_USER_ID] = system_user
    _add_system_token(world, SYSTEM_USER_TOKEN, system_user, WABA_ID)
    rows = _template_rows()
    for row in rows:
        _add_template(world, WABA_ID, row)
    _add_template(world, SECOND_WABA_ID, {**_named(rows, "hello_world"), "id": "1689556908129900"})


def _seed_other_business(world: World) -> None:
    world.businesses[OTHER_BUSINESS_ID] = Business(
        OTHER_BUSINESS_ID, "Blue Fern", owned_waba_ids=[OTHER_WABA_ID]
    )
    world.wabas[OTHER_WABA_ID] = Waba(OTHER_WABA_ID, "Blue Fern", OTHER_BUSINESS_ID)
    _add_number(
        world,
        PhoneNumber(
            OTHER_PHONE_NUMBER_ID,
            OTHER_WABA_ID,
            "+1 555-078-3999",
            "1",
            "Blue Fern",
            is_registered=True,
            pin=OTHER_PIN,
            onboarded_at=world.clock.now(),
        ),
    )
    world.users[OTHER_USER_ID] = User(
        OTHER_USER_ID, "Kim Alder", (OTHER_BUSINESS_ID,), (OTHER_WABA_ID,)
    )
    system_user = User(
        OTHER_SYSTEM_USER_ID,
        "Blue Fern System User",
        (OTHER_BUSINESS_ID,),
        (OTHER_WABA_ID,),
        is_system=True,
    )
    world.users[OTHER_SYSTEM_USER_ID] = system_user
    _add_system_token(world, OTHER_SYSTEM_USER_TOKEN, system_user, OTHER_WABA_ID)
    rows = _template_rows()
    _add_template(world, OTHER_WABA_ID, {**_named(rows, "hello_world"), "id": "1689556908129901"})


def _seed_people(world: World) -> None:
    world.add_person(Person(PERSON, PERSON_BSUID, "Sheena Nelson"))
    world.add_person(Person(OTHER_PERSON, OTHER_PERSON_BSUID, "Pablo Morales"))


def _add_number(world: World, number: PhoneNumber) -> None:
    world.numbers[number.id] = number


def _add_system_token(world: World, value: str, user: User, waba_id: str) -> None:
    reach = frozenset({waba_id})
    world.tokens[value] = Token(
        value=value,
        app_id=APP_ID,
        kind="SYSTEM_USER",
        user=user,
        scopes={MANAGEMENT: reach, MESSAGING: reach},
        issued_at=int(world.clock.now()),
        expires_at=0,
        data_access_expires_at=0,
    )


def _template_rows() -> list[Json]:
    rows: list[Json] = json.loads(FIXTURES.joinpath("templates.json").read_text())
    return rows


def _named(rows: list[Json], name: str) -> Json:
    return next(row for row in rows if row["name"] == name)


def _add_template(world: World, waba_id: str, row: Json) -> None:
    world.templates[row["id"]] = Template(
        id=row["id"],
        waba_id=waba_id,
        name=row["name"],
        language=row["language"],
        category=row["category"],
        components=row["components"],
        created_at=world.clock.now(),
        parameter_format=row.get("parameter_format", "POSITIONAL"),
        status=row.get("status", "APPROVED"),
        message_send_ttl_s=row.get("message_send_ttl_seconds"),
    )
