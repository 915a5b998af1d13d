"""The version of the contract, and which versions fit one another."""

from __future__ import annotations

import re

# The second number grows with what is added, the first when something goes or means another thing:
# a host of 1.2 runs what is written for 1.0, 1.1 and 1.2.
CONTRACT_VERSION = "2.0"
VERSION_PATTERN = r"^[0-9]{1,4}\.[0-9]{1,4}$"


def misfit(wanted: object, offered: str = CONTRACT_VERSION) -> str:
    """Say why a connector that is written for this version cannot run here; empty if it can."""
    if not isinstance(wanted, str) or not re.fullmatch(VERSION_PATTERN[1:-1], wanted):
        return (
            f"its manifest does not say in contract which version it is for; here it is {offered}"
        )
    (major, minor), (our_major, our_minor) = _numbers(wanted), _numbers(offered)
    if major == our_major and minor <= our_minor:
        return ""
    told = f"it is for version {wanted} of the contract, and here it is {offered}"
    if (major, minor) > (our_major, our_minor):
        return f"{told}; it needs a newer host"
    return f"{told}; it needs a newer version of the connector"


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
