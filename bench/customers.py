"""Ten owners, each with an account, four numbers and four flows that answer every message."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from .servers.engine import API_TOKEN
from .servers.graph import TOKENS
from .webhooks import numbers_of

CONNECTOR = "appmixer:whatsapp"
ACCOUNT = "bench"
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Caller:
    """Somebody who calls an engine's HTTP interface."""

    port: int
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer; raise RuntimeError with what a refusal says."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise RuntimeError(f"{method} {path} answered {error.code}: {said}") from None

    def run_flow(self, flow_id: str, document: Any) -> None:
        """Store a flow and start it."""
        self.call("PUT", f"/api/flows/{flow_id}", document)
        self.call("POST", f"/api/flows/{flow_id}/start")


def settle(port: int) -> list[Caller]:
    """Let the owners move into an empty engine; return them."""
    return [_move_in(port, *each) for each in TOKENS.items()]


def _move_in(port: int, token: str, waba_id: str) -> Caller:
    owner = join(port, token)
    for phone_number_id in numbers_of(waba_id):
        owner.run_flow(f"answer-{phone_number_id}", answering(phone_number_id))
    return owner


def join(port: int, token: str) -> Caller:
    """Add an owner with the account that a token of Graph opens."""
    administrator = Caller(port, API_TOKEN)
    made = administrator.call("POST", "/api/owners", {"name": f"Owner of {token}"})
    owner = Caller(port, made["token"])
    account = {"service": CONNECTOR, "name": ACCOUNT, "accessToken": token}
    owner.call("POST", "/api/accounts", account)
    return owner


def answering(phone_number_id: str) -> dict[str, Any]:
    """Return a flow with three expressions."""
    return {
        "name": "Answer",
        "components": {
            "incoming": {
                "type": "appmixer.whatsapp.NewMessage",
                "account": ACCOUNT,
                "input": {"phoneNumberId": phone_number_id},
            },
            "reply": {
                "type": "appmixer.whatsapp.SendText",
                "account": ACCOUNT,
                "source": {"in": {"incoming": ["message"]}},
                "input": {
                    "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                    "to": "{{ incoming.message.replyTo }}",
                    "text": "You said: {{ incoming.message.text.body }}",
                },
            },
        },
    }


def declining(phone_number_id: str) -> dict[str, Any]:
    """Return a flow that hears every message of a number, and starts no run for a text."""
    return {
        "name": "Decline",
        "components": {
            "incoming": {
                "type": "appmixer.whatsapp.NewMessage",
                "account": ACCOUNT,
                "input": {"phoneNumberId": phone_number_id, "messageTypes": ["image"]},
            }
        },
    }
