"""Which versions of the contract fit one another, and what is said of those that do not."""

from __future__ import annotations

import pytest

from appmixer.engine.contract.version import misfit

NAMELESS = "its manifest does not say in contract which version it is for; here it is 1.2"


@pytest.mark.parametrize("wanted", ["1.0", "1.1", "1.2"])
def test_a_host_runs_what_is_written_for_its_version_and_earlier_ones(wanted: str) -> None:
    assert misfit(wanted, "1.2") == ""


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("1.3", "it is for version 1.3 of the contract, and here it is 1.2; it needs a newer host"),
        (
            "1.10",
            "it is for version 1.10 of the contract, and here it is 1.2; it needs a newer host",
        ),
        ("2.0", "it is for version 2.0 of the contract, and here it is 1.2; it needs a newer host"),
        (
            "0.9",
            "it is for version 0.9 of the contract, and here it is 1.2;"
            " it needs a newer version of the connector",
        ),
        (None, NAMELESS),
        (1.2, NAMELESS),
        ("1.2\n", NAMELESS),
        ("my-own-secret", NAMELESS),
    ],
)
def test_a_version_that_does_not_fit_gets_a_sentence(wanted: object, told: str) -> None:
    assert misfit(wanted, "1.2") == told
