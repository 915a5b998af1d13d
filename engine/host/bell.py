"""What an owner has to know and do something about, told from what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..accounts.accounts import Accounts
from ..flows.flows import Flows
from ..runs.failures import LATER, MAX_FAILED, Failed, Failures
from ..storage.storage import Storage
from ..storage.tables import CONNECTED
from ..times import iso
from .hosted import Hosted

CONNECT = "Connect the account again; what waits for it goes on by itself."
LOOK_THROUGH = "Look through the step, store the flow again and start it."
MEND = "Mend what is named, and start the flow again."
LOOK_AT_RUN = "Open the run: the step that failed says what to do."
DOCTOR = "Run `appmixer doctor`, which names what is wrong and what to do."


@dataclass(frozen=True)
class Bell:
    """The notices of all owners; every call names the owner."""

    accounts: Accounts
    flows: Flows
    storage: Storage
    hosted: Hosted

    async def notices(
        self, owner_id: str, troubles: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return what an owner has to know, the newest first.

        What has no time is so now, and comes before. `troubles` are the engine's own, by their
        name, for its administrator.
        """
        flows = await self.flows.list(owner_id)
        failed = await Failures(self.storage).of_late(owner_id)
        found: list[dict[str, Any]] = [
            *_engine(troubles or {}),
            *(() if troubles is None else _left_out(self.hosted)),
            *_accounts(await self.accounts.list(owner_id)),
            *_flows(flows),
            *_failed(failed, {each["id"]: each["name"] for each in flows}),
        ]
        timed = sorted(
            (each for each in found if each["since"] is not None),
            key=lambda each: str(each["since"]),
            reverse=True,
        )
        return [each for each in found if each["since"] is None] + timed


def _notice(
    kind: str, about: str, title: str, cause: str, cure: str, **more: Any
) -> dict[str, Any]:
    return {
        "id": f"{kind}:{about}",
        "kind": kind,
        "title": title,
        "cause": cause,
        "cure": cure,
        "since": None,
        "count": 1,
        "path": "/",
        "flowId": None,
        "accountId": None,
        "runId": None,
        **more,
    }


def _engine(troubles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, reason in troubles.items():
        title = f"A part of the engine fails: {name}"
        yield _notice("engine", name, title, reason, DOCTOR, path="/health")


def _left_out(hosted: Hosted) -> Iterator[dict[str, Any]]:
    for each in hosted.left_out:
        title = f"The connector of {each.distribution} is left out"
        yield _notice("engine", each.entry_point, title, each.reason, DOCTOR, path="/health")


def _accounts(accounts: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in accounts:
        if each["state"] != CONNECTED:
            name = each["name"]
            title = f"The account {name} has to be connected again"
            more = {"path": f"/accounts/{quote(name, safe='')}", "accountId": each["id"]}
            yield _notice("account", each["id"], title, each["reason"], CONNECT, **more)


def _flows(flows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in flows:
        flow_id, name = each["id"], each["name"]
        place = {"path": f"/flows/{quote(flow_id)}", "flowId": flow_id}
        if each["reason"]:
            title = f"{name} does not run"
            more = {**place, "since": each["updatedAt"]}
            yield _notice("stopped", flow_id, title, each["reason"], MEND, **more)
        for mark in each["marks"]:
            about = f"{flow_id}:{mark['path']}"
            title = f"Something has changed that {name} uses"
            step = mark["path"].partition(".")[2]
            more = {**place, "path": f"{place['path']}/steps/{step}"}
            yield _notice("changed", about, title, mark["text"], LOOK_THROUGH, **more)


def _failed(failed: Sequence[Failed], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for each in failed:
        name, error = names.get(each.flow_id, each.flow_id), each.error or {}
        count = f"{each.count:,}" if each.count < MAX_FAILED else f"{each.count:,} or more"
        title = f"{name} has failed" + (f" {count} times in a day" if each.count > 1 else "")
        parts = [str(error.get(part) or "") for part in ("title", "cause")]
        said = [part if part[-1] in ".!?" else f"{part}." for part in parts if part]
        cause = " ".join(said) or LATER
        where = {"flowId": each.flow_id, "status": "failed"}
        more = {
            "since": iso(each.started_at),
            "count": each.count,
            "path": f"/runs/{each.run_id}" if each.count == 1 else f"/runs?{urlencode(where)}",
            "flowId": each.flow_id,
            "runId": each.run_id,
        }
        cure = str(error.get("cure") or LOOK_AT_RUN)
        yield _notice("failed", each.flow_key, title, cause, cure, **more)
