"""What a manifest says of its configuration keys and of accounts, and is held to itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from appmixer.engine.contract.manifest import ConfigurationKey, Manifest
from appmixer.engine.contract.version import CONTRACT_VERSION

KEY = {"name": "level", "label": "Level", "description": "How loud.", "environment": "LEVEL"}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"pattern": "[0-9]+"}, "level has a pattern and no example"),
        ({"pattern": "[0-9]+", "example": "11a"}, "level does not take its own '11a'"),
        ({"pattern": "[0-9]+", "example": "11", "default": "x"}, "does not take its own 'x'"),
        ({"pattern": "[0-9", "example": "11"}, "the pattern of level is none"),
    ],
)
def test_a_key_whose_own_values_do_not_fit_is_no_key(form: dict[str, str], words: str) -> None:
    content: dict[str, Any] = {**KEY, **form}

    with pytest.raises(ValidationError, match=words):
        ConfigurationKey.model_validate(content)


def test_a_value_fits_as_a_whole_or_not_at_all() -> None:
    key = ConfigurationKey.model_validate({**KEY, "pattern": "[0-9]|1[01]", "example": "11"})

    assert [value for value in ("7", "11", "110", "a1", "11\n", "") if key.takes(value)] == [
        "7",
        "11",
    ]


def test_a_key_without_a_form_takes_everything() -> None:
    assert ConfigurationKey.model_validate(KEY).takes("whatever you like")


def manifest(auth: dict[str, Any] | None, **entry: Any) -> Manifest:
    component = {
        "name": "acme.mail.SendLetter",
        "kind": "action",
        "label": "Send Letter",
        "description": "Sends a letter.",
        "group": "Letters",
        "module": "acme.mail",
        "schema": "schemas/SendLetter.json",
        "effect": "write",
        "idempotent": False,
    }
    return Manifest.model_validate(
        {
            "id": "acme:mail",
            "label": "Mail",
            "version": "1.0.0",
            "contract": CONTRACT_VERSION,
            "description": "Sends letters.",
            "icon": "data:image/svg+xml,",
            "auth": auth,
            "configuration": [],
            "endpoint": [],
            "quotas": [],
            "components": [{**component, **entry}],
        }
    )


@pytest.mark.parametrize(
    ("auth", "entry", "takes", "needs"),
    [
        (None, {}, False, False),
        ({"type": "oauth2"}, {}, True, False),
        ({"type": "oauth2"}, {"scopes": ["send"]}, True, True),
        ({"type": "oauth2"}, {"scopes": ["send"], "account": "optional"}, True, False),
        ({"type": "apiKey"}, {}, True, True),
        ({"type": "apiKey"}, {"account": "optional"}, True, False),
        ({"type": "apiKey", "forAll": False}, {}, False, False),
        ({"type": "apiKey", "forAll": False}, {"account": "optional"}, True, False),
        ({"type": "apiKey", "forAll": False}, {"account": "required"}, True, True),
    ],
)
def test_a_manifest_tells_which_component_takes_and_which_needs_an_account(
    auth: dict[str, Any] | None, entry: dict[str, Any], *, takes: bool, needs: bool
) -> None:
    found = manifest({"service": "mail", **auth} if auth else None, **entry)

    [component] = found.components
    assert (found.takes_account(component), found.needs_account(component)) == (takes, needs)


def test_no_component_takes_an_account_where_there_are_none() -> None:
    with pytest.raises(ValidationError, match="SendLetter takes an account, and there is no auth"):
        manifest(None, account="optional")
