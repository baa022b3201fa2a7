"""What stats says of the account's month: nothing of the old one once a new one has begun."""

from __future__ import annotations

from datetime import UTC, datetime

from oddsctl.domain.settings import Settings
from oddsctl.policy.budget import Credits
from oddsctl.services import stats


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_the_pace_is_that_of_this_month_and_not_known_before_its_first_answer() -> None:
    told = Credits(used=480, remaining=20, asked_at=at("2026-11-30 23:55"))
    before, after = (
        stats._account(told, Settings(), at(now)) for now in ("2026-11-30 23:58", "2026-12-01 00:20")
    )
    assert before.spend_per_day == 16.0
    assert (after.spend_per_day, after.projected_remaining_at_reset) == (None, None)
    assert (after.used, after.remaining) == (480, 20), "what was last told is told"
