"""Temporal is told which kind of failure it was, and nothing else of it."""

from __future__ import annotations

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultPayloadConverter

from appmixer.engine.temporal.failures import KindsOnly, later

SECRET = "Popocatepetl"


def raised(error: Exception) -> Exception:
    """Return it with a traceback and a cause, as it comes out of an activity."""
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as cause:
            raise error from cause
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RuntimeError(f"{SECRET} failed"), "RuntimeError"), (later("claimed", 0.5), "claimed")],
)
def test_an_exception_is_told_by_its_kind_alone(error: Exception, kind: str) -> None:
    failure = Failure()

    KindsOnly().to_failure(raised(error), DefaultPayloadConverter(), failure)

    assert failure.message == failure.application_failure_info.type == kind
    assert failure.cause.message == "ValueError"
    text = str(failure)
    assert [each for each in (SECRET, ".py", "raise ") if each in text] == []
