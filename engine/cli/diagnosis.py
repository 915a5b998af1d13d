"""What `appmixer doctor` looks at, through the engine's own interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .remote import Remote

Check = Mapping[str, Any]
_Finding = tuple[str, str, str, str, str]


def diagnose(remote: Remote) -> list[Check]:
    """Return every finding about the engine, its connectors, your accounts and your flows, once.

    `isInUse` tells whether the finding concerns the engine or something that a flow needs.
    """
    ready = remote.get("/readyz")
    me = remote.get("/api/me")
    left_out = [_left_out(each) for each in ready["leftOut"]]
    failing = [_failing(name, reason) for name, reason in ready["troubles"].items()]
    engine = _check("Engine", f"it answers at {remote.url}, and you are {me['name']}")
    setup: list[Check] = remote.get("/api/checks")["checks"] if me["isAdministrator"] else []
    named = [
        {**check, "name": f"{check['service']}: {check['name']}", "isInUse": True}
        for check in setup
    ]
    known = [_finding(check["service"], check) for check in setup]
    return [engine, *left_out, *failing, *named, *_accounts(remote, known), *_flows(remote)]


def _left_out(connector: Mapping[str, str]) -> Check:
    return _check(
        f"Connector {connector['entryPoint']} of {connector['distribution']}",
        f"the engine goes on without it: {connector['reason']}",
        "Mend it or install another version, and start the engine again; its log tells more.",
        state="fault",
    )


def _failing(name: str, reason: str) -> Check:
    return _check(
        f"Task {name}",
        f"it fails, and is begun again by itself: {reason}",
        "If it stays, look into the engine's log, which tells more.",
        state="fault",
    )


def claim_events(remote: Remote) -> list[Check]:
    """Have the events of every account of yours delivered to the engine; return what became."""
    found: list[Check] = []
    for account in remote.get("/api/accounts")["accounts"]:
        if account["state"] == "connected":
            for check in remote.call("POST", f"/api/accounts/{account['id']}/claim")["checks"]:
                name = f"Account {account['name']}: {check['name']}"
                found.append({**check, "name": name, "isInUse": True})
    return found


def _accounts(remote: Remote, known: Sequence[_Finding]) -> Iterator[Check]:
    accounts = remote.get("/api/accounts")["accounts"]
    if not accounts:
        yield _check(
            "Accounts", "none is connected yet", "Run `appmixer connect NAME`.", state="advice"
        )
    found: dict[_Finding, list[tuple[str, bool]]] = {}
    for account in accounts:
        report = remote.get(f"/api/accounts/{account['id']}/checks")
        is_in_use = bool(report["usedBy"])
        yield {**_account(account), "isInUse": is_in_use}
        for check in report["checks"]:
            finding = _finding(account["service"], check)
            if finding not in known:
                found.setdefault(finding, []).append((account["name"], is_in_use))
    for (_, name, state, text, cure), users in found.items():
        whose = f"Account{'s' if len(users) > 1 else ''} {', '.join(user for user, _ in users)}"
        is_in_use = any(is_in_use for _, is_in_use in users)
        yield _check(f"{whose}: {name}", text, cure, state=state, is_in_use=is_in_use)


def _account(account: Mapping[str, Any]) -> Check:
    name = f"Account {account['name']}"
    if account["state"] != "connected":
        cure = f"Run `appmixer connect {account['name']}`."
        return _check(name, account["reason"], cure, state="fault")
    until = account["expiresAt"]
    return _check(name, f"connected {f'until {until[:10]}' if until else 'without end'}")


def _flows(remote: Remote) -> Iterator[Check]:
    for flow in remote.get("/api/flows")["flows"]:
        fell_over = flow["state"] != "running" and flow["reason"]
        finding = flow["reason"] if fell_over else flow["state"]
        cure = f"Correct it, then run `appmixer flow start {flow['id']}`."
        state = "fault" if fell_over else "fine"
        yield _check(f"Flow {flow['id']}", finding, cure, state=state)


def _finding(service: str, check: Check) -> _Finding:
    return service, check["name"], check["state"], check["finding"], check["cure"]


def _check(
    name: str, finding: str, cure: str = "", *, state: str = "fine", is_in_use: bool = True
) -> Check:
    return {
        "name": name,
        "state": state,
        "finding": finding,
        "cure": "" if state == "fine" else cure,
        "isInUse": is_in_use,
    }
