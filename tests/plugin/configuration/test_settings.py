"""The administrator's configuration is typed, and what is missing is named."""

from __future__ import annotations

import pytest

from appmixer.engine.contract import ConfigurationError
from appmixer.whatsapp.plugin.configuration.manifest import read_manifest
from appmixer.whatsapp.plugin.configuration.settings import Settings, how_to_set

FULL = {
    "clientId": "1",
    "clientSecret": "s3cret",
    "configId": "2",
    "esConfigId": "3",
    "verifyToken": "v3rify",
    "graphUrl": "http://127.0.0.1:8322/",
    "dialogUrl": "http://localhost:8322",
    "graphVersion": "v26.0",
    "unknownAfterS": "20",
}


def test_values_are_taken_as_they_are() -> None:
    assert Settings.read(FULL) == Settings(
        "1",
        "s3cret",
        "2",
        "3",
        "v3rify",
        "http://127.0.0.1:8322",
        "http://localhost:8322",
        "v26.0",
        20.0,
    )


def test_what_is_not_set_has_metas_addresses_and_one_version() -> None:
    expected = Settings(
        None,
        None,
        None,
        None,
        None,
        "https://graph.facebook.com",
        "https://www.facebook.com",
        "v25.0",
        900.0,
    )

    assert Settings.read({}) == Settings.read({"clientId": " ", "graphUrl": ""}) == expected


def test_secrets_are_in_no_repr() -> None:
    shown = repr(Settings.read(FULL))

    assert "s3cret" not in shown
    assert "v3rify" not in shown


@pytest.mark.parametrize("name", ["clientId", "clientSecret", "verifyToken"])
def test_a_missing_value_is_named_with_the_way_to_set_it(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read({}).required(name)

    assert caught.value.field == name
    assert f"appmixer config set appmixer:whatsapp {name}" in caught.value.cure


def test_the_hint_names_the_variables_of_the_manifest() -> None:
    for key in read_manifest()["configuration"]:
        assert f"set {key['environment']}." in how_to_set(key["name"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clientId", "abc"),
        ("clientId", "1e3"),
        ("clientSecret", "two words"),
        ("configId", "My configuration"),
        ("graphUrl", "graph.facebook.com"),
        ("graphUrl", "ftp://graph.facebook.com"),
        ("graphUrl", "https://"),
        ("graphUrl", "https://["),
        ("dialogUrl", "https://x/?a=b"),
        ("dialogUrl", "https://user@x"),
        ("graphVersion", "25"),
        ("graphVersion", "banana"),
        ("graphVersion", "v25.0/../me"),
        ("unknownAfterS", "0"),
        ("unknownAfterS", "15m"),
        ("unknownAfterS", "100000"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read({name: value})

    assert caught.value.field == name
