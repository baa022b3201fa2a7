"""The leagues of the simulated world: provider names, and how their games tend to go. Facts, no chance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class League:
    """One league.

    `edge` is the home advantage, `gap` how far a good team is above an average one, `spread` the logistic
    scale of the final margin, `total` the usual sum of both scores, all in points (goals, runs). `run_line`
    is the fixed handicap of sports that have one. `minutes` is the length of a game on the wall clock;
    `postponed` the share of games that are. `all_groups` are the values of ESPN's `groups` that list every
    game where its default is a subset.
    """

    number: int
    name: str
    title: str
    group: str
    odds_key: str
    espn_path: str
    edge: float
    gap: float
    spread: float
    total: float
    minutes: int
    run_line: float | None = None
    postponed: float = 0.004
    draws: bool = False
    all_groups: tuple[str, ...] = ()
    preseason_key: str = ""

    @property
    def weekly(self) -> bool:
        """Return True if ESPN counts this league in weeks."""
        return self.group == "American Football"


def _soccer(number: int, name: str, title: str, key: str, slug: str) -> League:
    return League(
        number,
        name,
        title,
        "Soccer",
        f"soccer_{key}",
        f"soccer/{slug}",
        0.35,
        0.9,
        0.95,
        2.7,
        112,
        draws=True,
    )


LEAGUES = (
    League(
        1, "nfl", "NFL", "American Football", "americanfootball_nfl", "football/nfl",
        1.8, 6.0, 7.0, 45.0, 185, postponed=0.002, preseason_key="americanfootball_nfl_preseason",
    ),
    League(
        2, "ncaaf", "NCAAF", "American Football", "americanfootball_ncaaf", "football/college-football",
        2.5, 11.0, 8.5, 53.0, 200, postponed=0.002, all_groups=("80", "90"),
    ),
    League(3, "nba", "NBA", "Basketball", "basketball_nba", "basketball/nba", 2.4, 6.5, 6.6, 227.0, 140),
    League(
        4, "ncaab", "NCAAB", "Basketball", "basketball_ncaab", "basketball/mens-college-basketball",
        3.0, 8.0, 6.0, 146.0, 125, all_groups=("50",),
    ),
    League(5, "wnba", "WNBA", "Basketball", "basketball_wnba", "basketball/wnba", 2.2, 5.5, 6.2, 163.0, 125),
    League(6, "mlb", "MLB", "Baseball", "baseball_mlb", "baseball/mlb", 0.25, 0.8, 2.4, 8.6, 165,
     run_line=1.5, postponed=0.015),
    League(7, "nhl", "NHL", "Ice Hockey", "icehockey_nhl", "hockey/nhl", 0.2, 0.55, 1.35, 6.1, 150,
     run_line=1.5),
    _soccer(8, "mls", "MLS", "usa_mls", "usa.1"),
    _soccer(9, "epl", "EPL", "epl", "eng.1"),
    _soccer(10, "ucl", "UEFA Champions League", "uefa_champs_league", "uefa.champions"),
    _soccer(11, "laliga", "La Liga - Spain", "spain_la_liga", "esp.1"),
    _soccer(12, "bundesliga", "Bundesliga - Germany", "germany_bundesliga", "ger.1"),
    _soccer(13, "seriea", "Serie A - Italy", "italy_serie_a", "ita.1"),
    _soccer(14, "ligue1", "Ligue 1 - France", "france_ligue_one", "fra.1"),
)  # fmt: skip

BY_NAME = {league.name: league for league in LEAGUES}
BY_ODDS_KEY = {key: league for league in LEAGUES for key in (league.odds_key, league.preseason_key) if key}
BY_ESPN_PATH = {league.espn_path: league for league in LEAGUES}
