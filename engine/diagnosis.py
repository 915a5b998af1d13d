"""What `appmixer doctor` looks at, through the engine's own interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .remote import Remote

Check = Mapping[str, Any]


def diagnose(remote: Remote) -> list[Check]:
    """Return every check of the engine, its connectors, your accounts and your flows."""
    ready = remote.get("/readyz")
    me = remote.get("/api/me")
    checks = [_check("Engine", f"it answers at {remote.url}, and you are {me['name']}")]
    checks += [_left_out(each) for each in ready["leftOut"]]
    if me["isAdministrator"]:
        checks += _configuration(remote)
        for check in remote.get("/api/checks")["checks"]:
            checks.append({**check, "name": f"{check['service']}: {check['name']}"})
    checks += _accounts(remote)
    checks += _flows(remote)
    return checks


def _left_out(connector: Mapping[str, str]) -> Check:
    return _check(
        f"Connector {connector['entryPoint']} of {connector['distribution']}",
        f"the engine goes on without it: {connector['reason']}",
        "Mend it or install another version, and start the engine again; its log tells more.",
        holds=False,
    )


def _configuration(remote: Remote) -> Iterator[Check]:
    for connector in remote.get("/api/configuration")["connectors"]:
        missing = [
            key["key"] for key in connector["keys"] if key["isRequired"] and not key["isSet"]
        ]
        service = connector["service"]
        if missing:
            yield _check(
                f"{service}: configuration",
                f"not set: {', '.join(missing)}",
                f"Run `appmixer config set {service} {missing[0]} VALUE`.",
                holds=False,
            )
        else:
            yield _check(f"{service}: configuration", "every required key is set")


def _accounts(remote: Remote) -> Iterator[Check]:
    accounts = remote.get("/api/accounts")["accounts"]
    if not accounts:
        yield _check(
            "Accounts", "none is connected yet", "Run `appmixer connect NAME`.", holds=False
        )
    for account in accounts:
        name = f"Account {account['name']}"
        if account["state"] != "connected":
            cure = f"Run `appmixer connect {account['name']}`."
            yield _check(name, account["reason"], cure, holds=False)
            continue
        until = account["expiresAt"]
        lasts = f"until {until[:10]}" if until else "without end"
        yield _check(name, f"connected {lasts}")
        for check in remote.get(f"/api/accounts/{account['id']}/checks")["checks"]:
            yield {**check, "name": f"{name}: {check['name']}"}


def _flows(remote: Remote) -> Iterator[Check]:
    for flow in remote.get("/api/flows")["flows"]:
        fell_over = flow["state"] != "running" and flow["reason"]
        finding = flow["reason"] if fell_over else flow["state"]
        cure = f"Correct it, then run `appmixer flow start {flow['id']}`."
        yield _check(f"Flow {flow['id']}", finding, cure, holds=not fell_over)


def _check(name: str, finding: str, cure: str = "", *, holds: bool = True) -> Check:
    return {"name": name, "holds": holds, "finding": finding, "cure": "" if holds else cure}
