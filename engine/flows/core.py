"""What the CEL library gets of an expression: its tokens, with our parts as _0, _1 and so on."""

from __future__ import annotations

from collections.abc import Sequence

from .budget import CHAR, NODE, NUMBER_AS_TEXT, unreadable
from .evaluation import Expression, Part
from .functions import FUNCTIONS
from .tokens import OPENERS, Tokens


class Core:
    """Tokens between two places, as far as they are rewritten; these variables are bound there."""

    def __init__(self, tokens: Tokens, start: int, end: int, bound: frozenset[str]) -> None:
        self.tokens, self.start, self.end, self.bound = tokens, start, end, bound
        self.core: list[str] = []
        # For each token of the core: where the text it came from begins, and its opener.
        self.began: list[int] = []
        self.openers: dict[int, int] = {}
        self.open_ones: list[int] = []
        self.parts: list[Part] = []
        self.patterns: list[str] = []

    def put(self, text: str, index: int) -> None:
        at = len(self.core)
        if text in ("(", "[", "{"):
            self.open_ones.append(at)
        elif text in OPENERS:
            self.openers[at] = self.open_ones.pop()
        self.core.append(text)
        self.began.append(index)

    def put_part(self, part: Part, index: int) -> None:
        self.put(_placeholder(len(self.parts)), index)
        self.parts.append(part)

    def take_receiver(self, index: int) -> tuple[Expression, int]:
        """Take away what the name behind a dot is called on; return it, and where it begins."""
        begin = self._receiver()
        start = self.began[begin]
        core = self.core[begin:-1]
        taken = sum(map(_is_placeholder, core))
        first = len(self.parts) - taken
        numbers = iter(range(taken))
        over = Expression(
            source=self.tokens.text(start, index - 1),
            core=joined([_placeholder(next(numbers)) if _is_placeholder(e) else e for e in core]),
            parts=tuple(self.parts[first:]),
            operators=len(core),
            literals=sum(len(each) * CHAR + NODE + NUMBER_AS_TEXT for each in core),
            patterns=tuple(self.patterns),
            locals=self.bound,
        )
        del self.core[begin:], self.began[begin:], self.parts[first:]
        return over, start

    def _receiver(self) -> int:
        """Return where in the core the operand begins that ends before its last dot."""
        at = len(self.core) - 2
        while at >= 0:
            last = self.core[at]
            if last in OPENERS:
                at = self.openers[at]
                is_index = last == "]" and at > 0 and _ends_operand(self.core[at - 1])
                is_call = last == ")" and at > 0 and self.core[at - 1] in FUNCTIONS
                if is_index:
                    at -= 1
                    continue
                if is_call:
                    at -= 1
            elif not _ends_operand(last):
                break
            if at > 0 and self.core[at - 1] == ".":
                at -= 2
                continue
            return at
        raise unreadable(self.tokens.source, "nothing stands before the dot")

    def full_name(self, index: int, name: str) -> str:
        """Return the name as it is written, with what seems to be the place it comes from."""
        before = self.tokens.all[max(self.start, index - 3) : index]
        is_lone = len(before) < 3 or before[0].text != "."
        has_place = len(before) > 1 and before[-1].text == "." and before[-2].kind == "name"
        return f"{before[-2].text}.{name}" if has_place and is_lone else name


# A field may be called _0 as well, so until they are joined placeholders look like nothing else.
def _placeholder(number: int) -> str:
    return f"\0{number}"


def _is_placeholder(token: str) -> bool:
    return token[0] == "\0"


def joined(core: Sequence[str]) -> str:
    return " ".join(core).replace("\0", "_")


def _ends_operand(last: str) -> bool:
    return last != "in" and (last in OPENERS or last[0].isalnum() or last[0] in "\0_'\"")
