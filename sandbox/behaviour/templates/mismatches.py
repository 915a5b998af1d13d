"""The two ways in which a send does not fit its template: another count, or another kind."""

from __future__ import annotations

from ...protocol.errors import MetaError, refused


def count_mismatch(where: str, got: int, expected: int) -> MetaError:
    return refused(
        132000,
        f"{where}: number of localizable_params ({got}) does not match "
        f"the expected number of params ({expected})",
    )


def format_mismatch(where: str, expected: str, got: str) -> MetaError:
    received = got.upper() if got else "UNKNOWN"
    return refused(132012, f"{where}: Format mismatch, expected {expected}, received {received}")
