"""What the form of a template says can be said in another language, around the template's words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from appmixer.engine.contract import load_connectors, texts_in, translate
from appmixer.engine.contract.texts import GAP, NAME
from appmixer.whatsapp.plugin.templates.blank import blank_of
from appmixer.whatsapp.plugin.templates.forms import form_field

from .fillings import DEFINITION, body, buttons, header
from .test_template_forms import definitions

CONNECTOR = load_connectors()["appmixer:whatsapp"]
GERMAN, TEXTS = CONNECTOR.texts()["de"], CONNECTOR.manifest.texts
# A variable of which Meta was given no example is its own title.
VARIABLE = re.compile(r"\{\{\w+\}\}")
HEADERS = ["IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION", "PRODUCT"]
KINDS = ["QUICK_REPLY", "COPY_CODE", "FLOW", "CATALOG", "MPM", "ORDER_DETAILS", "VOICE_CALL"]
ALL: list[list[dict[str, Any]]] = [
    *([header(each), body("Hi {{1}}")] for each in HEADERS),
    *([body("Hi"), buttons({"type": each, "text": "Tap"})] for each in KINDS),
    [body("Hi")],
]


@pytest.mark.parametrize(
    "definition",
    [*definitions(), *({**DEFINITION, "components": each} for each in ALL)],
)
def test_every_text_of_a_form_is_in_the_german_table(definition: dict[str, Any]) -> None:
    marked = {text: f"¤{text}" for text in GERMAN}

    form = translate(form_field(blank_of(definition)), marked)

    said = [each for each in texts_in(form) if not each.startswith(NAME)]
    assert [each for each in said if each[0] != "¤" and not VARIABLE.fullmatch(each)] == []


def test_the_manifest_names_no_text_that_no_form_says() -> None:
    components = [each["components"] for each in definitions()] + ALL
    forms = [form_field(blank_of({**DEFINITION, "components": each})) for each in components]
    forms += [form_field(blank_of(each)) for each in definitions()]
    said = "\n".join(text for form in forms for text in texts_in(form))

    patterns = {text: ".+".join(map(re.escape, text.split(GAP))) for text in TEXTS}
    unsaid = [text for text, each in patterns.items() if not re.search(f"(?m)^{each}$", said)]
    assert unsaid == []


def test_the_words_of_the_template_stay_in_the_gaps() -> None:
    text = {"type": "BODY", "text": "Hola {{1}}.", "example": {"body_text": [["Ana"]]}}
    link = {"type": "URL", "text": "Seguir", "url": "https://a.example/{{1}}", "example": ["7"]}
    definition = {**DEFINITION, "components": [text, buttons(link)]}

    fields = translate(form_field(blank_of(definition)), GERMAN)["properties"]

    assert [(each["title"], each["description"], each["x-group"]) for each in fields.values()] == [
        ("{{1}}, zum Beispiel Ana", "Im Textteil: Hola {{1}}.", "Textteil"),
        (
            "Seguir: Ende der Adresse",
            "Was beim Antippen am Ende von https://a.example/{{1}} steht.",
            "Buttons",
        ),
    ]
    assert GAP not in str(fields)
