"""The pytest fixture `sandbox`: Meta, simulated, for one test.

pytest loads this module wherever the package is installed, so it imports nothing of ours before
a test asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .embedded import EmbeddedSandbox, SandboxThread


@pytest.fixture(scope="session")
def sandbox_thread() -> Iterator[SandboxThread]:
    """The thread in which the sandboxes of all tests live, one after the other."""
    from .embedded import SandboxThread

    with SandboxThread() as thread:
        yield thread


@pytest.fixture
def sandbox_document() -> object:
    """The world as a document; override it to have another than the usual one (None)."""
    return None


@pytest.fixture
def sandbox(sandbox_thread: SandboxThread, sandbox_document: object) -> Iterator[EmbeddedSandbox]:
    """A sandbox behind a real address, with a world of its own; for any test, async or not."""
    from .embedded import embedded

    with embedded(sandbox_thread, sandbox_document) as running:
        yield running
