"""A template as Meta tells it: an output, and what a send is held against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from appmixer.engine.contract import sample_of

from ..foreign_json.meta_fields import At, Id, MetaFields, Objects, Text, Word
from ..foreign_json.shapes import as_objects, as_text

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")


def variables(text: str) -> tuple[str, ...]:
    """Return the names of a text's variables, each once: numbered ones in their order."""
    names = list(dict.fromkeys(VARIABLE.findall(text)))
    return tuple(sorted(names, key=int) if all(name.isdigit() for name in names) else names)


def part_of(components: object, kind: str) -> Mapping[str, Any]:
    """Return the part of a template's components that has the kind, or an empty one."""
    parts = {as_text(part.get("type")).upper(): part for part in as_objects(components)}
    return parts.get(kind, {})


def _body(components: object) -> str | None:
    return as_text(part_of(components, "BODY").get("text")) or None


def _body_variables(components: object) -> list[str]:
    return list(variables(_body(components) or ""))


def _header_format(components: object) -> str | None:
    return as_text(part_of(components, "HEADER").get("format")) or None


def _format(value: object) -> str:
    return as_text(value) or "POSITIONAL"


def _reason(value: object) -> str | None:
    reason = as_text(value)
    return reason if reason and reason != "NONE" else None


class Template(MetaFields):
    """A template in one language."""

    id: Id = Field(
        title="Template ID", description="Meta's id of it.", examples=["1689556908129832"]
    )
    name: Text = Field(description="Its name.", examples=["order_confirmation"])
    language: Text = Field(description="The code of its language.", examples=["en_US"])
    status: Text = Field(description="Whether it can be sent.", examples=["APPROVED"])
    category: Text = Field(
        description="UTILITY, MARKETING or AUTHENTICATION.", examples=["UTILITY"]
    )
    parameter_format: Annotated[str, BeforeValidator(_format)] = Field(
        description="POSITIONAL for {{1}}, NAMED for {{first_name}}.", examples=["POSITIONAL"]
    )
    body: Annotated[str | None, At("components"), BeforeValidator(_body)] = Field(
        description="The text of its body.", examples=["Hi {{1}}, your order {{2}} has shipped."]
    )
    body_variables: Annotated[list[str], At("components"), BeforeValidator(_body_variables)] = (
        Field(description="The variables of its body.", examples=[["1", "2"]])
    )
    header_format: Annotated[str | None, At("components"), BeforeValidator(_header_format)] = Field(
        description="TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION, if it has a header.",
        examples=["TEXT"],
    )
    quality: Annotated[Word, At("quality_score.score")] = Field(
        description="GREEN, YELLOW, RED or UNKNOWN, by what people did with it.",
        examples=["GREEN"],
    )
    rejected_reason: Annotated[str | None, BeforeValidator(_reason)] = Field(
        description="Why Meta rejected it, if it did.", examples=["INVALID_FORMAT"]
    )
    components: Objects = Field(
        description="Its parts, as Meta describes them.",
        examples=[[{"type": "BODY", "text": "Hi {{1}}, your order {{2}} has shipped."}]],
    )


TEMPLATE_SAMPLE = sample_of(
    Template,
    rejected_reason=None,
    components=[
        {"type": "HEADER", "format": "TEXT", "text": "Order update"},
        {"type": "BODY", "text": "Hi {{1}}, your order {{2}} has shipped."},
    ],
)
