"""Templates that flows write: WhatsApp's variables beside the flow's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import World

BODY = "Hi {{1}}, your order {{2}} has shipped."
URL = "https://www.luckyshrub.example/track/{{1}}"


def flow(**written: Any) -> dict[str, Any]:
    """Return a flow that creates a template named after who has written."""
    return {
        "name": "Write a template",
        "components": {
            "begin": {"type": "appmixer.utilities.OnStart"},
            "write": {
                "type": "appmixer.whatsapp.CreateTemplate",
                "account": "acme",
                "source": {"in": {"begin": ["started"]}},
                "input": {
                    "name": "{{ 'order_' + 'shipped' }}",
                    "language": "en_US",
                    "category": "UTILITY",
                    "bodyExamples": [{"value": "{{ 'Sheena' }}"}, {"value": "860198"}],
                    **written,
                },
            },
        },
    }


def test_variables_that_are_marked_as_literal_reach_meta_as_they_stand(ready: World) -> None:
    button = {"kind": "url", "text": "Track", "url": {"$literal": URL}, "urlExample": "860198"}
    ready.start("template", flow(body={"$literal": BODY}, buttons=[button]))

    run = ready.ended_run("template", "completed")

    [created] = run["steps"][1]["output"]["created"]
    assert (created["name"], created["status"]) == ("order_shipped", "PENDING")
    got = ready.try_out("GetTemplate", templateId=created["id"]).json()["output"]["template"][0]
    assert (got["body"], got["bodyExamples"]) == (BODY, {"1": "Sheena", "2": "860198"})
    assert [each["url"] for each in got["buttons"]] == [URL]


def test_variables_that_are_not_marked_are_refused_with_how_to_mark_them(ready: World) -> None:
    answer = ready.ask("PUT", "/api/flows/unmarked", flow(body=BODY))

    assert answer.status_code == 422
    assert "$literal" in answer.text


def test_metas_rules_are_told_when_a_flow_is_stored(ready: World) -> None:
    written = {"body": {"$literal": BODY}, "footer": "Lucky\nShrub"}

    answer = ready.ask("PUT", "/api/flows/wrong", flow(**written))

    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["path"] == "components.write.input.footer"
    assert "A footer stands on one line." in fault["text"]


def test_metas_rules_for_the_marked_text_itself_are_told_when_a_flow_is_stored(
    ready: World,
) -> None:
    miscounted = flow(body={"$literal": "Hi {{2}}, your order has shipped today."})
    tapped = {"kind": "url", "text": {"$literal": "Track {{1}}"}, "url": "https://example.com"}

    answers = [
        ready.ask("PUT", "/api/flows/wrong", miscounted),
        ready.ask("PUT", "/api/flows/wrong", flow(body="It has shipped.", buttons=[tapped])),
    ]

    faults = [fault for answer in answers for fault in answer.json()["errors"]]
    assert [each["path"] for each in faults] == [
        "components.write.input.body",
        "components.write.input.buttons.0.text",
    ]
    assert "There is no {{1}}." in faults[0]["text"]
    assert "A label cannot have variables." in faults[1]["text"]
