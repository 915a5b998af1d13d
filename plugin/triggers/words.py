"""Finds a word in what a person wrote, whichever way it is written, and not inside another word."""

from __future__ import annotations

from unicodedata import category, east_asian_width, normalize

JOINER = "\u200d"
# An emoji with the sign for colour is the same one; so are the four letters i of Turkish.
ALIKE = str.maketrans({"\ufe0f": None, "\u0131": "i", "\u0130": "i"})


def plain(text: str) -> str:
    """Return the text as it is compared: without case, forms of characters and wide gaps."""
    folded = normalize("NFKC", normalize("NFKC", text).translate(ALIKE).casefold())
    return " ".join(folded.split())


def has_word(text: str, word: str) -> bool:
    """Say whether a word, or several in a row, stands by itself in a text; both are `plain`."""
    start = text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        before, after = text[max(start - 1, 0) : start], text[end : end + 1]
        if not (_goes_on(before, word[0]) or _goes_on(after, word[-1])):
            return True
        start = text.find(word, start + 1)
    return False


def _goes_on(beside: str, edge: str) -> bool:
    """Say whether what stands beside the edge of a word belongs to it."""
    if beside == JOINER:
        return True
    return bool(beside) and _is_of_word(beside) and _is_of_word(edge)


def _is_of_word(character: str) -> bool:
    # Wide scripts, such as Chinese, do not part their words.
    if east_asian_width(character) in ("W", "F"):
        return False
    return category(character)[0] in ("L", "M", "N")
