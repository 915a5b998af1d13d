"""Webhook bodies become events, and nothing of them is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import Event
from appmixer.whatsapp.plugin.graph.callback_data import pack
from appmixer.whatsapp.plugin.webhook.events import flatten

BODIES = sorted((Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks").glob("*.json"))
WABA = "102290129340398"
PHONE = "106540352242922"
CONSTANTS = {"object", "messaging_product"}
LARGE = "x" * 100_000


def body(name: str) -> dict[str, Any]:
    [path] = [each for each in BODIES if each.stem == name]
    parsed: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return parsed


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield (key, value) of everything that is neither object nor list."""
    if isinstance(value, dict):
        for each, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(inner, str(each))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(inner, key)
    else:
        yield key, json.dumps(value)


def message(**extra: object) -> dict[str, Any]:
    return {"id": "wamid.1", "from": "16505551234", "timestamp": "1", "type": "text", **extra}


def of_entries(*entries: Any) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": list(entries)}


def around(value: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": PHONE}
    change = {"field": field, "value": {"metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_nothing_of_a_body_is_lost(path: Path) -> None:
    parsed = json.loads(path.read_text("utf-8"))

    events = flatten(parsed)

    # Ids and names of fields are kept under our own keys, so here only the values count.
    wanted = {value for key, value in leaves(parsed) if key not in CONSTANTS}
    kept = {value for event in events for _, value in leaves(event.payload)}
    assert wanted - kept == set()


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_every_documented_body_is_readable(path: Path) -> None:
    events = flatten(json.loads(path.read_text("utf-8")))

    assert events
    assert "unreadable" not in {event.kind for event in events}


def test_there_are_all_168_bodies() -> None:
    assert len(BODIES) == 168


def test_ids_are_unique_and_the_same_when_meta_delivers_again() -> None:
    for path in BODIES:
        parsed = json.loads(path.read_text("utf-8"))

        ids = [event.id for event in flatten(parsed)]

        assert ids == [event.id for event in flatten(json.loads(path.read_text("utf-8")))]
        assert max(Counter(ids).values()) == 1, path.stem


def test_a_message_goes_to_its_account_and_its_number_with_its_contact() -> None:
    parsed = body("messages.text.reply")
    value = parsed["entry"][0]["changes"][0]["value"]

    [event] = flatten(parsed)

    assert event == Event(
        id=f"message:{PHONE}:{value['messages'][0]['id']}",
        kind="message",
        payload={
            "wabaId": WABA,
            "phoneNumberId": PHONE,
            "displayPhoneNumber": "15550783881",
            "field": "messages",
            "message": value["messages"][0],
            "contact": value["contacts"][0],
        },
        topics=(f"messages:{WABA}", f"messages:{WABA}:{PHONE}"),
        order=f"{PHONE}:16505551234",
        wait_keys=(f"from:{WABA}:{PHONE}:16505551234",),
    )


def test_a_person_is_waited_for_by_number_and_by_bsuid() -> None:
    contact = {"wa_id": "16505551234", "user_id": "US.1"}
    parsed = around({"contacts": [contact], "messages": [message(from_user_id="US.1")]})

    [event] = flatten(parsed)

    assert event.wait_keys == (f"from:{WABA}:{PHONE}:US.1", f"from:{WABA}:{PHONE}:16505551234")
    assert event.order == f"{PHONE}:US.1"


def test_a_status_answers_the_waits_for_its_message_and_for_its_step() -> None:
    opaque = pack("run-1:step-2", "order 5")
    status = {
        "id": "wamid.9",
        "status": "delivered",
        "recipient_id": "16505551234",
        "biz_opaque_callback_data": opaque,
    }

    [event] = flatten(around({"statuses": [status]}))

    assert event.id == f"status:{PHONE}:wamid.9:delivered"
    assert event.topics == (f"statuses:{WABA}", f"statuses:{WABA}:{PHONE}")
    assert event.wait_keys == (f"message:{WABA}:wamid.9", f"step:{WABA}:run-1:step-2")
    assert event.about == "run-1:step-2"


def test_events_of_no_account_end_no_wait() -> None:
    parsed = around({"messages": [message()], "statuses": [{"id": "wamid.9", "status": "sent"}]})
    del parsed["entry"][0]["id"]

    events = flatten(parsed)

    assert [(event.kind, event.wait_keys, event.topics) for event in events] == [
        ("message", (), ()),
        ("status", (), ()),
    ]


OURS = pack("run-1:step-2", "order 5")


@pytest.mark.parametrize(
    ("value", "about"),
    [
        ({"statuses": [{"id": "wamid.9", "biz_opaque_callback_data": OURS}]}, "run-1:step-2"),
        ({"statuses": [{"id": "wamid.9", "biz_opaque_callback_data": "order 5"}]}, ""),
        ({"statuses": [{"id": "wamid.9", "biz_opaque_callback_data": {"a": OURS}}]}, ""),
        ({"statuses": [{"id": "wamid.9", "biz_opaque_callback_data": pack("")}]}, ""),
        ({"statuses": [{"id": "wamid.9", "biz_opaque_callback_data": pack("a\0b")}]}, ""),
        ({"message_echoes": [{"id": "wamid.9", "biz_opaque_callback_data": OURS}]}, "run-1:step-2"),
        (
            {"message_echoes": [{"id": "wamid.9", "message": {"biz_opaque_callback_data": OURS}}]},
            "run-1:step-2",
        ),
        ({"message_echoes": [{"id": "wamid.9"}]}, ""),
        ({"messages": [message(biz_opaque_callback_data=OURS)]}, ""),
    ],
)
@pytest.mark.parametrize("field", ["messages", "standby"])
def test_statuses_and_echoes_name_the_step_that_sent_and_what_people_write_does_not(
    value: dict[str, Any], about: str, field: str
) -> None:
    [event] = flatten(around({"standby": value} if field == "standby" else value, field))

    assert event.about == about


def test_the_participants_of_a_group_have_a_status_each() -> None:
    events = flatten(body("statuses.group.read_aggregated"))

    assert [event.id.rpartition(":")[2] for event in events] == ["16505551234", "16505559876"]


def test_a_payment_that_fails_twice_is_two_events() -> None:
    first = {"id": "wamid.9", "type": "payment", "status": "failed", "timestamp": "1"}
    second = {**first, "timestamp": "2"}

    events = flatten(around({"statuses": [first, second]}))

    assert len({event.id for event in events}) == 2


def test_the_same_error_beside_another_message_is_another_event() -> None:
    error = {"code": 131000}

    one = flatten(around({"messages": [message(id="wamid.1")], "errors": [error]}))
    two = flatten(around({"messages": [message(id="wamid.2")], "errors": [error]}))

    assert one[1].kind == two[1].kind == "error"
    assert one[1].id != two[1].id


def test_a_partner_event_belongs_to_the_account_it_names_and_not_to_the_portfolio() -> None:
    [event] = flatten(body("fields.account_update.PARTNER_ADDED"))

    assert event.topics == (f"account:{WABA}", f"account:{WABA}:account_update")
    assert event.payload["wabaId"] == WABA
    assert event.payload["entryId"] == "2949482758682047"


def test_each_message_from_the_phone_app_is_an_event_in_turn_with_the_persons() -> None:
    echo = {"id": "wamid.7", "from": "15550783881", "to": "16505551234", "to_user_id": "US.1"}
    other = {"id": "wamid.8", "from": "15550783881", "to": "16505559876"}
    contact = {"user_id": "US.1", "wa_id": "16505551234"}
    value = {"contacts": [contact], "message_echoes": [echo, other], "messages": [message()]}

    first, second = flatten(around(value, "smb_message_echoes"))

    assert first.payload == {
        "wabaId": WABA,
        "phoneNumberId": PHONE,
        "displayPhoneNumber": "15550783881",
        "field": "smb_message_echoes",
        "echo": echo,
        "contact": contact,
        # It is no field for what people write, so nothing there starts an answer.
        "beside": {"messages": [message()]},
    }
    assert first.topics == (
        f"account:{WABA}",
        f"account:{WABA}:{PHONE}",
        f"account:{WABA}:echo",
        f"account:{WABA}:smb_message_echoes",
    )
    assert [first.order, second.order] == [f"{PHONE}:US.1", f"{PHONE}:16505559876"]


def test_each_persons_choice_about_marketing_is_an_event() -> None:
    chosen = [{"wa_id": each, "value": "stop", "timestamp": 1} for each in ("1650555", "1650666")]
    contact = {"wa_id": "1650666"}
    value = {"contacts": [contact], "user_preferences": chosen}

    first, second = flatten(around(value, "user_preferences"))

    assert [each.payload["userPreference"] for each in (first, second)] == chosen
    assert ("contact" in first.payload, second.payload["contact"]) == (False, contact)
    assert f"account:{WABA}:user_preferences" in second.topics
    assert first.id != second.id


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_what_the_test_button_sends_is_of_no_account_whatever_it_names(path: Path) -> None:
    parsed = json.loads(path.read_text("utf-8"))
    for entry in parsed["entry"]:
        entry["id"] = "0"

    for event in flatten(parsed):
        assert event.payload["isTest"] is True
        assert (event.payload["wabaId"], event.wait_keys) == ("0", ())
        assert event.topics
        assert {topic.partition(":")[0] for topic in event.topics} == {"test"}


def test_standby_messages_do_not_start_flows_that_answer_messages() -> None:
    [event] = flatten(body("fields.standby.message"))

    assert event.kind == "standby.message"
    assert event.topics == (f"standby:{WABA}", f"standby:{WABA}:{PHONE}")
    assert event.wait_keys == ()


@pytest.mark.parametrize("level", ["entry", "change", "value", "metadata"])
def test_an_unknown_key_on_any_level_is_kept_with_the_first_event_and_costs_nothing(
    level: str,
) -> None:
    known, parsed = [around({"messages": [message(id="1"), message(id="2")]}) for _ in range(2)]
    entry = parsed["entry"][0]
    change = entry["changes"][0]
    levels = {"entry": entry, "change": change, "value": change["value"]}
    (levels | {"metadata": change["value"]["metadata"]})[level]["hop_context"] = [{"app_id": 1}]

    first, second = flatten(parsed)

    plain = flatten(known)
    novelty = {"hop_context": [{"app_id": 1}]}
    beside = {"metadata": novelty} if level == "metadata" else novelty
    assert first == replace(plain[0], payload={**plain[0].payload, "beside": beside})
    assert second == plain[1]


def test_unknown_keys_of_one_name_on_several_levels_are_all_kept() -> None:
    parsed = around({"messages": [message()], "new": "in the value"})
    parsed["entry"][0]["changes"][0]["new"] = "in the change"
    parsed["entry"][0]["new"] = "in the entry"

    [event] = flatten(parsed)

    assert event.payload["beside"] == {
        "new": "in the value",
        "change.new": "in the change",
        "entry.new": "in the entry",
    }


def test_an_unknown_key_of_the_whole_body_belongs_to_no_account() -> None:
    events = flatten({**around({"messages": [message()]}), "new": 1})

    assert [event.kind for event in events] == ["message", "beside"]
    assert (events[1].payload, events[1].topics) == ({"beside": {"new": 1}}, ())


def test_unknown_keys_inside_and_outside_of_standby_are_kept() -> None:
    parsed = body("fields.standby.message")
    value = parsed["entry"][0]["changes"][0]["value"]
    value["standby"]["new"] = 1
    value["new"] = 2
    value["contacts"] = [{"wa_id": "1"}]

    [event] = flatten(parsed)

    assert event.kind == "standby.message"
    assert event.payload["beside"] == {"new": 1, "value.new": 2, "contacts": [{"wa_id": "1"}]}


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("messages", message()),
        ("statuses", {"id": "wamid.9", "status": "sent"}),
        ("message_echoes", {"id": "wamid.9"}),
        ("errors", {"code": 131000}),
        ("user_actions", {"action_type": "click"}),
    ],
)
def test_a_bad_item_is_an_event_of_its_own_and_costs_no_good_one(
    key: str, good: dict[str, Any]
) -> None:
    [alone] = flatten(around({key: [good]}))

    events = flatten(around({key: [good, None, "junk", good]}))

    assert [event.kind for event in events] == [alone.kind] * 2 + ["unreadable"] * 2
    assert events[0] == alone
    assert [event.payload["content"][key] for event in events[2:]] == [[None], ["junk"]]  # type: ignore[index, call-overload]  # pyright: ignore


@pytest.mark.parametrize("odd", [7, [None], [7, {"wa_id": "16505551234"}], {"wa_id": "1"}])
def test_bad_contacts_cost_no_message(odd: Any) -> None:
    events = flatten(around({"contacts": odd, "messages": [message()]}))

    assert [event.kind for event in events] == ["message", "unreadable"]
    assert events[0].topics == (f"messages:{WABA}", f"messages:{WABA}:{PHONE}")


@pytest.mark.parametrize(
    "shared",
    [
        {"new": LARGE},
        {"new": [LARGE]},
        {"contacts": [{"wa_id": "16505551234", "new": LARGE}]},
        {"contacts": [{"wa_id": "16505551234", "profile": {"name": LARGE}}]},
        {"contacts": [{"wa_id": "4915100000000", "new": LARGE}]},
        {"errors": [{"code": 131000, "title": LARGE}]},
        {"metadata": {"display_phone_number": LARGE}},
        {"metadata": {"phone_number_id": {"id": LARGE}}},
        {"metadata": {"phone_number_id": PHONE, "new": LARGE}},
        {"messaging_product": LARGE},
    ],
)
def test_what_events_share_is_stored_once(shared: dict[str, Any]) -> None:
    parsed = around({"messages": [message(id=f"wamid.{n}") for n in range(500)], **shared})

    events = flatten(parsed)

    assert Counter(event.kind for event in events)["message"] == 500
    assert len(json.dumps([event.payload for event in events])) < 3 * len(json.dumps(parsed))
    assert LARGE in json.dumps([event.payload for event in events])


@pytest.mark.parametrize("key", ["id", "time", "new"])
def test_what_the_changes_of_an_entry_share_is_stored_once(key: str) -> None:
    parsed = around({"messages": [message()]})
    [entry] = parsed["entry"]
    entry["changes"] = [*entry["changes"] * 300, *[7] * 300]
    entry[key] = {"odd": LARGE}

    events = flatten(parsed)

    assert Counter(event.kind for event in events) == {"message": 300, "unreadable": 300}
    assert len(json.dumps([event.payload for event in events])) < 3 * len(json.dumps(parsed))


@pytest.mark.parametrize(
    "flood",
    [
        around({"messages": [{}] * 20_000}),
        around({"contacts": [None] * 20_000}),
        around({"standby": {"statuses": [{}] * 20_000}}, "standby"),
        {"object": "whatsapp_business_account", "entry": [7] * 20_000},
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [7] * 20_000}]},
    ],
)
def test_more_items_than_meta_would_ever_send_are_one_event(flood: dict[str, Any]) -> None:
    [event] = flatten(flood)

    assert event.payload == {"content": flood}


def test_the_second_message_of_a_person_names_the_person_too() -> None:
    contact = {"profile": {"name": "Sheena"}, "wa_id": "16505551234", "user_id": "US.1"}
    value = {"contacts": [{**contact, "new": 1}], "messages": [message(id="1"), message(id="2")]}

    first, second = flatten(around(value))

    assert (first.payload["contact"], second.payload["contact"]) == ({**contact, "new": 1}, contact)


def test_errors_are_with_the_only_message_they_can_be_about() -> None:
    error = {"code": 131000}

    one = flatten(around({"messages": [message()], "errors": [error]}))
    two = flatten(around({"messages": [message(), message(id="2")], "errors": [error]}))

    assert one[0].payload["errors"] == [error]
    assert ["errors" in event.payload for event in two] == [False, False, False]
    assert two[2].payload["error"] == error


def test_unknown_keys_beside_messages_are_kept() -> None:
    [event] = flatten(around({"messages": [message()], "novelty": {"a": 1}}))

    assert event.payload["beside"] == {"novelty": {"a": 1}}


def test_a_value_of_unknown_lists_is_kept_as_it_is() -> None:
    [event] = flatten(around({"novelties": [1, 2]}))

    assert event.kind == "messages"
    assert event.topics == (
        f"account:{WABA}",
        f"account:{WABA}:{PHONE}",
        f"account:{WABA}:messages",
    )
    assert event.payload["value"]["novelties"] == [1, 2]  # type: ignore[index, call-overload]  # pyright: ignore


def test_a_thousand_updates_in_one_body_are_a_thousand_events() -> None:
    messages = [message(id=f"wamid.{n}", **{"from": str(n)}) for n in range(1000)]
    contacts = [{"wa_id": str(n), "profile": {"name": f"Person {n}"}} for n in range(1000)]

    events = flatten(around({"contacts": contacts, "messages": messages}))

    assert [event.payload["contact"] for event in events] == contacts
    assert len({event.id for event in events}) == 1000


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "text",
        {},
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": {"id": "1"}},
        {"object": "whatsapp_business_account", "entry": [7]},
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": 7}]},
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [7]}]},
        {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": 1, "value": 2}]}]},
        around({"messages": "text"}),
        around({"messages": [7]}),
        around({"messages": 7}),
        around({"statuses": {"id": "1"}}),
        of_entries({"id": "1", "changes": [], "new": 1}),
        of_entries({"changes": [{"field": "messages"}]}),
    ],
)
def test_what_is_not_built_as_meta_says_is_kept_for_a_person(broken: Any) -> None:
    events = flatten(broken)

    assert [event.kind for event in events] == ["unreadable"]
    assert events[0].topics == ()


def test_a_broken_change_does_not_take_its_neighbours_with_it() -> None:
    parsed = around({"messages": [message()]})
    parsed["entry"][0]["changes"].append(7)

    events = flatten(parsed)

    assert [event.kind for event in events] == ["message", "unreadable"]
