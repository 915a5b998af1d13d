"""Tables that people bring: text with separators, in the shapes that spreadsheets write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from appmixer.engine.contract import RejectedError

MAX_ROWS = 50_000
MAX_CELLS = 1_000_000
MAX_COLUMNS = 1_000
MAX_CHARS_SHOWN = 60
# What separators there are, in the order in which they are taken where several would do.
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
LOOKED_AT_CHARS, LOOKED_AT_ROWS = 64 * 1024, 20
ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# A spreadsheet's own line for the separator, before all others.
DIRECTIVE = "sep="


@dataclass(frozen=True)
class Table:
    """A table whose columns are known; `rows` yields each row with its number, once."""

    columns: list[str]
    rows: Iterator[tuple[int, dict[str, str]]]


def decoded(content: bytes, encoding: str) -> str:
    """Return the text of a file; raise RejectedError that names the line which is none."""
    if encoding != "auto":
        return _decoded(content, ENCODINGS[encoding])
    for mark, name in BOMS.items():
        if content.startswith(mark):
            return _decoded(content, name)
    try:
        return content.decode()
    except UnicodeDecodeError:
        # What spreadsheets write on Windows unless they are asked for something else.
        return _decoded(content, "cp1252")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RejectedError(
            "The file cannot be read",
            f"Line {line:,} is no text in {error.encoding}.",
            "Save it as CSV UTF-8, or choose its encoding.",
            "encoding",
        ) from None


def read_table(text: str, separator: str, *, has_header: bool) -> Table:
    """Return the table in a text; it and its rows raise RejectedError that names a line."""
    if "\0" in text:
        raise _unreadable(text.count("\n", 0, text.index("\0")) + 1, "it holds a NUL character")
    start, text = _without_directive(text.removeprefix("\ufeff"))
    delimiter = SEPARATORS.get(separator) or start or _guessed(text)
    records = _records(text, delimiter, 1 if start else 0)
    line, first = next(records, (0, list[str]()))
    if not first:
        cause = "It has no row, or none in which something stands."
        raise RejectedError("The table is empty", cause, "Choose another one.", "fileId")
    if len(first) > MAX_COLUMNS:
        raise _unreadable(line, f"it has more than {MAX_COLUMNS:,} columns")
    names = first if has_header else [""] * len(first)
    columns = [name.strip() or f"column{place}" for place, name in enumerate(names, 1)]
    for name in columns:
        if columns.count(name) > 1:
            shown = name[:MAX_CHARS_SHOWN]
            raise _unreadable(line, f"two columns are called {shown}; rename one of them")
    rest = records if has_header else _chained(line, first, records)
    return Table(columns, _rows(columns, rest))


def _without_directive(text: str) -> tuple[str, str]:
    """Return the separator that a first line names, if one does, and the text below it."""
    first, _, rest = text.partition("\n")
    named = first.strip("\r").lower().removeprefix(DIRECTIVE)
    is_directive = first.lower().startswith(DIRECTIVE) and named in SEPARATORS.values()
    return (named, rest) if is_directive else ("", text)


def _guessed(text: str) -> str:
    """Return the separator that makes the most columns, and as many in each of the first rows."""
    start = text[:LOOKED_AT_CHARS]

    def fitness(delimiter: str) -> tuple[bool, int]:
        widths: list[int] = []
        try:
            for _, row in islice(_records(start, delimiter, 0), LOOKED_AT_ROWS):
                widths.append(len(row))
        except RejectedError:
            widths.append(0)  # it is told with its line when the row is read
        return len({*widths}) == 1 and widths[0] > 1, widths[0] if widths else 0

    return max(SEPARATORS.values(), key=fitness)


def _records(text: str, delimiter: str, lines_before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield what is not empty, each with the line in which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if any(map(str.strip, record)):
                yield reader.line_num + lines_before, record
    except csv.Error as error:
        raise _unreadable(reader.line_num + lines_before, _plainly(str(error))) from None


def _plainly(words: str) -> str:
    if "unexpected end of data" in words:
        return "a quoted value begins before it and never ends"
    if "expected after" in words:
        return "something stands behind the closing quote of a value"
    if "field larger" in words:
        return f"a value has more than {csv.field_size_limit():,} characters"
    return words


def _chained(
    line: int, first: list[str], rest: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    yield line, first
    yield from rest


def _rows(
    columns: list[str], records: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, dict[str, str]]]:
    width = len(columns)
    for number, (line, record) in enumerate(records, 1):
        if number > MAX_ROWS or number * width > MAX_CELLS:
            raise RejectedError(
                "The table is too long",
                f"It may have {MAX_ROWS:,} rows and {MAX_CELLS:,} values.",
                "Split it, or leave out columns that nobody needs.",
                "fileId",
            )
        if any(map(str.strip, record[width:])):
            raise _unreadable(line, f"it has {len(record)} values, and there are {width} columns")
        cells = [*record[:width], *[""] * (width - len(record))]
        yield number, dict(zip(columns, cells, strict=True))


def _unreadable(line: int, what: str) -> RejectedError:
    return RejectedError(
        "The table cannot be read",
        f"Line {line:,}: {what}.",
        "Correct the line, or choose another separator.",
        "separator",
    )
