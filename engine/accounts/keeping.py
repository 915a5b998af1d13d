"""How an account gets its row, and which running flows use one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from ..contract import JsonObject, RejectedError
from ..storage.tables import accounts, flow_versions, flows
from .stored import StoredAccount

MAX_NAME_CHARS = 100


def checked_name(name: str) -> str:
    """Return the account's name without outer spaces; raise RejectedError when it is too long."""
    name = name.strip()
    if len(name) > MAX_NAME_CHARS or not (name == "" or name.isprintable()):
        raise RejectedError(
            "The account's name cannot be used",
            f"Names have up to {MAX_NAME_CHARS} printable characters.",
            "Choose a shorter, plain name.",
            "name",
        )
    return name


def keep_row(
    connection: sa.Connection,
    owner_id: str,
    service: str,
    suggestion: str,
    name: str,
    values: dict[str, Any],
    settings: JsonObject,
    now: float,
) -> str:
    mine = (accounts.c.owner_id == owner_id) & (accounts.c.service == service)
    rows = connection.execute(
        sa.select(accounts.c.id, accounts.c.name, accounts.c.profile, accounts.c.settings).where(
            mine
        )
    ).all()
    for row in rows:
        if row.name == name or (not name and row.profile == values["profile"]):
            present = {**values, "settings": {**row.settings, **settings}}
            connection.execute(sa.update(accounts).where(accounts.c.id == row.id).values(present))
            return str(row.id)
    account_id = uuid.uuid4().hex
    taken = {row.name for row in rows}
    made = {
        "id": account_id,
        "owner_id": owner_id,
        "service": service,
        "name": name or _free_name(suggestion[:MAX_NAME_CHARS], taken),
        "created_at": now,
        "settings": dict(settings),
    }
    connection.execute(sa.insert(accounts).values({**values, **made}))
    return account_id


def _free_name(wanted: str, taken: set[str]) -> str:
    wanted = wanted.strip() or "account"
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    return name


def running_flows(connection: sa.Connection, account: StoredAccount) -> list[str]:
    return users_in(connection.execute(of_running_flows(account)).all(), account)


def of_running_flows(account: StoredAccount) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(flows.c.id, flows.c.name, flow_versions.c.document)
        .join(
            flow_versions,
            (flow_versions.c.flow_key == flows.c.key)
            & (flow_versions.c.version == flows.c.running_version),
        )
        .where(flows.c.owner_id == account.owner_id)
    )


def users_in(rows: Sequence[sa.Row[Any]], account: StoredAccount) -> list[str]:
    return [name for name, _ in named_users_in(rows, account)]


def named_users_in(rows: Sequence[sa.Row[Any]], account: StoredAccount) -> list[tuple[str, str]]:
    """Return the name and the id of each flow that uses the account, by name."""
    return sorted((row.name, row.id) for row in rows if _uses(row.document, account))


def _uses(document: Mapping[str, Any], account: StoredAccount) -> bool:
    prefix = account.service.replace(":", ".") + "."
    components = cast("Mapping[str, Mapping[str, Any]]", document["components"])
    return any(
        each.get("account") == account.name and str(each["type"]).startswith(prefix)
        for each in components.values()
    )
