"""What the commands print: sentences, tables, JSON, and why they end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, NoReturn

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
# Of an id that nobody types: enough to tell those of one engine apart.
SHORT_ID_CHARS = 8


def say(text: str) -> None:
    typer.echo(text)


def warn(text: str) -> None:
    typer.echo(text, err=True)


def fail(text: str) -> NoReturn:
    """End with 1, and say why."""
    warn(text)
    raise typer.Exit(1)


def misuse(text: str) -> NoReturn:
    """End with 2, and say what was wrong with the command."""
    warn(text)
    raise typer.Exit(2)


def print_json(content: Any) -> None:
    say(json.dumps(content, indent=2, ensure_ascii=False))


def table(rows: Iterable[Sequence[str]], indent: int = 0) -> None:
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(" " * indent + line.rstrip())


def moment(iso: str | None) -> str:
    """Return a time of the engine's as the clock on the wall shows it."""
    if iso is None:
        return ""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
