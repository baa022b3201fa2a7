"""What prefetch plans and makes, as it is told. Frozen values; nothing else may enter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrefetchCall:
    """One call of prefetch: to come (`outcome` is `planned`) or made (a reason code).

    `at` is when it suits its windows best, `closes` the last moment at which it still captures all it
    `covers`: (game id, window such as `30m`) pairs. `game_time` is the soonest of these games. Times are
    epoch seconds; `sport` is a name of ours, empty where the call serves several.
    """

    at: float
    api: str
    sport: str
    credits: int
    covers: tuple[tuple[str, str], ...]
    outcome: str
    game_time: float | None
    closes: float
