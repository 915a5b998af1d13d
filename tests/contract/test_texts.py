"""Which texts of manifests and schemas are for people, and what they become in a language."""

from __future__ import annotations

from typing import Any

from appmixer.engine.contract import texts_in, translate


def test_names_stay_and_what_they_are_called_stands_beside_them() -> None:
    document: dict[str, Any] = {
        "properties": {"state": {"type": "string", "enum": ["on", "off"], "default": "on"}},
        "x-ports": {"sent": {"$ref": "#/$defs/Sent"}},
        "x-samples": {"a letter": {"state": "on"}},
    }
    texts = {"= on": "an", "= sent": "gesendet", "= a letter": "ein Brief"}

    assert [*texts_in(document)] == ["= sent", "= a letter", "= on", "= off"]
    assert translate(document, texts) == {
        "properties": {
            "state": {
                "type": "string",
                "enum": ["on", "off"],
                "default": "on",
                "x-labels": {"on": "an"},
            }
        },
        "x-ports": {"sent": {"$ref": "#/$defs/Sent"}},
        "x-samples": {"a letter": {"state": "on"}},
        "x-labels": {"sent": "gesendet", "a letter": "ein Brief"},
    }


def test_keywords_are_one_text_and_those_of_the_language_are_added() -> None:
    entry = {"label": "Send", "keywords": ["Photo", "Picture"]}

    assert [*texts_in(entry)] == ["Send", "Photo, Picture"]
    assert translate(entry, {"Photo, Picture": "Foto, Bild, Photo"}) == {
        "label": "Send",
        "keywords": ["Photo", "Picture", "Foto", "Bild"],
    }
    assert translate(entry, {}) == entry


def test_the_labels_of_choices_and_the_name_of_a_key_are_texts() -> None:
    auth: dict[str, Any] = {
        "keyLabel": "Key",
        "settings": [{"choices": {"basic": "User"}}, {"choices": "ids"}],
    }

    assert [*texts_in(auth)] == ["Key", "User"]
    assert translate(auth, {"Key": "Schlüssel", "User": "Benutzer", "ids": "?"}) == {
        "keyLabel": "Schlüssel",
        "settings": [{"choices": {"basic": "Benutzer"}}, {"choices": "ids"}],
    }


def test_a_field_may_be_called_like_a_word_of_json_schema() -> None:
    field = {"title": "Text", "type": "string"}
    names = ["title", "default", "examples", "enum", "keywords", "choices", "x-samples"]
    document = {"properties": dict.fromkeys(names, field)}

    assert [*texts_in(document)] == ["Text"] * len(names)
    assert translate(document, {"Text": "Wortlaut"}) == {
        "properties": {name: {**field, "title": "Wortlaut"} for name in names}
    }


def test_examples_of_several_words_are_translated_and_values_are_not() -> None:
    document: dict[str, Any] = {"examples": ["Back soon.", "text", 1], "title": "text"}
    texts = {"Back soon.": "Bin gleich zurück.", "text": "Wortlaut"}

    assert [*texts_in(document)] == ["text"]
    assert translate(document, texts) == {
        "examples": ["Bin gleich zurück.", "text", 1],
        "title": "Wortlaut",
    }


def test_a_text_of_a_form_keeps_what_stands_in_its_gaps() -> None:
    texts = {"{}, for example {}": "{}, zum Beispiel {}", "Card {}": "Karte {}", "Ca{}": ""}
    form = {"title": "{{1}}, for example A\nB", "x-group": "Card 2", "description": "Cards"}

    assert translate(form, texts) == {
        "title": "{{1}}, zum Beispiel A\nB",
        "x-group": "Karte 2",
        "description": "Cards",
    }


def test_an_empty_text_stays_english() -> None:
    document = {"title": "Text", "enum": ["on"], "examples": ["Back soon."], "keywords": ["A"]}
    empty = dict.fromkeys(["Text", "= on", "Back soon.", "A"], "")

    assert translate(document, empty) == document
