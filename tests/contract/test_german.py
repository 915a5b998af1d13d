"""The connectors of this repository say all of their texts in German, and nothing besides."""

from __future__ import annotations

import pytest

from appmixer.engine.contract import load_connectors
from appmixer.engine.contract.conformance import text_complaints

CONNECTORS = load_connectors()
OURS = {"appmixer:whatsapp": "texts/de.json", "appmixer:utilities": "utilities/texts/de.json"}
GAP = "{}"


@pytest.mark.parametrize("connector_id", OURS)
def test_every_text_is_said_in_german_and_nothing_stale_is(connector_id: str) -> None:
    connector = CONNECTORS[connector_id]
    complaints = text_complaints(
        connector.manifest, connector.components(), connector.texts(), connector.examples()
    )

    assert not complaints, (
        f"Run: make publish, and write the German behind what is empty in {OURS[connector_id]}."
        f" {'; '.join(complaints[:20])}"
    )


@pytest.mark.parametrize("connector_id", OURS)
def test_what_is_said_in_german_has_the_gaps_and_full_stops_of_the_english(
    connector_id: str,
) -> None:
    table = CONNECTORS[connector_id].texts()["de"]

    other_gaps = {text for text, said in table.items() if text.count(GAP) != said.count(GAP)}
    other_ends = {text for text, said in table.items() if text.endswith(".") != said.endswith(".")}

    assert (other_gaps, other_ends) == (set(), set())
