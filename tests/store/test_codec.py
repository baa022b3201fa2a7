"""Values to JSON and back: nothing is lost, nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.answers import Events
from oddsctl.domain.board_models import Game, Source, Venue, Weather
from oddsctl.domain.http import Secret
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import Forecast, Hour, OddsEvent, Place, Price
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.requests import Purpose
from oddsctl.store.codec import decode, encode, from_text, salvage, to_text
from oddsctl.store.codec_scalars import DecodeError

NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6)
MAYBE = st.none() | NUMBER
WORDS = st.lists(st.text(max_size=5), max_size=3).map(tuple)
PRICES = st.lists(
    st.builds(
        Price,
        bookmaker=st.text(),
        market=st.text(),
        outcome=st.text(),
        price=NUMBER,
        point=MAYBE,
        last_update=MAYBE,
    ),
    max_size=3,
).map(tuple)
PLACES = st.builds(Place, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
HOURS = st.lists(
    st.builds(Hour, time=NUMBER, temperature=MAYBE, wind_gusts=MAYBE, code=st.none() | st.integers(0, 99)),
    max_size=3,
).map(tuple)
FORECASTS = st.builds(Forecast, place=PLACES, hours=HOURS)
GAMES = st.builds(
    Game,
    commence_time=NUMBER,
    odds=PRICES,
    best=PRICES,
    venue=st.none() | st.builds(Venue, latitude=MAYBE, longitude=MAYBE),
)
EVENTS = st.builds(
    Events, events=st.lists(st.builds(OddsEvent, commence_time=NUMBER, prices=PRICES), max_size=3).map(tuple)
)
JOBS = st.one_of(
    st.builds(OddsJob, markets=WORDS, regions=WORDS, bookmakers=WORDS, event=st.none() | st.text()),
    st.builds(EventsJob),
    st.builds(SportsJob),
    st.builds(ScoresJob, days_from=st.none() | st.integers(1, 3)),
    st.builds(ScheduleJob, groups=st.none() | st.text()),
    st.builds(ForecastJob, places=st.lists(PLACES, max_size=3).map(tuple)),
    st.builds(GeocodeJob),
)


def there_and_back(value: Any, annotation: Any) -> Any:
    return decode(annotation, json.loads(json.dumps(encode(value, annotation), allow_nan=False)))


@given(st.one_of(GAMES, FORECASTS, EVENTS))
def test_a_model_comes_back_as_it_was(value: Game | Forecast | Events) -> None:
    assert decode(type(value), json.loads(json.dumps(encode(value), allow_nan=False))) == value


@given(JOBS)
def test_a_member_of_a_union_comes_back_as_its_own_class(job: Job) -> None:
    back = there_and_back(job, Job)
    assert back == job
    assert type(back) is type(job)


class Level(IntEnum):
    LOW = 1


@dataclass(frozen=True)
class Left:
    number: int


@dataclass(frozen=True)
class Right:
    text: str = ""


@dataclass(frozen=True)
class Everything:
    """One field of each kind."""

    pair: tuple[str, float]
    table: dict[str, Left]
    view: Mapping[str, int]
    side: Left | Right | None
    number_or_word: float | str | None
    only: Literal["a", 1] | None
    old_style: Optional[int]  # noqa: UP045  # written by some
    level: Level = Level.LOW
    purpose: Purpose = Purpose.OWN
    flag: bool = False
    part: Left = field(default_factory=lambda: Left(7))


FULL = Everything(
    pair=("a", 1.5),
    table={"x": Left(1)},
    view={"y": 2},
    side=Right("r"),
    number_or_word="w",
    only=1,
    old_style=None,
    purpose=Purpose.REST,
    flag=True,
)
PLAIN = {
    "pair": ["a", 1.5],
    "table": {"x": {"number": 1}},
    "view": {"y": 2},
    "side": {"type": "Right", "text": "r"},
    "number_or_word": "w",
    "only": 1,
    "old_style": None,
    "purpose": "rest",
    "flag": True,
}


def test_each_kind_of_field_has_its_plain_form_and_defaults_are_left_out() -> None:
    assert encode(FULL) == PLAIN
    back = decode(Everything, PLAIN)
    assert back == FULL
    assert (type(back.level), type(back.purpose)) == (Level, Purpose)


def test_fields_that_are_missing_take_their_default_and_unknown_ones_are_ignored() -> None:
    """What an older or a newer version has written can be read."""
    assert decode(Right, {}) == Right("")
    assert decode(Right, {"text": "r", "since_version_9": [1]}) == Right("r")


def test_a_whole_number_is_taken_for_a_float_and_becomes_one() -> None:
    price = decode(Price, {"bookmaker": "b", "market": "h2h", "outcome": "o", "price": 2})
    assert price.price == 2.0
    assert type(price.price) is float


@pytest.mark.parametrize(
    ("annotation", "plain"),
    [
        (Left, {}),
        (Left, []),
        (Left, None),
        (Left, {"number": 1.0}),
        (Left, {"number": True}),
        (Left, {"number": "1"}),
        (Right, {"text": None}),
        (float, True),
        (float, "1"),
        (float, 10**400),
        (float, float("nan")),
        (float, float("inf")),
        (bool, 1),
        (str, 1),
        (type(None), 0),
        (Level, 2),
        (Level, True),
        (Level, []),
        (Purpose, "no-such"),
        (Literal["a", 1], True),
        (Literal["a", 1], {}),
        (tuple[int, ...], {"0": 1}),
        (tuple[int, ...], [1, "2"]),
        (tuple[str, float], ["a"]),
        (tuple[str, float], ["a", 1.0, 2.0]),
        (dict[str, int], []),
        (dict[str, int], {"a": None}),
        (int | None, "1"),
        (int | str, None),
        (Left | Right, {"number": 1}),
        (Left | Right, {"type": "Middle"}),
        (Left | Right, {"type": ["Left"], "number": 1}),
        (Left | Right, [1]),
        (Place, {"latitude": 91, "longitude": 0}),
    ],
)
def test_what_the_annotation_does_not_say_is_refused(annotation: Any, plain: Any) -> None:
    with pytest.raises(DecodeError):
        decode(annotation, plain)


def test_a_refusal_tells_where_and_never_what() -> None:
    plain = {"events": [{"id": "1", "commence_time": "test-key-DO-NOT-LEAK", "home": "h", "away": "a"}]}
    with pytest.raises(DecodeError) as caught:
        decode(Events, plain)
    assert str(caught.value) == "Events.events: OddsEvent.commence_time: a number wanted, str met"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        encode(Price("b", "h2h", "o", number))
    with pytest.raises(ValueError, match="JSON"):
        to_text(number)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (Left("1"), Left),  # type: ignore[arg-type]  # what a type checker would have told
        (Left(True), Left),
        (Right(Secret("test-key-DO-NOT-LEAK")), Right),
        (Secret("test-key-DO-NOT-LEAK"), None),
        ([1], list[int]),
        (Left(1), Right),
        (Level.LOW, Left | Right),
        ((1, 2), tuple[int]),
        ({1: 2}, dict[str, int]),
        ("b", Literal["a"]),
        (1, dict[str, int] | Left),
        (object(), None),
    ],
)
def test_what_has_no_json_is_not_written_a_secret_least_of_all(value: Any, annotation: Any) -> None:
    with pytest.raises(TypeError) as caught:
        encode(value, annotation)
    assert "DO-NOT-LEAK" not in str(caught.value)


def test_a_constant_in_a_text_field_is_written_as_its_text() -> None:
    assert encode(Source("espn", "nfl", Purpose.OWN, None, None, 0))["reason"] == "own"


def test_a_union_whose_members_could_not_be_told_apart_is_refused() -> None:
    @dataclass(frozen=True)
    class Typed:
        type: str

    with pytest.raises(TypeError, match="union"):
        decode(Typed | Left, {"type": "Left", "number": 1})


def test_weather_that_is_all_unknown_is_still_weather() -> None:
    weather = Weather(1.0, None, None, None, None, None, None, None, "metric")
    assert there_and_back(weather, Weather | None) == weather
    assert there_and_back(None, Weather | None) is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        from_text(text)


@dataclass(frozen=True)
class Chest:
    """A value of which parts may be lost."""

    gems: tuple[int, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    inner: Place | None = None
    weight: float = 1.0


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ({"gems": [1, "x", 3], "weight": 2.0}, Chest(gems=(1, 3), weight=2.0)),
        ({"names": {"a": "b", "c": 4}}, Chest(names={"a": "b"})),
        ({"inner": {"latitude": 1.0}, "weight": "heavy"}, Chest()),
        ({"inner": {"latitude": 1.0, "longitude": 2.0}, "gems": 7}, Chest(inner=Place(1.0, 2.0))),
        ("no object", Chest()),
    ],
)
def test_what_cannot_be_read_of_a_value_costs_itself_alone(stored: object, found: Chest) -> None:
    with pytest.raises(DecodeError):
        decode(Chest, stored)
    assert salvage(Chest, stored) == found


def test_a_value_of_which_what_it_needs_is_lost_cannot_be_salvaged() -> None:
    with pytest.raises(DecodeError):
        salvage(Place, {"latitude": 1.0})
