"""Finds, removes or escapes characters that can steer a terminal or hide in a text.

These are control characters (C0, C1, DEL), line and paragraph separators, marks that change the direction of
writing, and characters without width, such as zero-width spaces and variation selectors. Text from outside
goes through `printable_line` when it is read; everything written goes through `escaped`.
"""

from __future__ import annotations

import re

_UNSEEN = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IN_NAMES = re.compile(f"[\x00-\x1f{_UNSEEN}]")
_WHEN_WRITTEN = re.compile(f"[\x00-\x08\x0b-\x1f{_UNSEEN}]")
_BREAKS = str.maketrans(
    {"\u2028": " ", "\u2029": " ", "\x85": " "} | dict.fromkeys(map(chr, range(0x09, 0x0E)), " ")
)


def printable_line(text: str) -> str:
    r"""Return the text on one line, without unsafe characters, with single blanks between words.

    Half a surrogate pair becomes `?`.

    >>> printable_line(" Green\tBay \x1b[31mPackers\u202e ")
    'Green Bay [31mPackers'
    """
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    line = " ".join(_IN_NAMES.sub("", text.translate(_BREAKS)).split())
    return line if line.isprintable() else " ".join("".join(filter(str.isprintable, line)).split())


def is_safe(text: str) -> bool:
    """True when the text is one line without unsafe characters."""
    return text.isprintable() and _IN_NAMES.search(text) is None


def escaped(text: str) -> str:
    r"""Return the text with unsafe characters as JSON escapes, but line ends and tabs as they are.

    A JSON text keeps its meaning.

    >>> escaped("a\x1b[31m\u202eb")
    'a\\u001b[31m\\u202eb'
    """
    return _WHEN_WRITTEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
