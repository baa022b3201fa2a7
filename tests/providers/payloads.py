"""Small answers in the providers' own shapes, with the few values that a test cares about as arguments; and
how to spoil them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from oddsctl.domain.provider_errors import ProviderError

JSON = Any
NOW = 1_764_000_030.0  # 2025-11-24T16:00:30Z, a Monday


# ── The Odds API ──


def market(key: str, *outcomes: tuple[Any, ...], **more: JSON) -> JSON:
    """Outcomes are (name, price) or (name, price, point)."""
    listed = [dict(zip(("name", "price", "point"), outcome, strict=False)) for outcome in outcomes]
    return {"key": key, "last_update": "2025-11-24T15:59:00Z", "outcomes": listed} | more


def book(key: str, *markets: JSON, **more: JSON) -> JSON:
    return {
        "key": key,
        "title": key.title(),
        "last_update": "2025-11-24T15:58:00Z",
        "markets": list(markets),
    } | more


def odds_event(*books: JSON, **more: JSON) -> JSON:
    teams = {"home_team": "Detroit Lions", "away_team": "Green Bay Packers"}
    about = {
        "id": "a" * 32,
        "sport_key": "americanfootball_nfl",
        "sport_title": "NFL",
        "commence_time": "2025-11-27T18:00:00Z",
    }
    return {**about, **teams, "bookmakers": list(books)} | more


def board() -> JSON:
    """Two events: one with two books that don't price the same markets, one without any."""
    h2h = market("h2h", ("Green Bay Packers", 2.6), ("Detroit Lions", 1.52))
    spreads = market("spreads", ("Detroit Lions", 1.91, -3.5), ("Green Bay Packers", 1.95, 3.5))
    totals = market("totals", ("Over", 1.87, 48.5), ("Under", 1.98, 48.5))
    return [
        odds_event(book("draftkings", h2h, spreads), book("fanduel", totals)),
        odds_event(
            id="b" * 32,
            commence_time="2025-11-27T21:30:00Z",
            home_team="Dallas Cowboys",
            away_team="Kansas City Chiefs",
        ),
    ]


def scores() -> JSON:
    told = [{"name": "Green Bay Packers", "score": "17"}, {"name": "Detroit Lions", "score": "24"}]
    live = odds_event(completed=False, scores=told, last_update="2025-11-27T19:00:00Z")
    ahead = odds_event(id="b" * 32, completed=False, scores=None, last_update=None)
    return [{name: value for name, value in event.items() if name != "bookmakers"} for event in (live, ahead)]


def refusal(code: str, message: str = "No") -> JSON:
    return {
        "message": message,
        "error_code": code,
        "details_url": "https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html",
    }


# ── ESPN ──


def status(name: str, state: str | None, completed: bool) -> JSON:
    return {
        "clock": 0.0,
        "displayClock": "0:00",
        "period": 0,
        "type": {"name": f"STATUS_{name}", "state": state, "completed": completed},
    }


def side(where: str, name: str, abbreviation: str, score: JSON = "0") -> JSON:
    return {
        "id": "1",
        "homeAway": where,
        "score": score,
        "team": {"id": "1", "abbreviation": abbreviation, "displayName": name},
    }


def espn_event(odds: JSON = None, **more: JSON) -> JSON:
    """Lions against Packers, not begun. `more` replaces fields of the competition."""
    competition = {
        "id": "401772891",
        "timeValid": True,
        "neutralSite": False,
        "venue": {
            "id": "3727",
            "fullName": "Ford Field",
            "address": {"city": "Detroit", "state": "MI", "country": "USA"},
            "indoor": True,
        },
        "competitors": [side("home", "Detroit Lions", "DET"), side("away", "Green Bay Packers", "GB")],
        "status": status("SCHEDULED", "pre", completed=False),
    } | more
    if odds is not None:
        competition["odds"] = odds
    return {
        "id": "401772891",
        "date": "2025-11-27T18:00Z",
        "name": "Green Bay Packers at Detroit Lions",
        "competitions": [competition],
    }


def scoreboard(*events: JSON) -> JSON:
    return {"leagues": [{"slug": "nfl"}], "events": list(events)}


def quotes(opening: dict[str, str], closing: dict[str, str] | None = None) -> JSON:
    return {"open": opening} | ({"close": closing} if closing is not None else {})


def line_of_2026() -> JSON:
    """DraftKings: the Lions give 2.5, then 3.5, on a total of 48.5."""
    return {
        "provider": {"id": "100", "name": "Draft Kings", "priority": 1},
        "details": "DET -3.5",
        "overUnder": 48.5,
        "spread": -3.5,
        "moneyline": {
            "home": quotes({"odds": "-150"}, {"odds": "-180"}),
            "away": quotes({"odds": "+130"}, {"odds": "+150"}),
        },
        "pointSpread": {
            "home": quotes({"line": "-2.5", "odds": "-115"}, {"line": "-3.5", "odds": "-110"}),
            "away": quotes({"line": "+2.5", "odds": "-105"}, {"line": "+3.5", "odds": "EVEN"}),
        },
        "total": {
            "over": quotes({"line": "o47.5", "odds": "-110"}, {"line": "o48.5", "odds": "-125"}),
            "under": quotes({"line": "u47.5", "odds": "-110"}, {"line": "u48.5", "odds": "+105"}),
        },
    }


# ── Open-Meteo ──


def forecast(first: int = 1_764_201_600, hours: int = 3, **more: JSON) -> JSON:
    """Hours from `first` (2025-11-27T00:00Z) on: 30 °F and one more each hour."""
    hourly = {
        "time": [first + 3600 * hour for hour in range(hours)],
        "temperature_2m": [30.0 + hour for hour in range(hours)],
        "apparent_temperature": [22.5 + hour for hour in range(hours)],
        "precipitation_probability": [10 * hour for hour in range(hours)],
        "precipitation": [0.01 * hour for hour in range(hours)],
        "weather_code": [3] * hours,
        "wind_speed_10m": [12.4] * hours,
        "wind_gusts_10m": [20.1] * hours,
    }
    units = {"time": "unixtime", "temperature_2m": "°F", "precipitation": "inch", "wind_speed_10m": "mp/h"}
    grid = {"latitude": 42.29, "longitude": -83.03, "utc_offset_seconds": 0, "timezone": "GMT"}
    return {**grid, "hourly_units": units, "hourly": hourly} | more


def towns() -> JSON:
    canadian = {
        "id": 1,
        "name": "London",
        "latitude": 42.98,
        "longitude": -81.23,
        "country": "Canada",
        "admin1": "Ontario",
    }
    canadian["country_code"] = "CA"
    english = {
        "id": 2,
        "name": "London",
        "latitude": 51.51,
        "longitude": -0.13,
        "country": "United Kingdom",
        "country_code": "GB",
    }
    return {"results": [canadian, english], "generationtime_ms": 0.2}


# ── spoiling ──


def read_or_refused(read: Callable[[], Any], api: str) -> Any:
    """What was read, or None when it was refused as a provider's answer may be; any other error is the test's
    failure.
    """
    try:
        return read()
    except ProviderError as error:
        if error.provider != api or not error.message.startswith(f"{api}: "):
            raise
        return None


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
WRONG = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        100,
        10**30,
        -(10**400),
        "",
        " ",
        "x",
        "NaN",
        "1e999",
        "12/0",
        "9999-99-99",
        [],
        [None],
        {},
        {"a": 1},
    ]
)


def places(value: JSON, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within."""
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*path, key)
        yield from places(inner, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn, payload: JSON) -> JSON:
    """The payload with some values dropped, doubled or replaced by what has no business there."""
    answer = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(answer))
        if not found:
            return answer
        *way, last = draw(st.sampled_from(found))
        within: Any = answer
        for step in way:
            within = within[step]
        match draw(st.sampled_from(["drop", "double", "replace", "replace"])):
            case "drop":
                del within[last]
            case "double" if isinstance(within, list):
                within.append(copy.deepcopy(within[last]))
            case _:
                within[last] = copy.deepcopy(draw(WRONG))
    return answer
