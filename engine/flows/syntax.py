"""How an expression is read: what the CEL library is given instead of its tokens.

The library's own parser has the last word on grammar, yet it gets only what is put together here
from our tokens: paths, has() and macros have been taken out and evaluation.py sees to them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from .budget import CHAR, NODE, NUMBER_AS_TEXT, READING, Budget, ExpressionError, unreadable
from .evaluation import Expression, Has, Macro, Part, Path
from .functions import FUNCTIONS, MACROS, PRESENCE
from .tokens import OPENERS, Token, Tokens
from .words import names

MAX_EXPRESSION_CHARS = 2_000
# Longer ones are read each time: a thousand of them in the cache would fill the memory.
MAX_KEPT_CHARS = 200
MAX_MACROS = 2
CONSTANTS = frozenset(["true", "false", "null"])
_VERBOSE = re.compile(r"\(\?[a-zA-Z-]*x")
_HIDING = re.compile(r"\\[^'\"nrt]")
_ONLY_A_NUMBER = re.compile(r"[0-9]+")


def read_expression(source: str, budget: Budget | None = None) -> Expression:
    """Return what stands between {{ and }}; raise ExpressionError if it cannot be used."""
    if len(source) <= MAX_KEPT_CHARS:
        return _kept(source)
    if budget is not None:
        budget.charge(len(source) * READING)
    return _read(source)


@lru_cache(maxsize=1024)
def _kept(source: str) -> Expression:
    return _read(source)


def _read(source: str) -> Expression:
    if not source:
        raise ExpressionError("The expression between {{ and }} is empty.")
    if len(source) > MAX_EXPRESSION_CHARS:
        raise ExpressionError(
            f"The expression has {len(source)} characters; {MAX_EXPRESSION_CHARS} are allowed."
        )
    if _ONLY_A_NUMBER.fullmatch(source):
        raise ExpressionError(
            f"{{{{{source}}}}} is only a number, and {{{{ }}}} would be taken away. If the service"
            f' is to get it as it stands, mark the text: {{"$literal": "… {{{{{source}}}}} …"}}.'
        )
    reader = _Reader(source)
    expression = reader.read(0, len(reader.all), frozenset())
    expression.prepare()
    return expression


class _Reader(Tokens):
    """Takes an expression apart."""

    macros = 0

    def read(self, start: int, end: int, bound: frozenset[str]) -> Expression:
        """Return the expression between two tokens, in which these variables are bound."""
        return _Part(self, start, end, bound).read()


class _Part:
    """Rewrites the tokens between two places: paths, has() and macros become _0, _1 and so on."""

    def __init__(self, reader: _Reader, start: int, end: int, bound: frozenset[str]) -> None:
        self.reader, self.start, self.end, self.bound = reader, start, end, bound
        self.core: list[str] = []
        # For each token of the core: where the text it came from begins, and its opener.
        self.began: list[int] = []
        self.openers: dict[int, int] = {}
        self.open_ones: list[int] = []
        self.parts: list[Part] = []
        self.patterns: list[str] = []

    def read(self) -> Expression:
        index = self.start
        if index == self.end:
            raise unreadable(self.reader.source, "something is missing")
        while index < self.end:
            index = self._step(index)
        tokens = self.reader.all[self.start : self.end]
        texts = sum(len(each.text) * CHAR + NODE for each in tokens if each.kind == "text")
        numbers = sum(each.kind == "number" for each in tokens)
        as_text = any(each.text == "string" for each in tokens)
        return Expression(
            source=self.reader.text(self.start, self.end),
            core=_joined(self.core),
            parts=tuple(self.parts),
            operators=sum(each not in (".", ",", ")", "]", "}") for each in self.core),
            literals=texts + numbers * (NUMBER_AS_TEXT * CHAR if as_text else 20),
            patterns=tuple(self.patterns),
            locals=self.bound,
        )

    def _step(self, index: int) -> int:
        token = self.reader.all[index]
        if token.kind != "name" or token.text in CONSTANTS or token.text == "in":
            self._put(token.text, index)
            return index + 1
        after_dot = bool(self.core) and self.core[-1] == "."
        if self.reader.is_sign(index + 1, "(", self.end):
            return self._call(index, after_dot=after_dot)
        if after_dot:
            self._put(token.text, index)
            return index + 1
        keys, after = self._path(index)
        self._put_part(Path(keys), index)
        return after

    def _path(self, index: int) -> tuple[tuple[str | int, ...], int]:
        """Return the longest path from here on, and the index behind it."""
        reader = self.reader
        keys: list[str | int] = [reader.all[index].text]
        index += 1
        while index < self.end:
            if reader.is_sign(index, ".", self.end) and index + 1 < self.end:
                follower = reader.all[index + 1]
                if follower.kind != "name" or reader.is_sign(index + 2, "(", self.end):
                    break
                keys.append(follower.text)
                index += 2
            elif reader.is_sign(index, "[", self.end) and reader.partners[index] == index + 2:
                key = _key(reader.all[index + 1])
                if key is None:
                    break
                keys.append(key)
                index += 3
            else:
                break
        return tuple(keys), index

    def _call(self, index: int, *, after_dot: bool) -> int:
        name = self.reader.all[index].text
        if after_dot and name in MACROS:
            return self._macro(index)
        if not after_dot and name == PRESENCE:
            return self._has(index)
        if name not in FUNCTIONS:
            known = names(sorted([*FUNCTIONS, *MACROS, PRESENCE]))
            raise ExpressionError(f"There is no function {name!r}; there is: {known}.")
        if name == "matches":
            self._pattern(index, after_dot=after_dot)
        self._put(name, index)
        return index + 1

    def _has(self, index: int) -> int:
        closer = self.reader.partners[index + 1]
        first = index + 2
        is_name = first < closer and self.reader.all[first].kind == "name"
        keys, after = self._path(first) if is_name else ((), first)
        if after != closer or len(keys) < 2 or not isinstance(keys[-1], str):
            raise unreadable(self.reader.source, "has() takes a path such as a.b")
        self._put_part(Has(Path(keys[:-1]), keys[-1]), index)
        return closer + 1

    def _pattern(self, index: int, *, after_dot: bool) -> None:
        closer = self.reader.partners[index + 1]
        pattern = self.reader.all[closer - 1]
        if not after_dot or closer != index + 3 or pattern.kind != "text":
            raise ExpressionError(
                "matches takes one text, written out, as its pattern: name.matches('^[0-9]+$')."
            )
        if pattern.text[0] not in "rR" and _HIDING.search(pattern.text.replace(r"\\", "")):
            raise ExpressionError("The pattern of matches may not write characters by number.")
        if _VERBOSE.search(pattern.text):
            # A comment in it could hide how often something is repeated.
            raise ExpressionError("The pattern of matches may not have the flag x.")
        self.patterns.append(pattern.text)

    def _macro(self, index: int) -> int:
        reader = self.reader
        name, opener = reader.all[index].text, index + 1
        closer = reader.partners[opener]
        reader.macros += 1
        inside = range(opener + 1, closer)
        nested = any(
            reader.all[each].text in MACROS
            and reader.is_sign(each - 1, ".", closer)
            and reader.is_sign(each + 1, "(", closer)
            for each in inside
        )
        if reader.macros > MAX_MACROS or nested:
            raise ExpressionError(
                f"The expression uses more than {MAX_MACROS} of map, filter, all and exists, or one"
                " inside another; split it."
            )
        commas = [
            each
            for each in inside
            if reader.is_sign(each, ",", closer) and reader.is_top(each, opener)
        ]
        variable = reader.all[opener + 1]
        if (
            not commas
            or commas[0] != opener + 2
            or variable.kind != "name"
            or len(commas) > (2 if name == "map" else 1)
        ):
            raise unreadable(
                reader.source, f"{name} takes a name and an expression: a.{name}(x, x.b)"
            )
        bound = self.bound | {variable.text}
        ends = [*commas[1:], closer]
        bodies = tuple(
            reader.read(start + 1, end, bound) for start, end in zip(commas, ends, strict=True)
        )
        self._take_receiver(name, index, closer, variable.text, bodies)
        return closer + 1

    def _take_receiver(
        self, name: str, index: int, closer: int, variable: str, bodies: tuple[Expression, ...]
    ) -> None:
        """Put the macro in the place of what it is called on, which has been rewritten already."""
        begin = self._receiver()
        start = self.began[begin]
        core = self.core[begin:-1]
        taken = sum(map(_is_placeholder, core))
        first = len(self.parts) - taken
        numbers = iter(range(taken))
        over = Expression(
            source=self.reader.text(start, index - 1),
            core=_joined([_placeholder(next(numbers)) if _is_placeholder(e) else e for e in core]),
            parts=tuple(self.parts[first:]),
            operators=len(core),
            literals=sum(len(each) * CHAR + NODE + NUMBER_AS_TEXT for each in core),
            patterns=tuple(self.patterns),
            locals=self.bound,
        )
        del self.core[begin:], self.began[begin:], self.parts[first:]
        source = self.reader.text(start, closer + 1)
        self._put_part(Macro(name, source, over, variable, bodies), start)

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
        raise unreadable(self.reader.source, "nothing stands before the dot")

    def _put(self, text: str, index: int) -> None:
        at = len(self.core)
        if text in ("(", "[", "{"):
            self.open_ones.append(at)
        elif text in OPENERS:
            self.openers[at] = self.open_ones.pop()
        self.core.append(text)
        self.began.append(index)

    def _put_part(self, part: Part, index: int) -> None:
        self._put(_placeholder(len(self.parts)), index)
        self.parts.append(part)


def _key(token: Token) -> str | int | None:
    if token.kind == "number" and token.text.isdigit():
        return int(token.text)
    if token.kind == "text" and token.text[0] in "'\"" and "\\" not in token.text:
        return token.text[1:-1]
    return None


# A field may be called _0 as well, so until they are joined placeholders look like nothing else.
def _placeholder(number: int) -> str:
    return f"\0{number}"


def _is_placeholder(token: str) -> bool:
    return token[0] == "\0"


def _joined(core: Sequence[str]) -> str:
    return " ".join(core).replace("\0", "_")


def _ends_operand(last: str) -> bool:
    return last != "in" and (last in OPENERS or last[0].isalnum() or last[0] in "\0_'\"")
