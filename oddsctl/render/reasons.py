"""Why each part of a board is what it is, in words: one sentence for `--explain`, a short note below a table.

Pure; no rich.
"""

from __future__ import annotations

from oddsctl.domain.board_models import Board, Source
from oddsctl.domain.requests import Reason
from oddsctl.render import text

PLAINLY_FRESH = frozenset(
    {Reason.FETCHED, Reason.FRESH_CACHE, Reason.JOINED_INFLIGHT, Reason.SUPERSET_CACHE, Reason.PREFETCHED}
)

PARTS = {"odds": "odds", "espn": "schedule", "weather": "weather"}
"""What each API is asked for."""

STANDS_IN = {"odds": "ESPN's line", "espn": "The Odds API's list of games"}
"""What is shown in the place of each API's answer."""

BECAUSE = {
    Reason.FETCHED: "requested just now",
    Reason.FRESH_CACHE: "stored {age} ago and still fresh, so no request was sent",
    Reason.JOINED_INFLIGHT: "shared the answer to the same request, sent {age} ago",
    Reason.SUPERSET_CACHE: "cut from a larger answer, stored {age} ago and still fresh",
    Reason.PREFETCHED: "bought by prefetch {age} ago and still fresh",
    Reason.STALE_BUDGET: "{age} old, since the budget allows no newer one",
    Reason.STALE_RESERVE: "{age} old, since the credits left are kept in reserve",
    Reason.STALE_BREAKER: "{age} old, since the provider kept failing and is left alone for now",
    Reason.STALE_RATE: "{age} old, since the rate limit needs a longer wait than allowed",
    Reason.STALE_ERROR: "{age} old, since asking for a newer one failed",
    Reason.STALE_OFFLINE: "{age} old, because --offline sends no requests",
    Reason.FALLBACK: "{instead} is shown instead",
    Reason.NEGATIVE_CACHE: "refused by the provider before, so it was not requested again",
    Reason.REFUSED_BUDGET: "nothing is stored, and the budget allows no call",
    Reason.REFUSED_MAX_CREDITS: "nothing is stored, and the call costs more than allowed",
    Reason.REFUSED_BREAKER: "nothing is stored, and the provider kept failing and is left alone for now",
    Reason.REFUSED_RATE: "nothing is stored, and the rate limit needs a longer wait than allowed",
    Reason.SKIPPED_EXPIRED: "not requested: its deadline had passed",
    Reason.SKIPPED_POSTPONED: "not requested: the game is postponed",
    Reason.NO_KEY: "no key is configured, and there is no fallback",
    Reason.NONE: "requested, but not found anywhere",
}


def explain_lines(board: Board) -> list[str]:
    """One sentence per source: what, how it came here, what it cost, and the reason code."""
    return [_sentence(source) for source in board.sources]


def notes(board: Board) -> list[str]:
    """A short note for each source that is not plainly fresh; the sport is named where the board has
    several.
    """
    several = len({source.sport for source in board.sources}) > 1
    return [_note(source, several=several) for source in board.sources if source.reason not in PLAINLY_FRESH]


def is_stale(source: Source) -> bool:
    """Whether what is shown is older than it should be."""
    return source.reason.startswith("STALE_")


def _sentence(source: Source) -> str:
    reason = Reason(source.reason)
    because = BECAUSE[reason].format(
        age=text.age(source.age_seconds), instead=STANDS_IN.get(source.api, "another source")
    )
    cost = f" for {text.counted(source.credits, 'credit')}" if source.credits else ""
    cause = f" ({_cause(source)})" if source.detail else ""
    return f"{source.sport} {_part(source)}: {because}{cost}{cause} [{reason}]"


def _note(source: Source, *, several: bool) -> str:
    what = f"{source.sport} {_part(source)}" if several else _part(source)
    cause = _cause(source)
    if source.reason == Reason.FALLBACK:
        return f"{what}: {STANDS_IN.get(source.api, 'another source')}" + (f" ({cause})" if cause else "")
    how_old = f"{text.age(source.age_seconds)} old, " if is_stale(source) else ""
    return f"{what}: {how_old}{source.reason}" + (f" ({cause})" if cause else "")


def _part(source: Source) -> str:
    return PARTS.get(source.api, source.api)


def _cause(source: Source) -> str:
    """The detail, without the stand-in's name before it (`espn: NO_KEY`), which the sentence tells
    already.
    """
    detail = text.printable(source.detail or "")
    return detail.partition(": ")[2] or detail if source.reason == Reason.FALLBACK else detail
