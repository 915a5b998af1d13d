"""What `appmixer account` and `appmixer connect` do at a running engine."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

from .conftest import BIN, TOKEN

if TYPE_CHECKING:
    from .conftest import World

WABA, OTHER_WABA = "102290129340398", "203390129340398"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]
HIDDEN = {"endpoint": "assigned_whatsapp_business_accounts", "code": 10}


def appmixer(world: World, *arguments: str, given: str = "") -> tuple[int, str]:
    done = subprocess.run(
        [str(BIN / "appmixer"), *arguments, "--url", world.engine.url],
        input=given,
        capture_output=True,
        text=True,
        env={"APPMIXER_API_TOKEN": TOKEN, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"},
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_accounts_are_listed_set_and_removed(ready: World) -> None:
    listed = appmixer(ready, "account", "list")
    region = appmixer(ready, "account", "set", "acme", "defaultRegion", "DE")
    kept = appmixer(ready, "account", "set", "acme", "keepSubscribed", "true")
    back = appmixer(ready, "account", "set", "acme", "defaultRegion", "null")
    [account] = json.loads(appmixer(ready, "account", "list", "--json")[1])["accounts"]

    default = f"businessAccountId={WABA} (Lucky Shrub)"
    words = listed[1].split()
    assert words[:3] == ["acme", "appmixer:whatsapp", "connected"]
    assert default in listed[1]
    assert region == (0, f"acme: does not expire, {default}, defaultRegion=DE\n")
    assert kept[1].endswith("defaultRegion=DE, keepSubscribed=true\n")
    assert back[1].endswith(f"{default}, keepSubscribed=true\n")
    assert account["settings"] == {"keepSubscribed": True}
    assert appmixer(ready, "account", "remove", "acme") == (0, "acme is removed.\n")
    assert "No account is connected yet" in appmixer(ready, "account", "list")[1]


def test_what_cannot_be_set_is_refused_with_a_sentence(ready: World) -> None:
    refused = {
        "defaultRegion=XX": "No country has the letters XX.",
        "defaultRegion=Germany": "Give a text such as DE.",
        "keepSubscribed=maybe": "Give true or false.",
        f"businessAccountId={OTHER_WABA}": "was not shared with this account",
        "region=DE": "The settings of this account are: businessAccountId, defaultRegion",
    }

    for pair, words in refused.items():
        code, said = appmixer(ready, "account", "set", "acme", *pair.split("="))
        assert (code, words in said) == (1, True), said
    code, said = appmixer(ready, "account", "set", "nobody", "defaultRegion", "DE")
    assert (code, said) == (1, "There is no account nobody; there is: acme.\n")


def test_a_token_that_does_not_tell_what_it_is_for_is_connected_with_the_named_account(
    ready: World,
) -> None:
    [person] = [
        each["id"]
        for each in ready.sandbox_call("GET", "/_sandbox/world")["users"]
        if each["name"] == "Robin Marsh"
    ]
    made = {"userId": person, "scopes": dict.fromkeys(SCOPES)}
    token = ready.sandbox_call("POST", "/_sandbox/tokens", made)["value"]
    ready.sandbox_call("POST", "/_sandbox/faults", HIDDEN)

    without = appmixer(ready, "connect", "plain", "--token", given=token)
    foreign = f"businessAccountId={OTHER_WABA}"
    wrong = appmixer(ready, "connect", "plain", "--token", "--set", foreign, given=token)
    named = f"businessAccountId={WABA}"
    right = appmixer(ready, "connect", "plain", "--token", "--set", named, given=token)

    assert without[0] == 1
    assert "Default WhatsApp Business Account is needed" in without[1]
    assert (wrong[0], "was not shared" in wrong[1]) == (1, True)
    assert right[0] == 0, right[1]
    accounts = ready.engine_call("GET", "/api/accounts")["accounts"]
    profiles = {each["name"]: each["profile"]["wabaIds"] for each in accounts}
    assert profiles["plain"] == [WABA]


def test_a_key_is_connected_by_a_line_with_what_it_needs(ready: World) -> None:
    needed = ("--service", "appmixer:utilities", "--set", "hosts=api.example.com")

    without = appmixer(ready, "connect", "crm", *needed[:2], given="k3y-of-crm\n")
    wrong = appmixer(ready, "connect", "crm", *needed[:3], "hosts=*", given="k3y-of-crm\n")
    right = appmixer(ready, "connect", "crm", *needed, given="k3y-of-crm\n")
    way = appmixer(ready, "account", "set", "crm", "sentAs", "cookie")
    listed = appmixer(ready, "account", "list")

    assert (without[0], wrong[0], right[0], way[0]) == (1, 1, 0, 1)
    assert "Hosts is needed" in without[1]
    assert "* is no host." in wrong[1]
    assert "Account crm is connected.\n" in right[1]
    assert "Give one of bearer, basic, header, query." in way[1]
    assert "hosts=api.example.com" in listed[1]
    assert "k3y-of-crm" not in right[1] + listed[1]


def test_what_an_account_needs_is_asked_for_on_a_terminal(ready: World) -> None:
    typing, terminal = pty.openpty()
    command = ["connect", "crm", "--service", "appmixer:utilities", "--url", ready.engine.url]
    with subprocess.Popen(
        [str(BIN / "appmixer"), *command],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"APPMIXER_API_TOKEN": TOKEN, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"},
        start_new_session=True,
    ) as connecting:
        assert connecting.stdout is not None
        said = ""
        for prompt, answer in (("Hosts: ", "api.example.com"), ("Password: ", "k3y-of-crm")):
            while not said.endswith(prompt):
                part = connecting.stdout.read(1)
                assert part, said
                said += part.decode()
            os.write(typing, f"{answer}\n".encode())
        said += connecting.stdout.read().decode()
    os.close(typing)
    os.close(terminal)

    assert connecting.returncode == 0, said
    assert said.endswith("Account crm is connected.\n")
    assert "k3y-of-crm" not in said
