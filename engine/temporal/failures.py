"""What Temporal is told of a failure: which kind it was, and nothing of what it was about."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory


class KindsOnly(DefaultFailureConverter):
    """Leaves out what an exception says, and where in whose files it was raised."""

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        super().to_failure(exception, payload_converter, failure)
        _strip(failure)


def _strip(failure: Failure) -> None:
    kind = failure.WhichOneof("failure_info") or ""
    failure.message = failure.application_failure_info.type or kind.removesuffix("_failure_info")
    failure.stack_trace = ""
    if failure.HasField("cause"):
        _strip(failure.cause)


def reticent(client: Client) -> Client:
    """Return the same client, which tells of failures nothing but their kinds."""
    converter = dataclasses.replace(client.data_converter, failure_converter_class=KindsOnly)
    return Client(client.service_client, namespace=client.namespace, data_converter=converter)


def later(kind: str, delay_s: float | None = None) -> ApplicationError:
    """Return what has an activity tried again, perhaps by another process: nothing has failed."""
    delay = None if delay_s is None else timedelta(seconds=delay_s)
    benign = ApplicationErrorCategory.BENIGN
    return ApplicationError(kind, type=kind, next_retry_delay=delay, category=benign)
