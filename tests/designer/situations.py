"""What tests of several pages need to be so before they begin."""

from __future__ import annotations

from typing import Any

from appmixer.sandbox.world import seed

from .conftest import Site

SERVICE = "appmixer:whatsapp"


async def connected(site: Site, name: str = "acme") -> None:
    account = {"service": SERVICE, "name": name, "accessToken": seed.SYSTEM_USER_TOKEN}
    (await site.api.post("/api/accounts", json=account)).raise_for_status()


async def accounts(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await site.api.get("/api/accounts")).json()["accounts"]
    return found


async def withdraw(site: Site) -> None:
    """Take the token back at the service, and let the engine notice."""
    (await site.controls.delete(f"/tokens/{seed.SYSTEM_USER_TOKEN}")).raise_for_status()
    [account] = await accounts(site)
    report = await site.api.get(f"/api/accounts/{account['id']}/checks")
    assert report.json()["account"]["state"] == "reconnect", report.text


async def listening(site: Site) -> None:
    """A running flow that uses the account."""
    heard = {
        "type": "appmixer.whatsapp.NewMessage",
        "account": "acme",
        "input": {"businessAccountId": seed.WABA_ID},
    }
    document = {"name": "Listening", "components": {"heard": heard}}
    (await site.api.put("/api/flows/listening", json=document)).raise_for_status()
    (await site.api.post("/api/flows/listening/start")).raise_for_status()
