"""One plain spelling for the names that providers write differently: pure, and knows nothing of teams or
venues.
"""

from __future__ import annotations

import unicodedata

_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}  # noqa: RUF001
)
"""Letters that Unicode does not take apart into a letter and its accent."""
_SILENT = frozenset("'’‘ʻʼ`´.")  # noqa: RUF001 -- likewise
"""Signs that join what they stand between: Hawai'i, D.C., Levi's. All other signs part words."""


def plain(text: str) -> str:
    """`text` in lower case, without accents and punctuation, "&" as "and", words parted by one space.

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
    """`text` folded and decomposed twice over, since folding and decomposing each bring forth what the other
    changes.
    """
    for _ in range(2):
        decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_NOT_DECOMPOSED))
        text = "".join(sign for sign in decomposed if sign in _SILENT or not unicodedata.combining(sign))
    return text
