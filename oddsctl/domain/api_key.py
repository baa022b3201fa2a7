"""Extracts the key from the text that a user put in its place. No message repeats any of the text.

Quotes, a name in front, blanks, invisible characters and a comment are removed. A key has visible ASCII
characters other than quotes and brackets; anything else is refused, and so is a placeholder.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 512
"""Characters; those of The Odds API have 32."""

_QUOTES = "\"'`´«»‹›„“”‟‚‘’‛＂＇″′"  # noqa: RUF001 - the ones that editors and chats put in place of the plain ones
_ASSIGNMENT = re.compile(
    r"""(?:(?:export|set|declare\ -x)\s+|\$env:|Environment=["']?)?
    (?P<name>[A-Z_][A-Z0-9_]*|(?i:[A-Z_]\w*(?:key|token|secret)\w*|key))\s*(?:=\s*(?!=*$)|:\s+)(?P<value>\S.*)""",
    re.VERBOSE,
)
"""`NAME=…`, `export NAME=…`, `NAME: …`, `$env:NAME = …`; a name is in capitals or says what it is for.

At the end a `=` is the key's.
"""
_COMMENT = re.compile(r"\s+#.*")
_WORDS = r"api[-_ ]?key|key|token|password|secret"
_PLACEHOLDER = re.compile(
    rf"""(?:the[-_ ]?)?(?:odds[-_ ]?)?(?:{_WORDS})
    | none|null|nil|undefined|unset|empty|n/?a|to[-_ ]?do|fix[-_ ]?me|tbd|true|false|example
    | .*(?:{_WORDS})[-_ ]?(?:goes[-_ ]?)?here
    | your[-_ ]?.* | (?:insert|enter|paste|put|add|use|replace)[-_ ].*(?:here|{_WORDS}|me|this)
    | (?:change|replace)[-_ ]?(?:me|this|it).*
    | (.)\1{{3,}} | .*(?:\*{{3}}|\.{{3}}|…).* | [-._?x]+
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNRESOLVED = re.compile(
    r"<.*>|\[.*\]|\{.*\}|\$\{.*\}|\$\(.*\)|\$\w+|%\w+%|(?:env|file|command|vault|secret|op):.*|@[\w.]+\(.*\)",
    re.IGNORECASE,
)
"""`<key>`, `{{ key }}`, `${ODDS_API_KEY}`, `op://vault/item`: references that another program replaces."""
_REMEDY = "put the key alone there, as the-odds-api.com shows it"


class UnusableKeyError(ValueError):
    """A text that is not a key. `what` says why, such as "holds a placeholder"; `remedy` what to do."""

    def __init__(self, what: str, remedy: str = _REMEDY) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


def cleaned(text: str) -> str:
    """Return the key in the text, empty if there is none.

    Raises `UnusableKeyError` for a text that cannot be a key.
    """
    key = core(text)
    if not key:
        return ""
    if _UNRESOLVED.fullmatch(key):
        raise UnusableKeyError("holds a reference that was not replaced by a key")
    if _PLACEHOLDER.fullmatch(key):
        raise UnusableKeyError("holds a placeholder, not a key")
    if "://" in key:
        raise UnusableKeyError("holds an address, not a key")
    if len(key) > LONGEST:
        raise UnusableKeyError(f"holds a line of {len(key):,} characters; no key is that long")
    if odd := next((char for char in key if _is_odd(char)), None):
        raise UnusableKeyError(f"holds {_called(odd)}, which no key has")
    return key


def core(text: str) -> str:
    """Return the text without what surrounds a key.

    Takes the first line, or the one that is named as the key.
    """
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf" and char != "\0")
    lines = [line for line in map(str.strip, visible.splitlines()) if line and not line.startswith("#")]
    line, before = _line_of_the_key(lines), ""
    while line != before:
        before = line
        line = _COMMENT.sub("", line).rstrip(";,").strip().replace('\\"', '"')
        if found := _ASSIGNMENT.fullmatch(line):
            line = found["value"].strip()
        if len(line) > 1 and line[0] in _QUOTES and line[-1] in _QUOTES:
            line = line[1:-1].strip()
    return line


def _line_of_the_key(lines: list[str]) -> str:
    """Return the first line, or of several `NAME=value` lines the one that names the key."""
    names = {
        found["name"].upper(): line for line in reversed(lines) if (found := _ASSIGNMENT.fullmatch(line))
    }
    if not lines or not _ASSIGNMENT.fullmatch(lines[0]):
        return lines[0] if lines else ""
    return names.get("ODDS_API_KEY") or next(
        (line for name, line in reversed(names.items()) if "KEY" in name), lines[0]
    )


def _is_odd(char: str) -> bool:
    return not "!" <= char <= "~" or char in _QUOTES or char in "<>{}()[]"


def _called(char: str) -> str:
    if char.isspace():
        return "a blank"
    if char in _QUOTES:
        return "a quotation mark"
    return f"the character {char}" if "!" <= char <= "~" else f"the character U+{ord(char):04X}"
