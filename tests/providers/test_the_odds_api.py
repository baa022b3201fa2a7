"""The Odds API, sans-I/O: what is asked, what it costs at the most, what is understood, and how each refusal
is named.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from oddsctl.domain.answers import Events, Score, Scores, SportEntry, Sports
from oddsctl.domain.http import HttpResponse, Quota, Secret
from oddsctl.domain.jobs import GeocodeJob, Job
from oddsctl.domain.models import OddsEvent, Price
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    DeactivatedKeyError,
    EventGoneError,
    ForbiddenError,
    InvalidKeyError,
    InvalidMarketError,
    MissingKeyError,
    OutOfCreditsError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
    UnknownSportError,
    UnusableAnswerError,
)
from oddsctl.providers.the_odds_api import TheOddsApiProvider
from tests.fakes import answer
from tests.providers.payloads import (
    NOW,
    board,
    book,
    market,
    odds_event,
    read_or_refused,
    refusal,
    scores,
    spoiled,
)

KEY = "test-key-DO-NOT-LEAK"
API = TheOddsApiProvider("https://api.example.org", lambda: Secret(KEY))
BOARD = OddsJob("americanfootball_nfl", ("h2h", "spreads", "totals"), ("us",))
EVENT = OddsJob("americanfootball_nfl", ("player_pass_tds",), ("us",), event="a" * 32)
FREE: tuple[Job, ...] = (SportsJob(), EventsJob("soccer_epl"))
AT_18 = 1_764_266_400.0  # 2025-11-27T18:00:00Z


def read(job: Job, body: Any) -> Any:
    return API.parse(job, answer(body))


def prices(*books: Any, job: OddsJob = BOARD) -> tuple[Price, ...]:
    events: Events = read(job, [odds_event(*books)])
    return events.events[0].prices


def refused(status: int, body: Any, **headers: str | int) -> ProviderError:
    response = answer(body, status, **headers)
    with pytest.raises(ProviderError) as caught:
        API.parse(BOARD, HttpResponse(response.status, response.headers, response.body, received_at=NOW))
    assert caught.value.provider == "odds"
    assert "\n" not in caught.value.message
    return caught.value


# ── requests ──


def test_a_board_is_asked_whole_in_decimal_and_iso_with_sorted_lists() -> None:
    job = OddsJob("americanfootball_nfl", ("totals", "H2H", " spreads", "totals"), ("us2", "us"))
    request = API.request(job)
    assert request.url == "https://api.example.org/v4/sports/americanfootball_nfl/odds"
    assert request.params == (
        ("dateFormat", "iso"),
        ("markets", "h2h,spreads,totals"),
        ("oddsFormat", "decimal"),
        ("regions", "us,us2"),
    )
    assert request.headers == (("Accept", "application/json"),)
    assert request.api == "odds"


def test_named_books_stand_in_for_regions() -> None:
    request = API.request(OddsJob("soccer_epl", ("h2h",), ("uk",), ("pinnacle", "betmgm")))
    assert request.params == (
        ("bookmakers", "betmgm,pinnacle"),
        ("dateFormat", "iso"),
        ("markets", "h2h"),
        ("oddsFormat", "decimal"),
    )


@pytest.mark.parametrize(
    ("job", "path", "params"),
    [
        (SportsJob(), "sports", ()),
        (EventsJob("soccer_epl"), "sports/soccer_epl/events", (("dateFormat", "iso"),)),
        (ScoresJob("baseball_mlb"), "sports/baseball_mlb/scores", (("dateFormat", "iso"),)),
        (
            ScoresJob("baseball_mlb", 3),
            "sports/baseball_mlb/scores",
            (("dateFormat", "iso"), ("daysFrom", "3")),
        ),
    ],
)
def test_the_other_endpoints_are_asked_as_documented(
    job: Job, path: str, params: tuple[tuple[str, str], ...]
) -> None:
    request = API.request(job)
    assert (request.url, request.params) == (f"https://api.example.org/v4/{path}", params)


def test_one_events_odds_have_their_own_path() -> None:
    assert (
        API.request(EVENT).url
        == f"https://api.example.org/v4/sports/americanfootball_nfl/events/{'a' * 32}/odds"
    )


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    request = API.request(OddsJob("../admin", ("h2h",), ("us",), event="a/b?x=1"))
    assert request.url == "https://api.example.org/v4/sports/..%2Fadmin/events/a%2Fb%3Fx%3D1/odds"


@pytest.mark.parametrize("job", [BOARD, EVENT, ScoresJob("x"), *FREE])
def test_the_key_travels_in_the_secret_part_only_and_is_in_no_repr(job: Job) -> None:
    request = API.request(job)
    assert request.secret == (("apiKey", KEY),)
    assert KEY not in repr(request)
    assert KEY not in f"{request.url}{request.params}{request.headers}"


def test_without_a_key_the_request_says_so() -> None:
    def none() -> Secret:
        raise MissingKeyError("no key", provider="odds")

    with pytest.raises(MissingKeyError):
        TheOddsApiProvider("https://api.example.org", none).request(BOARD)


def test_the_account_is_the_same_for_the_same_key_and_does_not_show_it() -> None:
    other = TheOddsApiProvider("https://api.example.org", lambda: Secret("another"))
    assert (
        API.account()
        == TheOddsApiProvider("https://elsewhere.example.org", lambda: Secret(KEY)).account()
        != other.account()
    )
    assert KEY not in API.account()


def test_a_job_of_another_provider_is_a_bug_of_ours() -> None:
    with pytest.raises(TypeError, match="GeocodeJob"):
        API.request(GeocodeJob("Detroit"))


# ── prices ──


@pytest.mark.parametrize(
    ("job", "credits"),
    [
        (BOARD, 3),  # 3 markets x 1 region
        (OddsJob("x", ("h2h", "totals"), ("us", "eu", "uk")), 6),  # 2 x 3; h2h_lay comes free on boards
        (OddsJob("x", ("h2h",), bookmakers=tuple(f"book{n}" for n in range(10))), 1),
        (OddsJob("x", ("h2h",), bookmakers=tuple(f"book{n}" for n in range(11))), 2),
        (EVENT, 1),
        (OddsJob("x", ("h2h", "player_points"), ("us",), event="e"), 2),
        (OddsJob("x", ("h2h",), ("us", "eu"), event="e"), 4),  # (h2h + h2h_lay) x 2 regions
        (OddsJob("x", ("totals",), ("eu",), event="e"), 1),
        (OddsJob("x", ("h2h", "h2h_lay"), ("eu",), event="e"), 2),
        (OddsJob("x", ("h2h",), bookmakers=("matchbook",), event="e"), 2),
        (OddsJob("x", ("h2h",), bookmakers=("draftkings",), event="e"), 1),
        (ScoresJob("x"), 1),
        (ScoresJob("x", 1), 2),
        (EventsJob("x"), 0),
        (SportsJob(), 0),
    ],
)
def test_the_price_is_markets_times_regions_and_never_too_low(job: Job, credits: int) -> None:
    assert API.price(job) == credits


# ── answers ──


def test_a_board_becomes_events_with_a_price_for_each_outcome() -> None:
    first, second = read(BOARD, board()).events
    assert first == OddsEvent(
        "a" * 32,
        AT_18,
        "Detroit Lions",
        "Green Bay Packers",
        (
            Price("draftkings", "h2h", "Green Bay Packers", 2.6, None, 1_763_999_940.0),
            Price("draftkings", "h2h", "Detroit Lions", 1.52, None, 1_763_999_940.0),
            Price("draftkings", "spreads", "Detroit Lions", 1.91, -3.5, 1_763_999_940.0),
            Price("draftkings", "spreads", "Green Bay Packers", 1.95, 3.5, 1_763_999_940.0),
            Price("fanduel", "totals", "Over", 1.87, 48.5, 1_763_999_940.0),
            Price("fanduel", "totals", "Under", 1.98, 48.5, 1_763_999_940.0),
        ),
    )
    assert (second.home, second.prices) == ("Dallas Cowboys", ())


def test_unix_times_are_read_too() -> None:
    h2h = market("h2h", ("Detroit Lions", 1.5), last_update=1_763_999_940)
    (event,) = read(BOARD, [odds_event(book("a", h2h), commence_time=1_764_266_400)]).events
    assert (event.commence_time, event.prices[0].last_update) == (AT_18, 1_763_999_940.0)


def test_a_market_without_its_own_time_has_its_bookmakers() -> None:
    (price,) = prices(book("a", market("h2h", ("Detroit Lions", 1.5), last_update=None)))
    assert price.last_update == 1_763_999_880.0  # 15:58


def test_the_odds_of_one_event_are_one_object_whose_books_have_no_time() -> None:
    props = market("player_pass_tds", ("Over", 1.8, 1.5), ("Under", 2.0, 1.5))
    props["outcomes"] = [outcome | {"description": "Jared Goff"} for outcome in props["outcomes"]]
    draftkings = book("draftkings", props)
    del draftkings["last_update"]
    (event,) = read(EVENT, odds_event(draftkings)).events
    assert [(price.outcome, price.price, price.point) for price in event.prices] == [
        ("Over (Jared Goff)", 1.8, 1.5),
        ("Under (Jared Goff)", 2.0, 1.5),
    ]


def test_lay_prices_of_exchanges_stay_a_market_of_their_own() -> None:
    exchange = book(
        "betfair_ex_eu", market("h2h", ("Detroit Lions", 1.5)), market("h2h_lay", ("Detroit Lions", 1.52))
    )
    assert [price.market for price in prices(exchange)] == ["h2h", "h2h_lay"]


def test_a_draw_is_an_outcome_like_any() -> None:
    three = market("h2h", ("Leeds", 2.5), ("Everton", 2.9), ("Draw", 3.3))
    assert [price.outcome for price in prices(book("a", three))] == ["Leeds", "Everton", "Draw"]


def test_american_odds_are_told_by_the_whole_answer_and_converted() -> None:
    american = market("h2h", ("Detroit Lions", -200), ("Green Bay Packers", 170))
    assert [price.price for price in prices(book("a", american))] == [1.5, 2.7]


def test_a_long_shot_in_decimal_odds_stays_one() -> None:
    long_shot = market("h2h", ("Detroit Lions", 1.01), ("Green Bay Packers", 150))
    assert [price.price for price in prices(book("betfair_ex_eu", long_shot))] == [1.01, 150.0]


def test_american_odds_with_a_stray_decimal_are_american_still() -> None:
    american = market("h2h", ("Detroit Lions", -200), ("Green Bay Packers", 170), ("Draw", 2.5))
    found: Events = read(BOARD, [odds_event(book("a", american))])
    assert [price.price for price in found.events[0].prices] == [1.5, 2.7]
    assert found.left_out.counts == (("price", 1),)


def test_what_is_no_bet_is_left_out_and_the_rest_of_a_paid_answer_kept() -> None:
    odd = market("h2h", ("Detroit Lions", 1.0), ("Green Bay Packers", 2.7))
    assert [price.price for price in prices(book("a", odd))] == [2.7]


def test_half_a_surrogate_pair_in_a_name_can_be_printed() -> None:
    listed = read(EventsJob("americanfootball_nfl"), [odds_event(home_team="Detroit \ud83c")])
    assert listed.events[0].home == "Detroit ?"


def test_an_outright_has_a_title_instead_of_teams() -> None:
    listed = odds_event(
        book("fanduel", market("outrights", ("Detroit Lions", 9.0))),
        home_team=None,
        away_team=None,
        sport_title="Winner",
    )
    answer = read(BOARD, [odds_event(id="c" * 32), listed])
    (outright,) = answer.outrights
    assert (outright.title, outright.home, outright.away) == ("Winner", "", "")
    assert [(price.market, price.outcome, price.price) for price in outright.prices] == [
        ("outrights", "Detroit Lions", 9.0)
    ]
    assert [event.id for event in answer.games] == ["c" * 32]


def test_the_free_schedule_has_no_books() -> None:
    listed = odds_event()
    del listed["bookmakers"]
    assert read(EventsJob("americanfootball_nfl"), [listed]).events[0].prices == ()


def test_scores_are_texts_and_none_before_the_start() -> None:
    live = Score(
        "a" * 32,
        AT_18,
        completed=False,
        home="Detroit Lions",
        away="Green Bay Packers",
        home_score=24,
        away_score=17,
    )
    ahead = Score(
        "b" * 32,
        AT_18,
        completed=False,
        home="Detroit Lions",
        away="Green Bay Packers",
        home_score=None,
        away_score=None,
    )
    assert read(ScoresJob("americanfootball_nfl"), scores()) == Scores((live, ahead))


def test_sports_are_listed_with_what_they_offer() -> None:
    body = [
        {
            "key": "golf_winner",
            "group": "Golf",
            "title": "Golf",
            "description": "",
            "active": True,
            "has_outrights": True,
        }
    ]
    assert read(SportsJob(), body) == Sports(
        (SportEntry("golf_winner", "Golf", active=True, has_outrights=True),)
    )


@pytest.mark.parametrize(
    ("job", "body", "message"),
    [
        (BOARD, {"events": []}, "odds: the answer is not a list"),
        (EVENT, [odds_event()], "odds: the event is not an object"),
        (EventsJob("x"), None, "odds: the answer is not a list"),
        (SportsJob(), "sports", "odds: the answer is not a list"),
    ],
)
def test_an_answer_of_another_shape_is_refused(job: Job, body: Any, message: str) -> None:
    with pytest.raises(BrokenAnswerError) as caught:
        read(job, body)
    assert caught.value.message == message


NAMELESS = {name: value for name, value in odds_event().items() if not name.endswith("_team")}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("x", "is not an object"),
        (None, "is not an object"),
        (odds_event(commence_time=None), "has no commence_time"),
        (odds_event(commence_time="soon"), "has a commence_time that is not a time"),
        (odds_event(commence_time="0001-01-01T00:00:00Z"), "has a commence_time that is not a time"),
        (odds_event(commence_time=-5), "has a commence_time that is not a time"),
        (odds_event(commence_time=1_764_266_400_000), "has a commence_time that is not a time"),
        (odds_event(commence_time=float("nan")), "has a commence_time that is not a time"),
        (odds_event(commence_time=1e308), "has a commence_time that is not a time"),
        (odds_event(commence_time="9999-12-31T00:00:00Z"), "has a commence_time that is not a time"),
        (
            odds_event(commence_time="2028-11-27T18:00:00Z"),
            "begins on 2028-11-27T18:00:00Z, which is not likely",
        ),
        (
            odds_event(commence_time="2023-11-27T18:00:00Z"),
            "begins on 2023-11-27T18:00:00Z, which is not likely",
        ),
        (odds_event(sport_key="basketball_nba"), "is of the sport basketball_nba, not americanfootball_nfl"),
        (odds_event(id=" "), "has a id that is not a name"),
        (odds_event(id={"a": 1}), "has a id that is not a name"),
        (odds_event(home_team=None), "has no home_team"),
        (odds_event(home_team="A" * 5_000_000), "has a home_team that is not a name"),
        (odds_event(home_team="\u202e\u200b\x1b"), "has a home_team that is not a name"),
        (NAMELESS, "has no home_team"),
        (odds_event() | {"bookmakers": "x"}, "bookmakers of event 2 is not a list"),
    ],
)
def test_an_event_that_cannot_be_read_or_was_not_asked_for_costs_itself_alone(event: Any, why: str) -> None:
    body = [odds_event(book("a", market("h2h", ("x", 2.0)))), event, odds_event(id="c" * 32)]
    found: Events = API.parse(BOARD, replace(answer(body), received_at=NOW))  # type: ignore[assignment]
    assert [event.id[0] for event in found.events] == ["a", "c"]
    assert found.left_out.counts == (("event", 1),)
    assert why in found.left_out.first


NO_PRICE: list[Any] = [
    None,
    "?",
    "OFF",
    {},
    [2.0],
    True,
    float("nan"),
    float("inf"),
    1e308,
    -1e308,
    1e6,
    0,
    1.0,
    -3,
    "1e308",
    10**400,
]
NO_NAME: list[Any] = [None, "", "\u200b", {}, "n" * 5000, True]
NO_POINT: list[Any] = [None, "half", 1e308, float("inf"), 10_001, True, {}, []]
GOOD = book("good", market("h2h", ("Detroit Lions", 1.5), ("Green Bay Packers", 2.6)))


@pytest.mark.parametrize(
    ("bad", "kind", "kept"),
    [
        ("x", "book", 0),
        (None, "book", 0),
        (book("bad", market("h2h", ("a", 2.0))) | {"key": None}, "book", 0),
        ({"key": "bad"}, "book", 0),
        ({"key": "bad", "markets": {"h2h": 1}}, "book", 0),
        (book("bad", "x", market("h2h", ("a", 2.0))), "market", 1),
        (book("bad", {"key": "h2h"}, market("totals", ("Over", 2.0, 40.5))), "market", 1),
        (book("bad", {"key": "h2h", "outcomes": None}), "market", 0),
        (book("bad", market("h2h", ("a", 2.0)) | {"key": {}}), "market", 0),
        *[(book("bad", market("h2h", ("a", 2.0), ("b", price))), "price", 1) for price in NO_PRICE],
        *[(book("bad", market("h2h", ("a", 2.0), (name, 3.0))), "price", 1) for name in NO_NAME],
        *[
            (book("bad", market("spreads", ("a", 2.0, 3.5), ("b", 2.0, point))), "price", 1)
            for point in NO_POINT
        ],
        (
            book("bad", market("h2h", ("a", 2.0)) | {"outcomes": [None, {"name": "a", "price": 2.0}]}),
            "price",
            1,
        ),
        (book("bad", market("h2h") | {"outcomes": [[[[]]]]}), "price", 0),
    ],
)
def test_a_part_of_a_paid_board_that_cannot_be_read_costs_itself_alone(
    bad: Any, kind: str, kept: int
) -> None:
    found: Events = read(BOARD, [odds_event(bad, GOOD)])
    assert [price.price for price in found.events[0].prices if price.bookmaker == "good"] == [1.5, 2.6]
    assert len(found.events[0].prices) == 2 + kept
    assert found.left_out.counts == ((kind, 1),)


@pytest.mark.parametrize("cut", [-1, -2, -30, -200])
def test_of_a_paid_board_that_broke_off_the_whole_events_stay(cut: int) -> None:
    body = json.dumps(
        [odds_event(GOOD), odds_event(GOOD, id="b" * 32), odds_event(GOOD, id="c" * 32)]
    ).encode()
    found: Events = API.parse(BOARD, HttpResponse(200, {}, body[:cut]))  # type: ignore[assignment]
    assert [event.id[0] for event in found.events] == (["a", "b", "c"] if cut == -1 else ["a", "b"])
    assert found.left_out.counts == (("event", 1),)


def test_a_huge_whole_number_costs_itself_alone_and_ids_that_are_numbers_stay() -> None:
    text = json.dumps([odds_event(GOOD, id=7), odds_event(book("a", market("h2h", ("x", 12345.5))), id=8)])
    found: Events = API.parse(BOARD, HttpResponse(200, {}, text.replace("12345.5", "9" * 5000).encode()))  # type: ignore[assignment]
    assert [(event.id, len(event.prices)) for event in found.events] == [("7", 2), ("8", 0)]


def test_several_left_out_are_counted_by_kind_in_one_line() -> None:
    body = [
        odds_event(book("a", market("h2h", ("x", None), ("y", None), ("z", 2.0))), None),
        odds_event(id="b"),
        odds_event(id="b"),
    ]
    left_out = read(BOARD, body).left_out
    assert str(left_out) == (
        "left out 2 prices, 1 book and 1 event that cannot be used (first: outcome 1 of market 1 of book 1 "
        "of event 1 has no price)"
    )


@pytest.mark.parametrize(
    ("job", "body"), [(BOARD, [odds_event(id=None), None]), (EVENT, odds_event(id="b" * 32)), (EVENT, {})]
)
def test_of_a_paid_answer_without_anything_to_use_all_is_refused(job: Job, body: Any) -> None:
    with pytest.raises(
        UnusableAnswerError, match=r"^odds: left out \d events? that cannot be used \(first: "
    ):
        read(job, body)


def test_free_answers_lose_single_entries_too() -> None:
    listed = {"key": "golf_winner", "title": "Golf", "active": True, "has_outrights": True}
    sports: Sports = read(SportsJob(), [listed, {}, None, listed | {"key": "x" * 999}])
    assert ([sport.key for sport in sports.sports], sports.left_out.counts) == (
        ["golf_winner"],
        (("sport", 3),),
    )
    body = scores()
    body[0]["scores"][0]["score"] = 1e308
    found: Scores = read(ScoresJob("americanfootball_nfl"), [*body, {"id": 1}, body[1]])
    assert [(score.home_score, score.away_score) for score in found.scores] == [(24, None), (None, None)]
    assert dict(found.left_out.counts) == {"score": 1, "game": 2}


def test_the_next_games_of_all_sports_may_be_of_any_sport() -> None:
    assert len(read(EventsJob("upcoming"), [odds_event(), odds_event(id="b", sport_key="x")]).events) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "odds: the answer is empty"),
        (b"[{", "odds: the answer ends too soon"),
        (b'[{"id": none}]', "odds: the answer is not valid JSON from character 8 on (none}])"),
        (b"\xff\xfe\xfa", "odds: the answer is not valid JSON from character 0 on (\ufffd\ufffd\ufffd)"),
        (b"[" * 100_000, "odds: the answer is not valid JSON"),
        (
            f"<a href='/v4/odds?apiKey={KEY}'>".encode(),
            "odds: the answer is not valid JSON from character 0 on (<a href='/v4/odds)",
        ),
    ],
)
def test_what_is_no_json_is_refused_and_repeats_no_query_string(body: bytes, message: str) -> None:
    with pytest.raises(BrokenAnswerError) as caught:
        API.parse(BOARD, HttpResponse(200, {}, body))
    assert caught.value.message == message


# ── refusals ──


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("MISSING_KEY", 401, MissingKeyError),
        ("INVALID_KEY", 401, InvalidKeyError),
        ("DEACTIVATED_KEY", 401, DeactivatedKeyError),
        ("OUT_OF_USAGE_CREDITS", 401, OutOfCreditsError),
        ("OUT_OF_USAGE_CREDITS", 429, OutOfCreditsError),
        ("EXCEEDED_FREQ_LIMIT", 429, RateLimitedError),
        ("UNKNOWN_SPORT", 404, UnknownSportError),
        ("INVALID_SPORT", 422, UnknownSportError),
        ("INVALID_MARKET", 422, InvalidMarketError),
        ("INVALID_MARKET_COMBO", 422, InvalidMarketError),
        ("EVENT_NOT_FOUND", 404, EventGoneError),
        ("INVALID_EVENT_ID", 422, RejectedError),
        ("INVALID_EVENT_IDS", 422, RejectedError),
        ("MISSING_REGION", 422, RejectedError),
        ("HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN", 401, RejectedError),
        ("SOMETHING_NEW", 418, RejectedError),
        ("SOMETHING_NEW", 500, ServerError),
        ("INVALID_KEY", 200, InvalidKeyError),
    ],
)
def test_a_refusal_is_named_by_its_whole_code_then_by_its_status(
    code: str, status: int, kind: type[ProviderError]
) -> None:
    error = refused(status, refusal(code, "No such luck"))
    assert type(error) is kind
    assert error.message == f"odds: No such luck ({code}{f', HTTP {status}' if status >= 500 else ''})"


@pytest.mark.parametrize("message", [None, "", {"text": "No"}, [["No"]], True])
def test_a_message_that_is_no_text_is_not_shown(message: Any) -> None:
    assert (
        refused(422, refusal("INVALID_REGION", message)).message
        == "odds: refused without a reason (INVALID_REGION)"
    )


DOCUMENTED = """
MISSING_KEY INVALID_KEY DEACTIVATED_KEY EXCEEDED_FREQ_LIMIT OUT_OF_USAGE_CREDITS MISSING_REGION
INVALID_REGION INVALID_BOOKMAKERS
MISSING_MARKET INVALID_MARKET INVALID_MARKET_COMBO INVALID_DATE_FORMAT INVALID_ODDS_FORMAT
INVALID_ALL_SPORTS_PARAM INVALID_SPORT
UNKNOWN_SPORT INVALID_SCORES_DAYS_FROM INVALID_EVENT_IDS INVALID_EVENT_ID EVENT_NOT_FOUND
MISSING_HISTORICAL_TIMESTAMP
INVALID_HISTORICAL_TIMESTAMP INVALID_COMMENCE_TIME_FROM INVALID_COMMENCE_TIME_TO INVALID_COMMENCE_TIME_RANGE
HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN INVALID_PARTICIPANT_ID INVALID_INCLUDE_LINKS INVALID_INCLUDE_SIDS
INVALID_INCLUDE_BET_LIMITS
INVALID_INCLUDE_MULTIPLIERS INVALID_INCLUDE_ROTATION_NUMBERS HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE
INVALID_STATUS
"""
"""The provider's whole list (FACTS 1.5)."""


@pytest.mark.parametrize("status", [401, 404, 422])
def test_each_documented_code_is_one_kind_of_error_whatever_the_status_beside_it(status: int) -> None:
    kinds = {code: type(refused(status, refusal(code))) for code in DOCUMENTED.split()}
    own = {
        "MISSING_KEY": MissingKeyError,
        "INVALID_KEY": InvalidKeyError,
        "DEACTIVATED_KEY": DeactivatedKeyError,
        "EXCEEDED_FREQ_LIMIT": RateLimitedError,
        "OUT_OF_USAGE_CREDITS": OutOfCreditsError,
        "INVALID_MARKET": InvalidMarketError,
        "INVALID_MARKET_COMBO": InvalidMarketError,
        "INVALID_SPORT": UnknownSportError,
        "UNKNOWN_SPORT": UnknownSportError,
        "EVENT_NOT_FOUND": EventGoneError,
    }
    assert kinds == dict.fromkeys(DOCUMENTED.split(), RejectedError) | own


@pytest.mark.parametrize("status", [403, 429])
def test_credits_used_up_are_told_as_such_under_the_other_statuses_that_are_rumoured(status: int) -> None:
    assert type(refused(status, refusal("OUT_OF_USAGE_CREDITS"))) is OutOfCreditsError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, InvalidKeyError),
        (403, ForbiddenError),
        (404, RejectedError),
        (429, RateLimitedError),
        (500, ServerError),
        (503, ServerError),
        (302, BrokenAnswerError),
        (204, BrokenAnswerError),
    ],
)
@pytest.mark.parametrize("body", ["<html>", [], {"message": 7, "error_code": ["x"]}])
def test_without_a_code_the_status_names_it(status: int, kind: type[ProviderError], body: Any) -> None:
    error = refused(status, body)
    assert type(error) is kind
    assert f"(HTTP {status})" in error.message


@pytest.mark.parametrize(
    ("header", "retry_at"),
    [
        ("2", NOW + 2),
        ("0", NOW),
        ("Mon, 24 Nov 2025 16:01:30 GMT", NOW + 60),
        ("999999999", NOW + 86400),
        ("Tue, 24 Nov 2076 16:01:30 GMT", NOW + 86400),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_as_seconds_or_date_and_believed_for_a_day_at_most(
    status: int, header: str, retry_at: float | None
) -> None:
    assert refused(status, refusal("X"), retry_after=header).retry_at == retry_at


def test_no_retry_after_is_no_time() -> None:
    assert refused(429, refusal("EXCEEDED_FREQ_LIMIT")).retry_at is None


def test_the_providers_words_are_one_short_line_without_query_strings_and_control_characters() -> None:
    message = f"bad\n\x1b[31m https://api.example.org/v4?a=b&apiKey={KEY} apikey={KEY} " + "long " * 100
    error = refused(422, refusal("INVALID_REGION", message))
    assert KEY not in error.message
    assert error.message.startswith("odds: bad [31m https://api.example.org/v4 long long")
    assert len(error.message) < 240


# ── the balance ──


def balance(status: int = 200, **headers: str) -> Quota:
    return API.quota(
        HttpResponse(status, {f"x-requests-{name}": value for name, value in headers.items()}, b"")
    )


def test_the_balance_is_read_from_three_headers_each_of_which_may_be_missing() -> None:
    assert balance(used="12", remaining="488", last="3") == Quota(12, 488, 3)
    assert balance(remaining="488") == Quota(None, 488, None)
    assert balance() == Quota()


def test_a_balance_may_be_negative() -> None:
    assert balance(used="5000060", remaining="-60", last="0") == Quota(5_000_060, -60, 0)


@pytest.mark.parametrize(
    "garbage",
    ["", "many", "1.5", "inf", "nan", "12 credits", "1_2", "9" * 400, "1e308", "9" * 5000, "1e10", "١٢"],
)
def test_a_balance_that_is_no_whole_number_is_unknown_and_never_zero(garbage: str) -> None:
    assert balance(used=garbage, remaining="1", last=garbage) == Quota(None, 1, None)


@pytest.mark.parametrize(
    ("header", "absurd"),
    [("used", "-1"), ("used", "1000000001"), ("remaining", "-1e9999"), ("last", "100001")],
)
def test_a_balance_that_no_account_has_is_unknown(header: str, absurd: str) -> None:
    told: dict[str, Any] = {"used": "3", "remaining": "497", "last": "3"}
    assert getattr(balance(**told), header) == int(told[header])
    assert getattr(balance(**told | {header: absurd}), header) is None


def test_a_refusal_may_tell_the_balance() -> None:
    assert balance(401, last="0") == Quota(last=0)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_balance_of_a_server_error_is_not_believed(status: int) -> None:
    assert balance(status, used="0", remaining="0", last="0") == Quota()


# ── laws ──


@given(spoiled([*board(), *board()]))
def test_a_spoiled_board_is_read_or_refused(body: Any) -> None:
    found: Events | None = read_or_refused(lambda: read(BOARD, body), "odds")
    assert all(price.price > 1 for event in found.events for price in event.prices) if found else True


@given(spoiled(board()[0]))
def test_spoiled_odds_of_an_event_are_read_or_refused(body: Any) -> None:
    read_or_refused(lambda: read(EVENT, body), "odds")


@given(spoiled(scores()))
def test_spoiled_scores_are_read_or_refused(body: Any) -> None:
    read_or_refused(lambda: read(ScoresJob("x"), body), "odds")


@given(spoiled([{"key": "x", "title": "X", "active": True, "has_outrights": False}]))
def test_spoiled_sports_are_read_or_refused(body: Any) -> None:
    read_or_refused(lambda: read(SportsJob(), body), "odds")
