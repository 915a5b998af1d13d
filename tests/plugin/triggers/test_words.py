"""A word is found however it is written, and not inside another one."""

from __future__ import annotations

import pytest

from appmixer.whatsapp.plugin.triggers.words import has_word, plain


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Stop", "stop"),
        ("please STOP!", "stop"),
        ("stop,now", "stop"),
        ("(stop)", "stop"),
        ("unstoppable, but stop", "stop"),
        ("Wann sind Ihre ÖFFNUNGSZEITEN?", "öffnungszeiten"),
        # The same letters, put together of two characters each.
        ("o\u0308ffnungszeiten", "Öffnungszeiten"),
        ("Welche Straße", "STRASSE"),
        ("İNDİRİM var m\u0131", "indirim"),
        ("indirim", "İNDİRİM"),
        ("INDIRIM", "indirim"),
        ("\u0131s\u0131", "ISI"),
        ("Ναί ΣΟΦΌΣ", "σοφός"),
        ("ok👍", "👍"),
        ("👍🏽", "👍"),
        ("❤", "❤\ufe0f"),
        ("thanks ❤\ufe0f!", "❤"),
        ("opening\n   hours today", "Opening hours"),
        ("您好世界", "您好"),
        ("١٢٣", "١٢٣"),
    ],
)
def test_a_word_is_found(text: str, word: str) -> None:
    assert has_word(plain(text), plain(word))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("unstoppable", "stop"),
        ("stops", "stop"),
        ("stop1", "stop"),
        ("schon", "schön"),
        ("Übermut", "über"),
        ("হ্যাঁ", "হ"),
        # A vowel sign belongs to the word before it.
        ("हिन्दी", "हिन्द"),
        # One picture of a woman at a computer, not a woman.
        ("👩\u200d💻", "👩"),
        ("👩\u200d💻", "💻"),
        ("", "stop"),
        ("anything", ""),
    ],
)
def test_a_word_is_not_found_where_it_does_not_stand_by_itself(text: str, word: str) -> None:
    assert not has_word(plain(text), plain(word))
