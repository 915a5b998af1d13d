"""Of several flows that send from one account, each can hear of its own messages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import World

PERSON = "16505551234"


def flow(word: str, *, only_this_flow: bool) -> dict[str, Any]:
    """Return a flow that answers a word, and keeps the id of each answer that is delivered."""
    return {
        "name": word,
        "components": {
            "incoming": {
                "type": "appmixer.whatsapp.NewMessage",
                "account": "acme",
                "input": {"keywords": [word]},
            },
            "reply": {
                "type": "appmixer.whatsapp.SendText",
                "account": "acme",
                "source": {"in": {"incoming": ["message"]}},
                "input": {
                    "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                    "to": "{{ incoming.message.replyTo }}",
                    "text": word,
                },
            },
            "arrived": {
                "type": "appmixer.whatsapp.MessageStatusUpdated",
                "account": "acme",
                "input": {"statuses": ["delivered"], "onlyThisFlow": only_this_flow},
            },
            "noted": {
                "type": "appmixer.utilities.SetValues",
                "source": {"in": {"arrived": ["status"]}},
                "input": {"values": [{"name": "id", "value": "{{ arrived.status.id }}"}]},
            },
        },
    }


def test_flows_of_one_account_hear_of_their_own_messages_alone_if_they_ask_for_it(
    ready: World,
) -> None:
    ready.set_webhook()
    words = {"apples": True, "pears": True, "everything": False}
    for word, only_this_flow in words.items():
        ready.start(word, flow(word, only_this_flow=only_this_flow))
    for word in words:
        ready.says(PERSON, type="text", text={"body": word})

    def noted(flow_id: str) -> list[dict[str, Any]]:
        listed = ready.engine_call("GET", f"/api/runs?flowId={flow_id}")["runs"]
        runs = [ready.engine_call("GET", f"/api/runs/{each['id']}") for each in listed]
        return [run for run in runs if run["steps"][0]["component"] == "arrived" and run["endedAt"]]

    ready.wait_until(lambda: len(noted("everything")) == 3, "all three deliveries are noted")
    ready.wait_until(lambda: not ready.has_work(), "nothing is left to do")
    heard = {word: len(noted(word)) for word in words}

    assert heard == {"apples": 1, "pears": 1, "everything": 3}
