"""Secrets are taken out of texts by what is known everywhere, and by what manifests name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from appmixer.engine.contract.manifest import Manifest, Secrets
from appmixer.engine.contract.redaction import HIDDEN, Redaction

CONNECTOR = Path(__file__).parents[2] / "connector.json"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer one-secret",
        "https://host/path?access_token=one-secret&x=1",
        "https://host/?token=one-secret",
        '{"client_secret": "one-secret"}',
        "callback?code=one-secret-one-secret&state=1",
        "pin: 000000, pin=000000",
    ],
)
def test_what_is_a_secret_anywhere_is_hidden_everywhere(text: str) -> None:
    hidden = Redaction().hide(text)

    assert not any(each in hidden for each in ("one-secret", "000000"))
    assert HIDDEN in hidden


@pytest.mark.parametrize("text", ["code=131026", "the token: it is gone", "number 106540352242922"])
def test_what_people_need_is_left(text: str) -> None:
    assert Redaction().hide(text) == text


def test_what_a_manifest_names_is_hidden_and_nothing_else_of_it() -> None:
    redaction = Redaction([Secrets(parameters=["sesame"], patterns=["SES-[0-9]+", "(?i)open"])])

    hidden = redaction.hide("SESAME=a1&b=2 with SES-77 and Open; SES-x")

    assert hidden == f"SESAME={HIDDEN}&b=2 with {HIDDEN} and {HIDDEN}; SES-x"


def test_our_own_manifest_names_what_tokens_look_like() -> None:
    secrets = Manifest.model_validate(json.loads(CONNECTOR.read_text("utf-8"))).secrets
    redaction = Redaction([secrets])

    told = "input_token=abc of EAAGm0PX4ZCpsBA and of 100000000000001|sandbox-app-secret"

    assert redaction.hide(told) == f"input_token={HIDDEN} of {HIDDEN} and of {HIDDEN}"


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({"patterns": ["[0-9"]}, "is no regular expression"),
        ({"patterns": ["[0-9]*"]}, "matches nothing at all"),
        ({"parameters": ["a token"]}, "should match pattern"),
    ],
)
def test_secrets_that_cannot_be_looked_for_are_refused(
    secrets: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Secrets.model_validate(secrets)
