"""An expression as tokens, and which brackets belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .budget import unreadable

_TOKEN = re.compile(
    r"""(?P<space>\s++)
    |(?P<text>[rR](?:"[^"\n]*+"|'[^'\n]*+')|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')
    |(?P<number>0[xX][0-9a-fA-F]++[uU]?|(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?[uU]?)
    |(?P<name>[A-Za-z_]\w*+)
    |(?P<sign>&&|\|\||[<>=!]=|/(?!/)|[-+*%!<>?:.,()\[\]{}])""",
    re.VERBOSE | re.ASCII,
)
# NUL, which not every database and no service can keep.
_NUL = re.compile(r"(?:[^\\]|\\[^xuU0])*+\\(?:000|x00|u0000|U00000000)", re.DOTALL)
OPENERS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """The tokens of an expression. What CEL gets is put together again from the same."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.all = list(self._read())
        self.partners = self._match()

    def _read(self) -> Iterator[Token]:
        position, before = 0, ""
        while position < len(self.source):
            found = _TOKEN.match(self.source, position)
            if found is None or (found.lastgroup == "text" and before == "text"):
                shown = self.source[position : position + 20]
                raise unreadable(self.source, f"at {shown!r}")
            position = found.end()
            if found.lastgroup == "text" and found[0][0] not in "rR" and _NUL.match(found[0]):
                raise unreadable(self.source, "it holds a character that no text may hold")
            if found.lastgroup != "space":
                before = str(found.lastgroup)
                yield Token(before, found[0], found.start(), found.end())

    def _match(self) -> dict[int, int]:
        partners: dict[int, int] = {}
        open_ones: list[int] = []
        for index, token in enumerate(self.all):
            if token.kind != "sign":
                continue
            if token.text in "([{":
                open_ones.append(index)
            elif token.text in OPENERS:
                if not open_ones or self.all[open_ones[-1]].text != OPENERS[token.text]:
                    raise unreadable(self.source, f"{token.text} closes nothing")
                opener = open_ones.pop()
                partners[opener], partners[index] = index, opener
        if open_ones:
            raise unreadable(self.source, f"{self.all[open_ones[-1]].text} is not closed")
        return partners

    def text(self, start: int, end: int) -> str:
        return self.source[self.all[start].start : self.all[end - 1].end] if end > start else ""

    def is_sign(self, index: int, sign: str, end: int) -> bool:
        return index < end and self.all[index].kind == "sign" and self.all[index].text == sign

    def is_top(self, index: int, opener: int) -> bool:
        """Tell whether no other bracket is open between the opener and this token."""
        place = opener + 1
        while place < index:
            place = self.partners.get(place, place) + 1
        return place == index
