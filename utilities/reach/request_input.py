"""What HTTP Request is told: the request, and what to do with its answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from appmixer.engine.contract import Fields

MAX_URL_CHARS = 8_000
ReadAs = Literal["auto", "json", "text", "file"]
BODY: dict[str, Any] = {"x-group": "Body"}
OPTIONS: dict[str, Any] = {"x-group": "Options"}


class RequestInput(Fields):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET",
        title="Method",
        description="GET asks for something, POST makes or does something.",
        examples=["POST"],
        json_schema_extra={"x-widget": "select"},
    )
    url: str = Field(
        title="URL",
        description="The address, with http or https.",
        min_length=1,
        max_length=MAX_URL_CHARS,
        examples=["https://api.example.com/orders/17"],
    )
    query: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        title="Query",
        description="Names and values that are added to the URL; a list gives its name repeatedly.",
        examples=[{"status": "open"}],
        json_schema_extra={"x-widget": "json"},
    )
    headers: dict[str, str | int | float | bool] = Field(
        default_factory=dict[str, str | int | float | bool],
        title="Headers",
        description="Names and values. A key or a password belongs into an account instead, where"
        " nobody who looks at the run sees it.",
        examples=[{"Accept-Language": "en"}],
        json_schema_extra={"x-widget": "json"},
    )
    body_type: Literal["none", "json", "form", "text", "file"] = Field(
        default="none",
        title="Kind of Body",
        description="How the body is sent.",
        examples=["json"],
        json_schema_extra={"x-widget": "select", **BODY},
    )
    body: Any = Field(
        default=None,
        title="Body",
        description="Any value for JSON, names and values for a form, or a text.",
        examples=[{"name": "Sheena Nelson"}],
        json_schema_extra={
            "x-widget": "json",
            "x-when": {"bodyType": ["json", "form", "text"]},
            **BODY,
        },
    )
    file_id: str | None = Field(
        default=None,
        title="File",
        description="A file kept here, whose content is the body.",
        max_length=200,
        examples=["file-1"],
        json_schema_extra={"x-widget": "file", "x-when": {"bodyType": ["file"]}, **BODY},
    )
    read_as: ReadAs = Field(
        default="auto",
        title="Read Answer As",
        description="By itself: JSON, forms and texts up to 1 MB are passed on, and everything else"
        " is kept as a file.",
        examples=["file"],
        json_schema_extra={"x-widget": "select", **OPTIONS},
    )
    passes_every_status: bool = Field(
        default=False,
        title="Pass On Refusals",
        description="Go on with an answer of 400 or more, too, whatever it says; otherwise the step"
        " fails, or is tried again.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle", **OPTIONS},
    )
    timeout_s: int = Field(
        default=30,
        title="Longest Time",
        description="In seconds, for the whole call with its redirects.",
        ge=1,
        le=300,
        examples=[60],
        json_schema_extra=OPTIONS,
    )
    max_size_mb: int = Field(
        default=10,
        title="Largest Answer",
        description="In megabytes.",
        ge=1,
        le=100,
        examples=[50],
        json_schema_extra=OPTIONS,
    )
