"""Normalize names that providers spell differently. Pure; knows no teams and no venues."""

from __future__ import annotations

import unicodedata

_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}  # noqa: RUF001
)
"""Letters that Unicode does not decompose into a letter and its accent."""
_SILENT = frozenset("'’‘ʻʼ`´.")  # noqa: RUF001 -- likewise
"""Signs that join the letters around them: Hawai'i, D.C., Levi's. Every other sign separates words."""


def plain(text: str) -> str:
    """Normalize to lower case, without accents and punctuation, "&" as "and", single spaces.

    Idempotent.

    >>> plain("Brighton & Hove Albion"), plain("Bodø/Glimt"), plain("D.C. United"), plain("Hawai'i")
    ('brighton and hove albion', 'bodo glimt', 'dc united', 'hawaii')
    """
    text = text.lower() if text.isascii() else _unaccented(text)
    if not text.replace(" ", "").isalnum():
        text = "".join(
            sign if sign.isalnum() else "" if sign in _SILENT else " and " if sign == "&" else " "
            for sign in text
        )
    return " ".join(text.split())


def _unaccented(text: str) -> str:
    """Casefold and decompose `text` twice, because each step can produce what the other changes."""
    for _ in range(2):
        decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_NOT_DECOMPOSED))
        text = "".join(sign for sign in decomposed if sign in _SILENT or not unicodedata.combining(sign))
    return text
