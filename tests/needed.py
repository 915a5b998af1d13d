"""What components need beside what their schemas demand: one of several fields, mostly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEEDED: Mapping[str, Mapping[str, Any]] = {
    "SendContacts": {"fullName": "Al", "phone": "+16505559999"},
    "SendReaction": {"remove": True},
    "SendOrderDetails": {"total": 1},
    "SendCarousel": {
        "cardType": "product",
        "catalogId": "194836987003835",
        "productIds": ["di9ozbzfi4", "nqryix03ez"],
    },
    "SendFlow": {"flowId": "6627390910605886"},
    "UploadMedia": {"fileId": "file-1"},
    "UpdateBusinessProfile": {"about": "Succulent specialists!"},
    "SetConversationStarters": {"prompts": ["Book a flight"]},
    "CreateTemplate": {"body": "Your order is on its way."},
    "EditTemplate": {"body": "Your order is on its way."},
    "GetTemplate": {"templateId": "1689556908129831"},
}


def right_input(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input that a component (full name) takes: examples, and what else it needs."""
    fields = schema["properties"]
    demanded = {each: fields[each]["examples"][0] for each in schema.get("required", [])}
    return {**demanded, **NEEDED.get(name.rpartition(".")[2], {})}
