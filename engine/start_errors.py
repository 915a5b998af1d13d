"""What is raised when an engine cannot be started."""

from __future__ import annotations


class StartError(Exception):
    """The engine cannot be started; the text says why and what to do."""
