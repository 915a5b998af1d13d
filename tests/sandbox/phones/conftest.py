"""A sandbox at whose pages a browser looks."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from appmixer.sandbox.testing import RunningSandbox

from ...browser import Visitor


@pytest.fixture
async def sandbox(sandbox: RunningSandbox, visitor: Visitor) -> AsyncGenerator[RunningSandbox]:
    """A sandbox that ends when nobody looks at it any more."""
    yield sandbox
    await visitor.leave()
