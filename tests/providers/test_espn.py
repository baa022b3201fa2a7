"""ESPN's scoreboard, sans-I/O: which days are asked, which games and lines are understood, and how each
refusal is named.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.catalog.sports import find
from oddsctl.domain.answers import Schedule
from oddsctl.domain.http import HttpResponse, Quota
from oddsctl.domain.jobs import GeocodeJob, ScheduleJob
from oddsctl.domain.models import Price, ScheduledGame, Sport, VenueRef
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
    UnknownSportError,
    UnusableAnswerError,
)
from oddsctl.domain.scoreboards import day_job, schedule_jobs
from oddsctl.domain.units import eastern_day
from oddsctl.providers.espn import EspnProvider
from tests.fakes import answer
from tests.providers.payloads import (
    NOW,
    espn_event,
    line_of_2026,
    quotes,
    read_or_refused,
    scoreboard,
    side,
    spoiled,
    status,
)

API = EspnProvider("https://api.example.org", "oddsctl/1 (+https://example.org)")
JOB = ScheduleJob("football/nfl", "20251127")
BOOK = "espn:DraftKings"


def read(*events: Any) -> Schedule:
    found = API.parse(JOB, answer(scoreboard(*events)))
    assert isinstance(found, Schedule)
    return found


def game(odds: Any = None, **competition: Any) -> ScheduledGame:
    (found,) = read(espn_event(odds, **competition)).games
    return found


def line(**odds: Any) -> list[tuple[str, str, float, float | None]]:
    prices = game([{"provider": {"id": 100, "name": "DraftKings"}, **odds}]).line
    assert {price.bookmaker for price in prices} <= {BOOK}
    return [(price.market, price.outcome, price.price, price.point) for price in prices]


def refused(status: int, body: Any, job: ScheduleJob = JOB, **headers: str | int) -> ProviderError:
    response = answer(body, status, **headers)
    with pytest.raises(ProviderError) as caught:
        API.parse(job, HttpResponse(status, response.headers, response.body, received_at=NOW))
    assert caught.value.provider == "espn"
    return caught.value


# ── requests ──


def test_a_scoreboard_is_asked_with_the_limit_that_behaves_and_an_honest_user_agent() -> None:
    request = API.request(JOB)
    assert request.url == "https://api.example.org/apis/site/v2/sports/football/nfl/scoreboard"
    assert request.params == (("dates", "20251127"), ("limit", "500"))
    assert request.headers == (
        ("Accept", "application/json"),
        ("User-Agent", "oddsctl/1 (+https://example.org)"),
    )
    assert request.secret == ()


def test_college_leagues_are_asked_by_group_or_most_games_would_be_missing() -> None:
    request = API.request(ScheduleJob("basketball/mens-college-basketball", "20251127", "50"))
    assert request.params == (("dates", "20251127"), ("groups", "50"), ("limit", "500"))


def test_it_is_free_and_tells_no_balance() -> None:
    assert (API.price(JOB), API.quota(answer({}))) == (0, Quota())
    assert API.account()


def test_a_job_of_another_provider_is_a_bug_of_ours() -> None:
    with pytest.raises(TypeError, match="GeocodeJob"):
        API.request(GeocodeJob("Detroit"))


# ── which days ──


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def dates(sport: str, start: str, end: str) -> list[str]:
    return [job.dates for job in schedule_jobs(find(sport), at(start), at(end))]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2025-11-27T05:00Z", "2025-11-28T05:00Z", ["20251127"]),  # one Eastern day, standard time
        ("2025-07-04T04:00Z", "2025-07-05T04:00Z", ["20250704"]),  # one Eastern day, daylight time
        ("2025-07-04T03:59Z", "2025-07-05T04:00Z", ["20250703", "20250704"]),
        ("2025-11-28T01:00Z", "2025-11-28T04:00Z", ["20251127"]),  # a UTC morning is the evening before
        ("2025-11-28T00:00Z", "2025-11-29T00:00Z", ["20251127", "20251128"]),  # a UTC day touches two
        ("2025-12-31T12:00Z", "2026-01-01T12:00Z", ["20251231", "20260101"]),
        ("2026-03-08T05:00Z", "2026-03-09T04:00Z", ["20260308"]),  # spring forward: 23 hours
        ("2026-03-08T05:00Z", "2026-03-09T05:00Z", ["20260308", "20260309"]),
        ("2025-11-02T04:00Z", "2025-11-03T05:00Z", ["20251102"]),  # fall back: 25 hours
        ("2025-11-27T05:00Z", "2025-11-27T05:00Z", []),
        ("2025-11-27T05:00Z", "2025-11-26T05:00Z", []),
    ],
)
def test_the_days_are_us_eastern_and_asked_as_their_months_where_these_fit_an_answer(
    start: str, end: str, expected: list[str]
) -> None:
    assert dates("mlb", start, end) == expected
    for sport in ("nfl", "epl", "nhl"):
        assert dates(sport, start, end) == list(dict.fromkeys(day[:6] for day in expected))


@pytest.mark.parametrize(
    ("sport", "expected"),
    [("nfl", ["20251127"]), ("mlb", ["20251127"]), ("epl", ["202511"]), ("mls", ["202511"])],
)
def test_single_days_are_asked_only_where_they_hold_all_their_games(sport: str, expected: list[str]) -> None:
    """Soccer's days beyond about tomorrow are answered empty, though the month has their games."""
    jobs = schedule_jobs(find(sport), at("2025-11-27T05:00Z"), at("2025-11-28T05:00Z"), by_day=True)
    assert [job.dates for job in jobs] == expected
    assert all(job.folds == (len(job.dates) == 6) for job in jobs)


@pytest.mark.parametrize(
    ("sport", "expected"), [("nfl", "202511"), ("mls", "202511"), ("mlb", "20251127"), ("ncaab", "20251127")]
)
def test_a_day_is_held_by_its_month_where_that_fits_an_answer(sport: str, expected: str) -> None:
    assert day_job(find(sport), "20251127").dates == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (
            "2025-12-26T00:00+00:00",
            "2025-12-27T00:00+00:00",
            ["202512"],
        ),  # seven in the evening of the 25th to that of the 26th
        ("2026-08-15T00:00+01:00", "2026-08-16T00:00+01:00", ["202608"]),
        ("2025-11-01T00:00+00:00", "2025-11-02T00:00+00:00", ["202510", "202511"]),
        (
            "2026-03-29T00:00+00:00",
            "2026-03-30T00:00+01:00",
            ["202603"],
        ),  # London springs forward three weeks later
        ("2026-01-01T12:00+00:00", "2026-01-01T17:00+00:00", ["202601"]),
    ],
)
def test_a_day_in_london_is_parts_of_two_american_ones(start: str, end: str, expected: list[str]) -> None:
    assert dates("epl", start, end) == expected


def test_a_month_that_does_not_fit_an_answer_is_asked_by_day() -> None:
    expected = ["20251129", "20251130", "20251201"]
    assert dates("ncaab", "2025-11-29T12:00Z", "2025-12-01T12:00Z") == expected
    (job, *_) = schedule_jobs(find("ncaab"), at("2025-11-29T12:00Z"), at("2025-12-01T12:00Z"))
    assert job == ScheduleJob("basketball/mens-college-basketball", "20251129", "50")


def test_a_sport_that_espn_does_not_have_is_asked_of_nobody() -> None:
    assert schedule_jobs(Sport("x", "X", "x_key", None), 0.0, 1e6) == ()


@given(
    st.floats(1.6e9, 1.9e9),
    st.floats(60, 40 * 86400),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(["nfl", "ncaab"]),
)
def test_a_game_within_the_span_is_in_exactly_one_of_the_scoreboards(
    start: float, length: float, share: float, sport: str
) -> None:
    moment = start + share * length
    jobs = schedule_jobs(find(sport), start, start + length)
    if moment < start + length:
        assert sum(eastern_day(moment).startswith(job.dates) for job in jobs) == 1
    assert len({job.dates for job in jobs}) == len(jobs)


# ── games ──


def test_a_game_is_read_with_its_venue() -> None:
    assert game() == ScheduledGame(
        id="401772891",
        start=at("2025-11-27T18:00:00+00:00"),
        time_confirmed=True,
        home="Detroit Lions",
        away="Green Bay Packers",
        status="scheduled",
        venue=VenueRef("3727", "Ford Field", "Detroit", "MI", "USA", indoor=True),
    )


def test_home_is_who_says_so_and_not_who_comes_first() -> None:
    found = game(competitors=[side("away", "Green Bay Packers", "GB"), side("home", "Detroit Lions", "DET")])
    assert (found.home, found.away) == ("Detroit Lions", "Green Bay Packers")


@pytest.mark.parametrize(
    ("name", "state", "completed", "expected", "scored"),
    [
        ("SCHEDULED", "pre", False, "scheduled", False),
        ("DELAYED", "pre", False, "delayed", False),
        ("POSTPONED", "pre", False, "postponed", False),
        ("IN_PROGRESS", "in", False, "live", True),
        ("HALFTIME", "in", False, "live", True),
        ("NEVER_SEEN_BEFORE", "in", False, "live", True),
        ("RAIN_DELAY", "in", False, "delayed", True),
        ("SUSPENDED", "in", False, "delayed", True),
        ("FINAL", "post", True, "final", True),
        ("FINAL_PEN", "post", True, "final", True),
        ("FORFEIT", "post", True, "final", True),
        ("POSTPONED", "post", False, "postponed", False),
        ("POSTPONED", "post", True, "postponed", False),
        ("CANCELED", "post", False, "canceled", False),
        ("ABANDONED", "post", False, "postponed", False),
    ],
)
def test_the_status_follows_state_and_completion_and_a_score_needs_a_start(
    name: str, state: str, completed: bool, expected: str, scored: bool
) -> None:
    competitors = [side("home", "Detroit Lions", "DET", "24"), side("away", "Green Bay Packers", "GB", "17")]
    found = game(competitors=competitors, status=status(name, state, completed))
    assert found.status == expected
    assert (found.home_score, found.away_score) == ((24, 17) if scored else (None, None))


def test_a_status_may_lack_its_name_or_stand_on_the_event_only() -> None:
    event = espn_event()
    del event["competitions"][0]["status"]
    (found,) = read(event | {"status": {"type": {"state": "in"}}}).games
    assert found.status == "live"


def test_an_hour_not_fixed_is_told() -> None:
    assert not game(timeValid=False).time_confirmed
    assert game(timeValid=None).time_confirmed


def test_a_venue_may_lack_its_roof_its_state_and_itself() -> None:
    soccer = {"id": 208, "fullName": "Ashton Gate", "address": {"city": "Bristol", "country": "England"}}
    assert game(venue=soccer, neutralSite=True).venue == VenueRef(
        "208", "Ashton Gate", "Bristol", None, "England", indoor=None
    )
    assert game(venue={"address": {"summary": "Court 3"}}).venue is None
    assert game(venue=None).venue is None


def test_placeholders_are_teams_until_the_real_ones_are_known() -> None:
    assert (
        game(competitors=[side("home", "Round of 16 3 Winner", "RD16"), side("away", "TBD", "TBD")]).home
        == "Round of 16 3 Winner"
    )


@pytest.mark.parametrize(
    "competitions",
    [
        None,
        [],
        [{"competitors": None}],
        [
            {
                "competitors": [
                    {"id": "1", "athlete": {"displayName": "A"}},
                    {"id": "2", "athlete": {"displayName": "B"}},
                ]
            }
        ],
        [{"competitors": [{"homeAway": "home", "athlete": {}}, {"homeAway": "away", "athlete": {}}]}],
        [{"competitors": [side("home", "Alone", "A")]}],
        [{"competitors": [side("home", "A", "A"), side("away", "B", "B") | {"homeAway": ["away"]}]}],
        [{"competitors": [side("home", "A", "A"), {"homeAway": "away", "team": None}]}],
    ],
)
def test_what_is_no_game_of_two_teams_is_counted_and_left_out(competitions: Any) -> None:
    found = read(espn_event(), espn_event() | {"competitions": competitions})
    assert (len(found.games), found.skipped) == (1, 1)


def test_no_games_are_no_error() -> None:
    assert read() == Schedule(())


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("x", "event 2 is not an object"),
        (None, "event 2 is not an object"),
        (espn_event() | {"id": None}, "event 2 has no id"),
        (espn_event() | {"date": None}, "event 2 has no date"),
        (espn_event() | {"date": "TBD"}, "event 2 has a date that is not a time"),
        (espn_event() | {"date": "9999-01-01T00:00Z"}, "event 2 has a date that is not a time"),
        (espn_event() | {"date": "2022-11-27T18:00Z"}, "event 2 is of 2022-11-27T18:00Z, not of 20251127"),
        (espn_event(status=None), "event 2 has no status"),
        (
            espn_event(status=status("X", "soon", completed=False)),
            "competition 1 of event 2 has a status that is neither",
        ),
        (espn_event() | {"competitions": "x"}, "event 2 has no competition"),
        (espn_event() | {"competitions": [None]}, "competition 1 of event 2 is not an object"),
        (espn_event(competitors={"home": 1}), "competition 1 of event 2 has competitors that are not a list"),
        (espn_event(competitors=[None]), "competitor 1 of competition 1 of event 2 is not an object"),
        (
            espn_event(competitors=[side("home", "A" * 5_000_000, "A"), side("away", "B", "B")]),
            "has a displayName that is not a name",
        ),
        (espn_event(), "event 401772891 is there twice"),
    ],
)
def test_an_event_that_cannot_be_read_costs_itself_alone(event: Any, message: str) -> None:
    found = read(espn_event(), event, espn_event() | {"id": "3"})
    assert [game.id for game in found.games] == ["401772891", "3"]
    assert found.left_out.counts == (("event", 1),)
    assert message in found.left_out.first


@pytest.mark.parametrize("score", [1e308, -1, 10**400, 1001, True, 3.5, {}])
def test_an_absurd_score_is_none_and_told(score: Any) -> None:
    playing = status("IN_PROGRESS", "in", completed=False)
    found = read(
        espn_event(status=playing, competitors=[side("home", "A", "A", score), side("away", "B", "B", "7")])
    )
    assert [(game.home_score, game.away_score) for game in found.games] == [(None, 7)]
    assert found.left_out.counts == (("score", 1),)


def test_of_a_scoreboard_without_anything_to_use_all_is_refused() -> None:
    with pytest.raises(UnusableAnswerError, match="left out 2 events that cannot be used"):
        read(None, {"id": 1, "competitions": [3]})


def test_the_scoreboard_of_another_league_is_refused() -> None:
    with pytest.raises(BrokenAnswerError, match="is of the league nba, not of football/nfl"):
        API.parse(JOB, answer({"leagues": [{"slug": "nba"}], "events": [espn_event()]}))


@pytest.mark.parametrize("body", [{}, {"leagues": []}])
def test_an_answer_without_events_is_a_broken_contract(body: Any) -> None:
    with pytest.raises(BrokenAnswerError, match="espn: answered without events"):
        API.parse(JOB, answer(body))


@pytest.mark.parametrize(
    ("body", "what"),
    [([], "is not an object"), ({"events": None}, "events is not a list"), ("x", "is not an object")],
)
def test_an_answer_of_another_shape_is_a_broken_contract(body: Any, what: str) -> None:
    with pytest.raises(BrokenAnswerError, match=what):
        API.parse(JOB, answer(body))


def test_an_answer_that_reaches_the_limit_may_be_cut_and_is_not_believed() -> None:
    assert len(read(*[espn_event() | {"id": count} for count in range(499)]).games) == 499
    with pytest.raises(BrokenAnswerError, match="500 events reach its limit"):
        read(*[espn_event()] * 500)


def test_exactly_as_many_events_as_espn_cuts_to_in_silence_are_a_doubt() -> None:
    fight = {"id": "1", "competitions": []}
    doubt = read(*[fight] * 25).doubt
    assert doubt is not None
    assert "exactly 25 events" in doubt
    assert [read(*[fight] * count).doubt for count in (24, 26)] == [None, None]


# ── the line ──


def test_the_line_of_2026_is_read_at_its_newest() -> None:
    # -180: 1 + 100/180; +150: 2.5; -110: 1 + 100/110; EVEN: 2; -125: 1.8; +105: 2.05
    assert game([line_of_2026()]).line == (
        Price(BOOK, "h2h", "Detroit Lions", 1.5556),
        Price(BOOK, "h2h", "Green Bay Packers", 2.5),
        Price(BOOK, "spreads", "Detroit Lions", 1.9091, -3.5),
        Price(BOOK, "spreads", "Green Bay Packers", 2.0, 3.5),
        Price(BOOK, "totals", "Over", 1.8, 48.5),
        Price(BOOK, "totals", "Under", 2.05, 48.5),
    )


def test_the_opening_price_stands_until_there_is_a_newer_one() -> None:
    assert line(moneyline={"home": quotes({"odds": "-150"}), "away": quotes({"odds": "+130"})}) == [
        ("h2h", "Detroit Lions", 1.6667, None),
        ("h2h", "Green Bay Packers", 2.3, None),
    ]


def test_a_market_taken_off_has_no_price_though_it_had_one() -> None:
    off = quotes({"odds": "-150"}, {"odds": "OFF"})
    assert (
        line(
            moneyline={"home": off, "away": off},
            homeTeamOdds={"moneyLine": -150},
            awayTeamOdds={"moneyLine": 130},
        )
        == []
    )


def test_the_shape_of_2022_is_read() -> None:
    home, away = {"moneyLine": -150, "spreadOdds": -110}, {"moneyLine": 130, "spreadOdds": -110.0}
    assert line(
        homeTeamOdds=home, awayTeamOdds=away, spread=-3.5, overUnder=44, overOdds=-105, underOdds=-115
    ) == [
        ("h2h", "Detroit Lions", 1.6667, None),
        ("h2h", "Green Bay Packers", 2.3, None),
        ("spreads", "Detroit Lions", 1.9091, -3.5),
        ("spreads", "Green Bay Packers", 1.9091, 3.5),
        ("totals", "Over", 1.9524, 44.0),
        ("totals", "Under", 1.8696, 44.0),
    ]


def test_the_shape_of_january_2025_has_a_total_only() -> None:
    current = {"over": {"american": "-105"}, "under": {"american": "-115"}, "total": {"american": "41.5"}}
    assert line(spread=-20.0, overUnder=41.5, open={"over": {"american": "+200"}}, current=current) == [
        ("totals", "Over", 1.9524, 41.5),
        ("totals", "Under", 1.8696, 41.5),
    ]


def test_a_soccer_line_has_a_draw() -> None:
    teams = {"homeTeamOdds": {"moneyLine": 120}, "awayTeamOdds": {"moneyLine": 210}}
    assert line(**teams, drawOdds={"moneyLine": 240})[2] == ("h2h", "Draw", 3.4, None)


def test_british_fractions_are_read_and_else_the_decimal_beside_them() -> None:
    sides = {"homeTeamOdds": {"summary": "1/2", "value": 1.5}, "awayTeamOdds": {"summary": "?", "value": 6.5}}
    assert line(**sides, drawOdds={"summary": "10/3", "value": 4.333}) == [
        ("h2h", "Detroit Lions", 1.5, None),
        ("h2h", "Green Bay Packers", 6.5, None),
        ("h2h", "Draw", 4.3333, None),
    ]


@pytest.mark.parametrize(
    "odds",
    [
        {"details": "DET -3.5", "overUnder": 48.5},  # points without prices
        {"details": "DET -3.5", "overUnder": 48.5, "spread": -3.5},
        {"homeTeamOdds": {"moneyLine": -150}},  # one side
        {"homeTeamOdds": {"moneyLine": 0}, "awayTeamOdds": {"moneyLine": 0}},
        {"homeTeamOdds": {"spreadOdds": -110}, "awayTeamOdds": {"spreadOdds": -110}},  # prices without points
        {
            "pointSpread": {
                "home": quotes({"line": "-3.5", "odds": "-110"}),
                "away": quotes({"line": "-3.5", "odds": "-110"}),
            }
        },
        {
            "total": {
                "over": quotes({"line": "o48.5", "odds": "-110"}),
                "under": quotes({"line": "u47.5", "odds": "-110"}),
            }
        },
        {"homeTeamOdds": {"summary": "1/0"}, "awayTeamOdds": {"summary": "-1/2"}},
        {"homeTeamOdds": {"value": 1.0}, "awayTeamOdds": {"summary": "0/1"}},
        {"homeTeamOdds": {"moneyLine": -10_000_000}, "awayTeamOdds": {"moneyLine": 5000}},  # 1.0 when rounded
    ],
)
def test_half_a_line_is_none(odds: dict[str, Any]) -> None:
    assert line(**odds) == []


def test_a_pick_em_has_no_negative_zero() -> None:
    sides = {"homeTeamOdds": {"spreadOdds": -110}, "awayTeamOdds": {"spreadOdds": -110}}
    assert [str(point) for *_, point in line(**sides, spread=0.0)] == ["0.0", "0.0"]


@pytest.mark.parametrize("odds", [None, [], [None], "x", [[]], [{}], {"provider": {}}])
def test_no_line_is_no_error(odds: Any) -> None:
    assert game(odds).line == ()


def test_of_several_providers_the_one_with_most_prices_is_shown() -> None:
    poor = {
        "provider": {"name": "Bet 365"},
        "homeTeamOdds": {"moneyLine": 120},
        "awayTeamOdds": {"moneyLine": -150},
    }
    assert {price.bookmaker for price in game([poor, None, line_of_2026()]).line} == {BOOK}
    assert {price.bookmaker for price in game([None, poor]).line} == {"espn:Bet 365"}


# ── refusals ──


@pytest.mark.parametrize(
    ("code", "body", "kind", "message"),
    [
        (
            400,
            {"code": 400, "message": "Failed to get events endpoint."},
            RejectedError,
            "espn: has no scoreboard for dates=20251127",
        ),
        (
            400,
            {"message": "Bad Request: sport 'boxing' and/or league 'boxing' are invalid"},
            UnknownSportError,
            "espn: Bad Request: sport",
        ),
        (400, [], RejectedError, "espn: HTTP 400"),
        (404, {"code": 404}, UnknownSportError, "espn: knows no football/nfl (HTTP 404)"),
        (418, {}, RejectedError, "espn: HTTP 418"),
        (429, {"message": "slow down"}, RateLimitedError, "espn: slow down"),
        (500, {}, ServerError, "espn: HTTP 500"),
        (503, "<html>", ServerError, "espn: HTTP 503"),
        (302, {}, BrokenAnswerError, "espn: HTTP 302"),
    ],
)
def test_a_refusal_is_named(code: int, body: Any, kind: type[ProviderError], message: str) -> None:
    error = refused(code, body)
    assert type(error) is kind
    assert error.message.startswith(message)


def test_a_blocked_user_agent_is_told_with_the_remedy() -> None:
    error = refused(403, "<html>Forbidden</html>")
    assert type(error) is ForbiddenError
    assert "espn.user_agent" in (error.hint or "")


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_honoured(code: int) -> None:
    assert refused(code, {}, retry_after=30).retry_at == NOW + 30


# ── laws ──


@given(spoiled(scoreboard(espn_event([None, line_of_2026()]), espn_event())))
def test_a_spoiled_scoreboard_is_read_or_refused(body: Any) -> None:
    found: Schedule | None = read_or_refused(lambda: API.parse(JOB, answer(body)), "espn")
    assert all(price.price > 1 for game in found.games for price in game.line) if found else True


@given(
    spoiled(
        [
            line_of_2026(),
            {"homeTeamOdds": {"summary": "11/2", "value": 6.5}, "awayTeamOdds": {"moneyLine": -110}},
        ]
    )
)
def test_a_spoiled_line_never_costs_the_game(odds: Any) -> None:
    assert game(odds).home == "Detroit Lions"
