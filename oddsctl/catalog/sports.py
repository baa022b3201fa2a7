"""The leagues that oddsctl knows by name, and what each provider calls them.

A table (FACTS 1.7, 2.1, 2.2). Months are not folded where one has more games than an ESPN answer holds
(college basketball), or where the answer would be some 25 MB (baseball: about 450 games of 55 KB).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from oddsctl.domain import suggest
from oddsctl.domain.errors import UsageError
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Sport
from oddsctl.domain.units import day_of, midnight

SPORTS = (
    Sport(
        "nfl",
        "NFL",
        "americanfootball_nfl",
        "football/nfl",
        default_days=7,
        american=True,
        preseason_key="americanfootball_nfl_preseason",
    ),
    Sport(
        "ncaaf",
        "NCAAF",
        "americanfootball_ncaaf",
        "football/college-football",
        espn_groups="80",
        default_days=7,
        american=True,
    ),
    Sport("nba", "NBA", "basketball_nba", "basketball/nba", american=True, indoor=True),
    Sport(
        "ncaab",
        "NCAAB",
        "basketball_ncaab",
        "basketball/mens-college-basketball",
        espn_groups="50",
        american=True,
        indoor=True,
        folds_months=False,
    ),
    Sport("wnba", "WNBA", "basketball_wnba", "basketball/wnba", american=True, indoor=True),
    Sport("mlb", "MLB", "baseball_mlb", "baseball/mlb", american=True, folds_months=False),
    Sport("nhl", "NHL", "icehockey_nhl", "hockey/nhl", american=True, indoor=True),
    Sport("mls", "MLS", "soccer_usa_mls", "soccer/usa.1", american=True),
    Sport("epl", "Premier League", "soccer_epl", "soccer/eng.1"),
    Sport("ucl", "Champions League", "soccer_uefa_champs_league", "soccer/uefa.champions"),
    Sport("laliga", "La Liga", "soccer_spain_la_liga", "soccer/esp.1"),
    Sport("bundesliga", "Bundesliga", "soccer_germany_bundesliga", "soccer/ger.1"),
    Sport("seriea", "Serie A", "soccer_italy_serie_a", "soccer/ita.1"),
    Sport("ligue1", "Ligue 1", "soccer_france_ligue_one", "soccer/fra.1"),
)


def by_provider_name(added: Sequence[Sport] = ()) -> dict[str, Sport]:
    """Map each provider's name to its sport (no two are alike); sports from the configuration win."""
    sports = (*SPORTS, *added)
    return {
        word: sport
        for sport in sports
        for word in (sport.preseason_key, sport.odds_key, sport.espn_path)
        if word
    }


def in_season(sport: Sport, now: float) -> Sport:
    """Return the sport with the odds key in use now: the preseason's until the end of August."""
    begin, end = _preseason(day_of(now).year)
    return (
        replace(sport, odds_key=sport.preseason_key) if sport.preseason_key and begin <= now < end else sport
    )


def seasons(sport: Sport, start: float, end: float) -> list[tuple[Sport, float, float]]:
    """Return the sport under each odds key of its games in [start, end): preseason, season or both.

    The season's first game is on the Wednesday after Labor Day at the earliest; until then the preseason's
    key is enough.
    """
    if not sport.preseason_key:
        return [(sport, start, end)]
    for year in range(day_of(start).year, day_of(end).year + 1):
        begin, over = _preseason(year)
        preseason = replace(sport, odds_key=sport.preseason_key)
        if start < over and end > begin:
            return (
                [(preseason, start, over), (sport, over, end)]
                if end > _opening(year)
                else [(preseason, start, end)]
            )
    return [(sport, start, end)]


def _preseason(year: int) -> tuple[float, float]:
    """Return the preseason: from a week before its earliest game to the end of August (US Eastern)."""
    return midnight(date(year, 7, 24)), midnight(date(year, 9, 1))


def _opening(year: int) -> float:
    """Return the Wednesday after Labor Day, the first Monday of September (US Eastern)."""
    first = date(year, 9, 1)
    return midnight(first + timedelta((7 - first.weekday()) % 7 + 2))


def is_known(name: str, added: Sequence[Sport] = ()) -> bool:
    """Return True if a sport has this name."""
    return any(sport.name == name for sport in (*SPORTS, *added))


def find(name: str, added: Sequence[Sport] = ()) -> Sport:
    """Return the sport with this name; those added by the configuration win.

    Raises `UsageError` that suggests the nearest name.
    """
    known = {sport.name: sport for sport in (*SPORTS, *added)}
    if sport := known.get(name.strip().casefold()):
        return sport
    also = {
        word: sport.name
        for sport in known.values()
        for word in (sport.title, sport.odds_key, sport.espn_path)
        if word
    }
    guess = " ".join(
        filter(None, (suggest.did_you_mean(name, {word: word for word in known} | also), "there are"))
    )
    raise UsageError(
        f"no sport is called {name!r}", hint=f"{guess} {' '.join(known)}; more through [sports.NAME]"
    )


def league_of(job: Job, added: Sequence[Sport] = ()) -> str | None:
    """Our name of the job's sport; the provider's where we have none, None where it is of no sport."""
    sport = by_provider_name(added).get(job.league or "")
    return sport.name if sport else job.league
