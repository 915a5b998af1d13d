"""Read CSV: the rows of a table that people bring, one after the other to the steps behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject, RejectedError

from .tables import MAX_ROWS, decoded, read_table

MB = 1024 * 1024
MAX_BYTES = 20 * MB
MAX_TEXT_CHARS = MB
ROWS_AT_ONCE = 500
OPTIONS: dict[str, Any] = {"x-group": "Options"}


class Row(Fields):
    number: int = Field(description="The row's number, from 1.", examples=[1])
    values: dict[str, str] = Field(
        description="Its texts, by the names of their columns.",
        examples=[{"name": "Sheena Nelson", "phone": "+16505551234"}],
    )


class Read(Fields):
    count: int = Field(description="How many rows there were.", examples=[2])
    columns: list[str] = Field(
        description="The names of the columns.", examples=[["name", "phone"]]
    )


class ReadCsv(Action):
    """https://www.rfc-editor.org/rfc/rfc4180"""

    label = "Read CSV"
    description = "Gives the rows of a table, each by itself, to the steps behind it."
    group = "Reach out"
    keywords = ("ImportCSV", "Import", "Spreadsheet", "Excel", "Table", "Rows", "Parse", "TSV")
    effect = "read"
    port = "done"
    more_ports: ClassVar[Mapping[str, type[BaseModel]]] = {"row": Row}
    last_ports = ("done",)
    Output = Read
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "done": {"count": 2, "columns": ["name", "phone"]}
    }

    class Input(Fields):
        file_id: str | None = Field(
            default=None,
            title="File",
            description="A file kept here. Give either a file or a text.",
            max_length=200,
            examples=["file-1"],
            json_schema_extra={"x-widget": "file"},
        )
        text: str | None = Field(
            default=None,
            title="Text",
            description="The table itself, as an earlier step may give it.",
            max_length=MAX_TEXT_CHARS,
            examples=["name,phone\nSheena Nelson,+16505551234"],
            json_schema_extra={"x-widget": "textarea"},
        )
        has_header: bool = Field(
            default=True,
            title="First Row Names the Columns",
            description="Otherwise they are called column1, column2 and so on.",
            examples=[True],
            json_schema_extra={"x-widget": "toggle"},
        )
        separator: Literal["auto", "comma", "semicolon", "tab", "pipe"] = Field(
            default="auto",
            title="Separator",
            description="What stands between two values; found out unless chosen.",
            examples=["semicolon"],
            json_schema_extra={"x-widget": "select", **OPTIONS},
        )
        encoding: Literal["auto", "utf-8", "utf-16", "windows-1252"] = Field(
            default="auto",
            title="Encoding",
            description="How a file's letters are written; found out unless chosen.",
            examples=["windows-1252"],
            json_schema_extra={"x-widget": "select", **OPTIONS},
        )
        at_once: int | None = Field(
            default=None,
            title="Rows at a Time",
            description="How many rows are worked on side by side; 1 for one after the other.",
            ge=1,
            le=100,
            examples=[1],
            json_schema_extra=OPTIONS,
        )

    async def receive(self, context: ActionContext, input: Input) -> Read:
        text = await _text(context, input.file_id, input.text, input.encoding)
        table = await asyncio.to_thread(
            read_table, text, input.separator, has_header=input.has_header
        )
        if input.at_once is not None:
            context.side_by_side(input.at_once)
        count = 0
        while rows := await asyncio.to_thread(list, islice(table.rows, ROWS_AT_ONCE)):
            for number, values in rows:
                await context.send("row", Row.model_construct(number=number, values=values))
            count += len(rows)
        return Read(count=count, columns=table.columns)


async def _text(
    context: ActionContext, file_id: str | None, text: str | None, encoding: str
) -> str:
    if (file_id is None) == (text is None):
        raise RejectedError(
            "There is no table" if text is None else "There are two tables",
            "Either a file or a text is read.",
            "Choose a file, or give a text.",
            "fileId",
        )
    if file_id is None:
        return text or ""
    file = await context.files.describe(file_id)
    if file.size_bytes > MAX_BYTES:
        raise RejectedError(
            "The file is too large",
            f"It has more than {MAX_BYTES // MB} MB; a table may have {MAX_ROWS:,} rows.",
            "Split it.",
            "fileId",
        )
    content = b"".join([chunk async for chunk in context.files.read(file_id)])
    return await asyncio.to_thread(decoded, content, encoding)
