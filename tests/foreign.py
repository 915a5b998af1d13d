"""Connectors of other people: written into a folder, and made to look installed where wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from appmixer.engine.contract import CONTRACT_VERSION

COMPONENT = '''"""Send Letter."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields


class SendLetter(Action):
    """https://mail.example/letters"""

    label = "Send Letter"
    description = "Sends a letter."
    group = "Letters"
    port = "sent"
    samples = {"sent": {"letterId": "1"}}

    class Input(Fields):
        to: str = Field(title="To", description="Who gets it.", examples=["Ann"])

    class Output(Fields):
        letter_id: str = Field(title="Letter", description="Its number.", examples=["1"])

    async def receive(self, context: ActionContext, input: Input) -> Output:
        return self.Output(letter_id="1")
'''

HOOKS = '''"""The hooks of a small connector."""

import json
from importlib import import_module
from pathlib import Path

from appmixer.engine.contract import hookimpl

MANIFEST = json.loads((Path(__file__).parent / "connector.json").read_text("utf-8"))


class Plugin:
    routes = ()

    async def start(self): ...
    async def stop(self): ...
    async def checks(self, account):
        return []


@hookimpl
def appmixer_manifest():
    return MANIFEST


@hookimpl
def appmixer_components():
    return {
        each["name"]: getattr(import_module(each["module"]), each["name"].rpartition(".")[2])
        for each in MANIFEST["components"]
    }


@hookimpl
def appmixer_account_provider(host):
    return object()


@hookimpl
def appmixer_plugin(host):
    return Plugin()
'''


def manifest(service: str) -> dict[str, Any]:
    """The manifest of the connector `acme:SERVICE`, which sends letters."""
    return {
        "id": f"acme:{service}",
        "label": "Mail",
        "version": "1.0.0",
        "contract": CONTRACT_VERSION,
        "description": "Sends letters.",
        "icon": "data:image/svg+xml,",
        "auth": {"type": "oauth2", "service": service, "scopes": []},
        "configuration": [],
        "endpoint": [],
        "quotas": [],
        "components": [
            {
                "name": f"acme.{service}.SendLetter",
                "kind": "action",
                "label": "Send Letter",
                "description": "Sends a letter.",
                "group": "Letters",
                "module": f"acme.{service}.components.send_letter",
                "schema": "schemas/SendLetter.json",
                "effect": "write",
                "idempotent": False,
            }
        ],
    }


def write_connector(folder: Path, service: str) -> Path:
    """Write a connector that keeps the contract, but for its schemas, which are not published."""
    (folder / "components").mkdir(parents=True)
    (folder / "schemas").mkdir()
    (folder / "connector.json").write_text(json.dumps(manifest(service)), "utf-8")
    (folder / "components" / "send_letter.py").write_text(COMPONENT, "utf-8")
    (folder / "plugin.py").write_text(HOOKS, "utf-8")
    return folder


def write_component(folder: Path, module: str, name: str, *, group: str = "Letters") -> None:
    """Add another component to a connector's folder."""
    text = COMPONENT.replace("SendLetter", name).replace('"Letters"', f'"{group}"')
    (folder / "components" / module).write_text(text, "utf-8")


def install(site: Path, service: str, *, more_code: str = "") -> Path:
    """Install a connector for every Python that has `site` on its path; return its folder."""
    folder = write_connector(site / "acme" / service, service)
    with (folder / "plugin.py").open("a", encoding="utf-8") as plugin:
        plugin.write(more_code)
    facts = site / f"acme_{service}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{service}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[appmixer]\n{service} = acme.{service}.plugin\n")
    return folder
