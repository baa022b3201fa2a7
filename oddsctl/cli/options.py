"""How options are read from text: durations, days, lists. Bad ones are a usage error that says how to write them."""

from __future__ import annotations

from datetime import date

import typer


def duration(text: str | float) -> float:
    """Seconds in `90s`, `10m`, `1h30m`."""
    from oddsctl.config.text import BadValueError, parse_duration

    if not isinstance(text, str):
        return text  # typer hands the default through here too
    try:
        return parse_duration(text)
    except BadValueError as error:
        raise typer.BadParameter(f"{error.what}; {error.remedy}") from None


def day(text: str) -> date:
    """A date as `2026-11-26`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it like 2026-11-26") from None


def words(text: str | None) -> tuple[str, ...]:
    """A comma separated list."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
