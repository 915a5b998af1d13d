"""How an expression is read: what the CEL library is given instead of its tokens.

The library's own parser has the last word on grammar, yet it gets only what is put together here
from our tokens: paths, has() and macros have been taken out and evaluation.py sees to them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from .budget import (
    CHAR,
    NODE,
    NUMBER_AS_TEXT,
    READING,
    READING_PATH,
    Budget,
    ExpressionError,
    unreadable,
)
from .calls import Call
from .core import Core, joined
from .evaluation import Expression, Has, Macro, Path
from .functions import FUNCTIONS, MACROS, PRESENCE, no_function
from .patterns import check_pattern
from .tokens import Token, Tokens

MAX_EXPRESSION_CHARS = 2_000
# Longer ones are read each time: a thousand of them in the cache would fill the memory.
MAX_KEPT_CHARS = 200
# A path such as a.b.c, which costs next to nothing.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_.]*")
MAX_MACROS = 2
MAX_CALLS = 40
CONSTANTS = frozenset(["true", "false", "null"])
_ONLY_A_NUMBER = re.compile(r"[0-9]+")


def read_expression(source: str, budget: Budget | None = None) -> Expression:
    """Return what stands between {{ and }}; raise ExpressionError if it cannot be used."""
    if len(source) <= MAX_KEPT_CHARS:
        if budget is not None:
            budget.charge_once(source, _reading_work(source))
        return _kept(source)
    if budget is not None:
        budget.charge(len(source) * READING)
    return _read(source)


@lru_cache(maxsize=1024)
def _reading_work(source: str) -> int:
    return len(source) * (READING_PATH if PLAIN_PATH.fullmatch(source) else READING)


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
    calls = 0

    def read(self, start: int, end: int, bound: frozenset[str]) -> Expression:
        """Return the expression between two tokens, in which these variables are bound."""
        return _Part(self, start, end, bound).read()


class _Part(Core):
    """Rewrites the tokens between two places."""

    def __init__(self, reader: _Reader, start: int, end: int, bound: frozenset[str]) -> None:
        super().__init__(reader, start, end, bound)
        self.reader = reader

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
            core=joined(self.core),
            parts=tuple(self.parts),
            operators=sum(each not in (".", ",", ")", "]", "}") for each in self.core),
            literals=texts + numbers * (NUMBER_AS_TEXT * CHAR if as_text else 20),
            patterns=tuple(self.patterns),
            locals=self.bound,
        )

    def _step(self, index: int) -> int:
        token = self.reader.all[index]
        if token.kind != "name" or token.text in CONSTANTS or token.text == "in":
            self.put(token.text, index)
            return index + 1
        after_dot = bool(self.core) and self.core[-1] == "."
        if self.reader.is_sign(index + 1, "(", self.end):
            return self._call(index, after_dot=after_dot)
        if after_dot:
            self.put(token.text, index)
            return index + 1
        keys, after = self._path(index)
        self.put_part(Path(keys), index)
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
            raise no_function(self.full_name(index, name))
        arguments = self._pieces(index + 1)
        FUNCTIONS[name].check_call(len(arguments) + after_dot, after_dot=after_dot)
        if FUNCTIONS[name].do is not None:
            return self._function(index, arguments, after_dot=after_dot)
        if name == "matches":
            self._pattern(index, after_dot=after_dot)
        self.put(name, index)
        return index + 1

    def _has(self, index: int) -> int:
        closer = self.reader.partners[index + 1]
        first = index + 2
        is_name = first < closer and self.reader.all[first].kind == "name"
        keys, after = self._path(first) if is_name else ((), first)
        if after != closer or len(keys) < 2 or not isinstance(keys[-1], str):
            raise unreadable(self.reader.source, "has() takes a path such as a.b")
        self.put_part(Has(Path(keys[:-1]), keys[-1]), index)
        return closer + 1

    def _pattern(self, index: int, *, after_dot: bool) -> None:
        closer = self.reader.partners[index + 1]
        pattern = self.reader.all[closer - 1]
        if not after_dot or closer != index + 3 or pattern.kind != "text":
            raise ExpressionError(
                "matches takes one text, written out, as its pattern: name.matches('^[0-9]+$')."
            )
        check_pattern(pattern)
        self.patterns.append(pattern.text)

    def _pieces(self, opener: int) -> list[tuple[int, int]]:
        """Return where each begins and ends of what stands between brackets, with commas."""
        reader = self.reader
        closer = reader.partners[opener]
        commas = [
            each
            for each in range(opener + 1, closer)
            if reader.is_sign(each, ",", closer) and reader.is_top(each, opener)
        ]
        starts = [opener + 1, *(each + 1 for each in commas)]
        return [*zip(starts, [*commas, closer], strict=True)] if closer > opener + 1 else []

    def _function(self, index: int, pieces: Sequence[tuple[int, int]], *, after_dot: bool) -> int:
        reader = self.reader
        reader.calls += 1
        if reader.calls > MAX_CALLS:
            raise ExpressionError(
                f"The expression calls more than {MAX_CALLS} functions; split it."
            )
        function = FUNCTIONS[reader.all[index].text]
        closer = reader.partners[index + 1]
        arguments = tuple(reader.read(start, end, self.bound) for start, end in pieces)
        if not after_dot:
            source = reader.text(index, closer + 1)
            self.put_part(Call(function, source, arguments), index)
        else:
            before, start = self.take_receiver(index)
            source = reader.text(start, closer + 1)
            self.put_part(Call(function, source, (before, *arguments)), start)
        return closer + 1

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
        first, *pieces = self._pieces(opener) or [(opener, opener)]
        variable = reader.all[first[0]]
        is_name = variable.kind == "name" and first[1] == first[0] + 1
        if not is_name or not 1 <= len(pieces) <= (2 if name == "map" else 1):
            raise unreadable(
                reader.source, f"{name} takes a name and an expression: a.{name}(x, x.b)"
            )
        bound = self.bound | {variable.text}
        bodies = tuple(reader.read(start, end, bound) for start, end in pieces)
        over, start = self.take_receiver(index)
        source = reader.text(start, closer + 1)
        self.put_part(Macro(name, source, over, variable.text, bodies), start)
        return closer + 1


def _key(token: Token) -> str | int | None:
    if token.kind == "number" and token.text.isdigit():
        return int(token.text)
    if token.kind == "text" and token.text[0] in "'\"" and "\\" not in token.text:
        return token.text[1:-1]
    return None
