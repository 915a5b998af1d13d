"""Two processes on one database, each with its own folder: whichever is asked, it is one engine.

What a load balancer sends to one of them may go on at the other.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from ..postgres import empty_database
from .conftest import DEADLINE_S, NUMBER, TOKEN, Process
from .machines import Machines, machines

WABA = "102290129340398"
CONFIGURATION = "/api/configuration/appmixer:whatsapp"
PDF = b"%PDF-1.7\n" + os.urandom(300_000)
NUMBERS = itertools.count(1)
GREET: dict[str, Any] = {
    "name": "Greet",
    "components": {
        "begin": {"type": "appmixer.utilities.OnStart"},
        "after": {
            "type": "appmixer.utilities.SetValues",
            "source": {"in": {"begin": ["started"]}},
            "input": {"values": [{"name": "seen", "value": True}]},
        },
    },
}


@pytest.fixture(scope="module")
def pair(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Machines, Process, Process]]:
    """Two processes that know the same public address: the first's; then who stands by."""
    folder = tmp_path_factory.mktemp("pair")
    database = empty_database(postgres_server)
    with machines(folder, database, knows_its_address=True) as found:
        world = found.world
        world.register()
        world.connect("acme", "EAAsandbox")
        active = world.wait_until(found.at_work, "one is at work")
        [standing_by] = [each for each in found.alive if each is not active]
        yield found, active, standing_by


@pytest.fixture(params=["to the one that stands by", "from the one that stands by"])
def ways(
    request: pytest.FixtureRequest, pair: tuple[Machines, Process, Process]
) -> tuple[str, str, Machines]:
    """The addresses of the process that is asked first and of the other, both ways."""
    found, active, standing_by = pair
    here, there = active.url, standing_by.url
    return (here, there, found) if "to" in request.param.split() else (there, here, found)


def ask(method: str, url: str, *, token: str = TOKEN, **given: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", **given.pop("headers", {})}
    return httpx.request(method, url, headers=headers, timeout=DEADLINE_S, **given)


def upload(url: str, content: bytes) -> str:
    headers = {"Content-Type": "application/pdf"}
    made = ask("POST", f"{url}/api/files?name=a.pdf", content=content, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_file_that_was_uploaded_at_one_is_sent_read_and_deleted_at_the_other(
    ways: tuple[str, str, Machines],
) -> None:
    here, there, found = ways
    file_id = upload(here, PDF)

    used = ask(
        "POST",
        f"{there}/api/components/appmixer.whatsapp.UploadMedia/test",
        json={"account": "acme", "input": {"phoneNumberId": NUMBER, "fileId": file_id}},
    ).json()
    read = ask("GET", f"{there}/api/files/{file_id}/content")
    deleted = ask("DELETE", f"{there}/api/files/{file_id}")

    assert used["status"] == "completed", used
    assert read.content == PDF
    assert deleted.status_code == 204
    assert ask("GET", f"{here}/api/files/{file_id}/content").status_code == 404
    assert found.world.rows("SELECT count(*) FROM file_chunks") == [(0,)]


def test_a_one_time_link_opens_a_session_at_the_other_which_both_know_once(
    ways: tuple[str, str, Machines],
) -> None:
    here, there, _ = ways
    link = httpx.URL(ask("POST", f"{here}/api/links", json={"path": "/"}).json()["url"])
    html = {"Accept": "text/html"}
    with closing(httpx.Client(timeout=DEADLINE_S)) as browser:
        opened = browser.get(f"{there}{link.raw_path.decode()}", headers=html)
        listed = [browser.get(f"{each}/api/flows").status_code for each in (here, there)]
        left = browser.post(f"{here}/sign-out", headers={"Origin": here})
        after = [browser.get(f"{each}/api/flows").status_code for each in (here, there)]
    again = httpx.get(f"{here}{link.raw_path.decode()}", headers=html)

    assert (opened.status_code, listed) == (303, [200, 200])
    assert (left.status_code, after) == (204, [401, 401])
    assert "signIn=expired" in again.headers["location"]


def test_a_login_that_was_begun_at_one_ends_at_the_other(
    ways: tuple[str, str, Machines],
) -> None:
    here, there, _ = ways
    name = f"newcomer-{next(NUMBERS)}"
    begin = {"Authorization": f"Bearer {TOKEN}"}
    scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
    with closing(httpx.Client(timeout=DEADLINE_S)) as browser:
        dialog = browser.get(
            f"{here}/auth/whatsapp/start", params={"name": name}, headers=begin
        ).headers["location"]
        back = browser.post(
            dialog, data={"decision": "approve", "scopes": scopes, "waba_ids": [WABA]}
        )
        callback = httpx.URL(back.headers["location"]).raw_path.decode()
        page = browser.get(f"{there}{callback}")
        repeated = browser.get(f"{here}{callback}")
    accounts = ask("GET", f"{here}/api/accounts").json()["accounts"]
    connected = [each for each in accounts if each["name"] == name]

    assert page.status_code == 200, page.text
    assert [each["state"] for each in connected] == ["connected"]
    assert repeated.status_code == 400, "the same answer is taken once"


def test_a_token_that_was_made_at_one_counts_at_the_other_and_ends_there(
    ways: tuple[str, str, Machines],
) -> None:
    here, there, _ = ways
    name = f"owner-{next(NUMBERS)}"
    token = ask("POST", f"{here}/api/owners", json={"name": name}).json()["token"]

    known = ask("GET", f"{there}/api/flows", token=token).status_code
    replaced = ask("POST", f"{there}/api/owners/{name}/tokens", json={"replace": True}).json()
    ended = ask("GET", f"{here}/api/flows", token=token).status_code

    assert (known, ended) == (200, 401)
    assert ask("GET", f"{here}/api/flows", token=replaced["token"]).status_code == 200


def test_a_value_that_was_set_at_one_is_soon_known_at_the_other(
    ways: tuple[str, str, Machines],
) -> None:
    here, there, found = ways
    value = str(300000000000000 + next(NUMBERS))

    def known() -> bool:
        keys = ask("GET", f"{there}{CONFIGURATION}").json()["keys"]
        return any(each["key"] == "esConfigId" and each.get("value") == value for each in keys)

    ask("PUT", f"{here}{CONFIGURATION}/esConfigId", json={"value": value})

    found.world.wait_until(known, "the other one knows the value")


def test_a_flow_that_was_started_at_either_runs_and_who_watches_at_either_sees_its_steps(
    ways: tuple[str, str, Machines],
) -> None:
    here, there, found = ways
    flow_id = f"greet-{next(NUMBERS)}"
    seen: list[tuple[str, dict[str, Any]]] = []
    watching = httpx.stream(
        "GET",
        f"{there}/api/stream",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=DEADLINE_S,
    )
    with watching as stream:
        told = notices(stream)
        assert next(told)[0] == "open"
        ask("PUT", f"{here}/api/flows/{flow_id}", json=GREET)
        # Either it is told, or to look: the second open is for what came before others knew of it.
        for kind, _ in told:
            if kind == "open":
                break
        ask("POST", f"{here}/api/flows/{flow_id}/start")
        for kind, content in told:
            if content.get("flowId") == flow_id:
                seen.append((kind, content))
            if kind == "run" and content["state"] == "completed":
                break
    world = found.world
    run = world.ended_run(flow_id, "completed")

    steps = [content["component"] for kind, content in seen if kind == "step"]
    assert steps == ["after"]
    assert {content["runId"] for kind, content in seen if kind != "flow"} == {run["id"]}


def notices(stream: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


def test_each_says_whether_it_is_at_work_or_stands_by(
    pair: tuple[Machines, Process, Process],
) -> None:
    _, active, standing_by = pair

    def said(process: Process) -> tuple[bool, str]:
        ready = httpx.get(f"{process.url}/readyz").json()["hasTurn"]
        metrics = httpx.get(f"{process.url}/metrics").text
        return ready, next(x for x in metrics.splitlines() if x.startswith("appmixer_turn "))

    assert said(active) == (True, "appmixer_turn 1.0")
    assert said(standing_by) == (False, "appmixer_turn 0.0")
