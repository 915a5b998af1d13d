"""The connection to Temporal: the real server, and what only a stub of one can say."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.api.workflowservice.v1 import ListWorkersRequest
from temporalio.client import Client
from temporalio.worker import Worker

from appmixer.engine.errors import StartError
from appmixer.engine.settings import TemporalSettings
from appmixer.engine.temporal import connection
from appmixer.engine.temporal.connection import TemporalAwayError, connect

from ...temporal_server import TemporalServer
from .certificates import Authority
from .stub import PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE, answering, server_side

pytestmark = pytest.mark.anyio
API_KEY = "hunter2-of-temporal"


@activity.defn
async def do_nothing() -> None: ...


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


async def test_connects_to_a_namespace_that_is_there(temporal_server: str) -> None:
    client = await connect(TemporalSettings(temporal_server))

    assert client.namespace == "default"
    assert await client.service_client.check_health()


async def test_tells_the_service_neither_the_machine_nor_its_user(temporal_server: str) -> None:
    settings = TemporalSettings(temporal_server)

    own, given = await connect(settings), await connect(settings, "worker:1")

    assert socket.gethostname() not in own.identity
    assert len(own.identity) == 32
    assert given.identity == "worker:1"


async def test_a_worker_tells_the_service_nothing_of_the_machine(temporal_server: str) -> None:
    client = await connect(TemporalSettings(temporal_server))
    async with Worker(client, task_queue="telling", activities=[do_nothing]):
        pass

    # One that tells does so when it begins, and at the latest when it ends.
    told = await client.workflow_service.list_workers(ListWorkersRequest(namespace="default"))

    names = [each.worker_heartbeat.host_info.host_name for each in told.workers_info]
    assert socket.gethostname() not in names


async def test_a_namespace_that_is_not_there_is_named_with_what_to_do(temporal_server: str) -> None:
    with pytest.raises(StartError) as refusal:
        await connect(TemporalSettings(temporal_server, "orders"))

    assert str(refusal.value) == (
        f"Temporal at {temporal_server} has no namespace orders. Name another one with"
        " --temporal-namespace (APPMIXER_TEMPORAL_NAMESPACE), or have this one made there."
    )


async def test_a_service_that_is_away_may_come_and_is_then_connected_to(
    temporal_outage: TemporalServer,
) -> None:
    settings = TemporalSettings(temporal_outage.address)
    temporal_outage.stop()

    with pytest.raises(TemporalAwayError, match=f"{settings.address} cannot be reached"):
        await connect(settings)

    await asyncio.to_thread(temporal_outage.start)
    assert isinstance(await connect(settings), Client)


async def test_a_name_that_nobody_has_is_a_service_that_is_away() -> None:
    with pytest.raises(TemporalAwayError, match=r"temporal\.invalid:7233 cannot be reached"):
        await connect(TemporalSettings("temporal.invalid:7233"))


async def test_who_listens_and_says_nothing_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(TemporalAwayError, match="does not answer"):
            await connect(TemporalSettings(f"127.0.0.1:{port}"))


async def test_a_service_that_is_busy_may_answer_later() -> None:
    async with answering(UNAVAILABLE) as address:
        with pytest.raises(TemporalAwayError, match="cannot be reached"):
            await connect(TemporalSettings(address))


@pytest.mark.parametrize("status", [UNAUTHENTICATED, PERMISSION_DENIED])
async def test_a_key_that_opens_nothing_is_said_without_showing_it(
    authority: Authority, status: int
) -> None:
    tls, seen = server_side(authority.certificate("server")), list[bytes]()
    async with answering(status, tls, seen) as address:
        settings = TemporalSettings(address, "acme.x1", API_KEY, tls_ca=authority.own)

        with pytest.raises(StartError) as refusal:
            await connect(settings)

    assert "does not let this engine into the namespace acme.x1" in str(refusal.value)
    assert "Set APPMIXER_TEMPORAL_API_KEY" in str(refusal.value)
    assert API_KEY not in f"{refusal.value} {settings!r}"
    assert seen != []


async def test_a_key_never_leaves_without_encryption() -> None:
    seen = list[bytes]()
    async with answering(UNAUTHENTICATED, seen=seen) as address:
        with pytest.raises((StartError, TemporalAwayError)):
            await connect(TemporalSettings(address, api_key=API_KEY))

    assert seen == []


async def test_a_key_for_a_service_without_tls_is_refused(temporal_server: str) -> None:
    with pytest.raises(StartError, match=r"speaks no TLS.* Connect to the port that speaks it"):
        await connect(TemporalSettings(temporal_server, api_key=API_KEY))


@pytest.mark.parametrize("trouble", ["another authority", "another name", "out of date"])
async def test_a_certificate_that_is_not_trusted_is_said_with_what_to_do(
    authority: Authority, tmp_path: Path, trouble: str
) -> None:
    trusted = Authority(tmp_path, "other").own if trouble == "another authority" else authority.own
    presented = authority.certificate(
        "doubtful",
        address="10.0.0.1" if trouble == "another name" else "127.0.0.1",
        lasts=timedelta(hours=-1 if trouble == "out of date" else 1),
    )
    async with answering(UNAUTHENTICATED, server_side(presented)) as address:
        with pytest.raises(StartError, match="is not trusted") as refusal:
            await connect(TemporalSettings(address, tls_ca=trusted))

    assert "certificates in APPMIXER_TEMPORAL_TLS_CA" in str(refusal.value)


async def test_a_client_shows_its_certificate_to_who_wants_one(authority: Authority) -> None:
    wanting = server_side(authority.certificate("server"))
    wanting.load_verify_locations(authority.own)
    wanting.verify_mode = ssl.CERT_REQUIRED
    own = authority.certificate("client")
    async with answering(UNAUTHENTICATED, wanting) as address:
        without = TemporalSettings(address, tls_ca=authority.own)
        showing = replace(without, tls_cert=own.certificate, tls_key=own.key)

        with pytest.raises(TemporalAwayError, match=r"hangs up.*another certificate"):
            await connect(without)
        # The stub says this only to whom TLS has let in.
        with pytest.raises(StartError, match="does not let this engine"):
            await connect(showing)
