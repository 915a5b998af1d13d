"""Temporal's own page, where a person sees what it keeps."""

from __future__ import annotations

from urllib.parse import quote

from ..settings import TemporalSettings


def page_about(settings: TemporalSettings, workflow_id: str) -> str:
    """Return the address of the page about all that went by an id, one after the other."""
    query = quote(f'WorkflowId="{workflow_id}"', safe="")
    namespace = quote(settings.namespace, safe="")
    return f"{settings.ui.rstrip('/')}/namespaces/{namespace}/workflows?query={query}"
