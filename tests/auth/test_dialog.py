"""The address of Meta's login dialog, and what its answer means."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from appmixer.engine.contract import ConfigurationError, RejectedError
from appmixer.engine.contract.testing import RecordingHost
from appmixer.whatsapp.auth.dialog import code_of
from appmixer.whatsapp.auth.provider import WhatsAppAccounts

CALLBACK = "https://engine.example/auth/whatsapp/callback"


def asked(host: RecordingHost) -> tuple[str, dict[str, str]]:
    url = WhatsAppAccounts(host).authorization_url(redirect_uri=CALLBACK, state="s&t")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return url.partition("?")[0], query


def test_with_a_login_configuration_meta_shows_the_asset_picker(host: RecordingHost) -> None:
    host.configuration = {**host.configuration, "configId": "200000000000002"}

    assert asked(host) == (
        "https://www.facebook.com/v25.0/dialog/oauth",
        {
            "client_id": "634974688087057",
            "redirect_uri": CALLBACK,
            "state": "s&t",
            "response_type": "code",
            "config_id": "200000000000002",
            "override_default_response_type": "true",
        },
    )


def test_without_one_the_scopes_are_named_and_asked_again(host: RecordingHost) -> None:
    host.configuration = {**host.configuration, "configId": ""}

    _, query = asked(host)

    assert query == {
        "client_id": "634974688087057",
        "redirect_uri": CALLBACK,
        "state": "s&t",
        "response_type": "code",
        "scope": "whatsapp_business_messaging,whatsapp_business_management",
        "auth_type": "rerequest",
    }


@pytest.mark.parametrize("name", ["clientId", "clientSecret"])
def test_no_one_is_sent_to_a_dialog_that_cannot_work(host: RecordingHost, name: str) -> None:
    host.configuration = {key: each for key, each in host.configuration.items() if key != name}

    with pytest.raises(ConfigurationError) as caught:
        asked(host)

    assert caught.value.field == name


def test_the_code_is_taken_from_the_answer() -> None:
    assert code_of({"code": "abc", "state": "s"}) == "abc"


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (
            {"error": "access_denied", "error_description": "Permissions error"},
            "The login was cancelled",
        ),
        (
            {"error_message": "Invalid Scopes: business_management", "error_code": "100"},
            "Meta does not let this app ask for a permission",
        ),
        (
            {
                "error_code": "191",
                "error_message": "Can't load URL: The domain of this URL isn't included in the"
                " app's domains.",
            },
            "Meta does not accept the callback address",
        ),
        ({"error": "server_error"}, "The login failed"),
        ({"error_code": "1349048"}, "The login failed"),
        ({}, "The login brought no code"),
        ({"code": ""}, "The login brought no code"),
    ],
)
def test_an_answer_without_a_code_is_explained(answer: dict[str, str], title: str) -> None:
    with pytest.raises(RejectedError) as caught:
        code_of(answer)

    assert caught.value.title == title
    assert caught.value.cure
