"""The connection to a Temporal service: made once, and kept up by the client itself."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import timedelta
from functools import cache
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from ..errors import StartError
from ..settings import TEMPORAL_VARIABLES, TemporalSettings

ANSWER_S = 10.0
NAMESPACE, API_KEY, CA, CERTIFICATE = (
    TEMPORAL_VARIABLES[name] for name in ("namespace", "api_key", "tls_ca", "tls_cert")
)
# What the client says (version 1.35): it has one kind of error for all that keeps it from
# connecting. What is not known here is taken for something that waiting may help.
UNTRUSTED = "InvalidCertificate"
NO_TLS = "InvalidContentType"
NOT_LET_IN = ("code: Unauthenticated", "code: PermissionDenied")
HUNG_UP = ("UnexpectedEof", "BrokenPipe", "ConnectionReset", "connection closed")


class TemporalAwayError(Exception):
    """The service does not answer now, and may do so later; the text says what is the matter."""


async def connect(settings: TemporalSettings, identity: str | None = None) -> Client:
    """Return a client whose namespace is there, and which connects again by itself from then on.

    Raise TemporalAwayError when the same may succeed later, StartError when somebody has to change
    something. `identity` is what Temporal's histories call this process, by chance if not given:
    the client's own would be the names of the machine and of its user.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            client = await Client.connect(
                settings.address,
                namespace=settings.namespace,
                api_key=settings.api_key or None,
                tls=_tls(settings),
                identity=identity or uuid.uuid4().hex,
                runtime=_runtime(),
            )
            asked = DescribeNamespaceRequest(namespace=settings.namespace)
            await client.workflow_service.describe_namespace(
                asked, timeout=timedelta(seconds=ANSWER_S)
            )
    except TimeoutError:
        raise TemporalAwayError(f"Temporal at {settings.address} does not answer.") from None
    except RuntimeError as error:
        raise _not_connected(settings, str(error)) from None
    except RPCError as error:
        raise _refused(settings, error) from None
    return client


def _not_connected(settings: TemporalSettings, said: str) -> Exception:
    address = settings.address
    if UNTRUSTED in said:
        return StartError(
            f"The certificate of Temporal at {address} is not trusted: it is of an authority that"
            " is not known here, for another name, or out of date. Name the authority's"
            f" certificates in {CA}, or connect to the name that is in the certificate."
        )
    if NO_TLS in said:
        return StartError(
            f"Temporal at {address} speaks no TLS, and with {API_KEY}, {CA} or {CERTIFICATE} the"
            " connection has to be encrypted. Connect to the port that speaks it, or remove these."
        )
    if any(each in said for each in NOT_LET_IN):
        return _not_let_in(settings)
    if any(each in said for each in HUNG_UP):
        return TemporalAwayError(
            f"Temporal at {address} hangs up. It may be starting; or it wants TLS ({CA}) or another"
            f" certificate of the client ({CERTIFICATE})."
        )
    return TemporalAwayError(f"Temporal at {address} cannot be reached.")


def _refused(settings: TemporalSettings, error: RPCError) -> Exception:
    if error.status in (RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED):
        return _not_let_in(settings)
    if error.status is RPCStatusCode.NOT_FOUND:
        return StartError(
            f"Temporal at {settings.address} has no namespace {settings.namespace}. Name another"
            f" one with --temporal-namespace ({NAMESPACE}), or have this one made there."
        )
    return TemporalAwayError(
        f"Temporal at {settings.address} cannot answer now ({error.status.name.lower()})."
    )


def _not_let_in(settings: TemporalSettings) -> StartError:
    return StartError(
        f"Temporal at {settings.address} does not let this engine into the namespace"
        f" {settings.namespace}: the key is wrong, out of date, or for another namespace. Set"
        f" {API_KEY} (or {CERTIFICATE}) to one that opens it."
    )


@cache
def _runtime() -> Runtime:
    """Return the process's one: its logs go the engine's way, and it tells nothing of the machine.

    Left alone it writes to standard output, and tells the service the names and the load of the
    machine every minute.
    """
    forwarding = LogForwardingConfig(logging.getLogger("temporalio"))
    filters = TelemetryFilter(core_level="ERROR", other_level="ERROR")
    return Runtime(
        telemetry=TelemetryConfig(logging=LoggingConfig(filters, forwarding=forwarding)),
        worker_heartbeat_interval=None,
        disable_environment_info=True,
    )


def _tls(settings: TemporalSettings) -> TLSConfig | bool:
    if not settings.is_encrypted:
        return False
    return TLSConfig(
        server_root_ca_cert=_content(settings.tls_ca),
        client_cert=_content(settings.tls_cert),
        client_private_key=_content(settings.tls_key),
    )


def _content(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None
