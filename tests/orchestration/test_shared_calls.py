"""Calls that several wishes share, against a provider that answers as The Odds API does: what each wish gets,
and what a refusal costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.answers import Events
from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Price
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason, RequestOptions
from oddsctl.domain.settings import OddsSettings, Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import batching, freshness
from oddsctl.providers.the_odds_api import TheOddsApiProvider
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore
from tests.fakes import FakeClock, answer

SPORT = "americanfootball_nfl"
BOOKS = {
    "us": (
        "draftkings",
        "fanduel",
        "brand_new_us",
        "hardrockbet",
    ),  # hardrockbet: listed under us2, moved since
    "us2": ("ballybet", "brand_new_us2", "draftkings"),
    "eu": ("pinnacle", "unheard_of_eu"),
    "us_ex": ("novig", "brand_new_ex"),
}
"""The provider's truth, which is not our list."""
MARKETS = ("h2h", "spreads", "totals")
EXCHANGES = ("novig", "brand_new_ex")
GAMES = {"e1": MARKETS, "e2": ("h2h",)}


class Server:
    """The Odds API for one sport, with its refusals; `asked` is every request that came."""

    def __init__(
        self, markets: Sequence[str] = MARKETS, regions: Sequence[str] = tuple(BOOKS), *, coded: bool = True
    ) -> None:
        self.clock = FakeClock()
        self.markets, self.regions, self.coded = markets, regions, coded
        self.asked: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.used = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        self.clock.sleep(0.1)
        self.asked.append((request.url, request.params))
        response = self._respond(request.url, dict(request.params))
        return replace(response, sent_at=self.clock.now() - 0.1, received_at=self.clock.now())

    def close(self) -> None:
        pass

    def _respond(self, url: str, params: dict[str, str]) -> HttpResponse:
        if f"/sports/{SPORT}/" not in url:
            return self._refuse(404, "UNKNOWN_SPORT")
        markets = params["markets"].split(",")
        regions = params["regions"].split(",") if "regions" in params else []
        if not set(regions) <= set(self.regions):
            return self._refuse(422, "INVALID_REGION")
        if not set(markets) <= set(self.markets):
            return self._refuse(422, "INVALID_MARKET")
        books = (
            params["bookmakers"].split(",")
            if "bookmakers" in params
            else [book for region in regions for book in BOOKS[region]]
        )
        events = [_event(game, markets, sorted(set(books))) for game in GAMES]
        last = len(markets) * (len(regions) or -(-len(books) // 10))
        self.used += last
        body = (
            next((event for event in events if f"/events/{event['id']}/" in url), None)
            if "/events/" in url
            else events
        )
        return answer(
            body, x_requests_used=self.used, x_requests_remaining=99_000 - self.used, x_requests_last=last
        )

    def _refuse(self, status: int, code: str) -> HttpResponse:
        return answer({"message": "no", "error_code": code if self.coded else "SOMETHING_NEW"}, status)


def _event(game: str, markets: Sequence[str], books: Sequence[str]) -> dict[str, object]:
    def market(key: str) -> dict[str, object]:
        return {"key": key, "outcomes": [{"name": "Home", "price": 1.9}, {"name": "Away", "price": 1.9}]}

    def offered(book: str) -> list[str]:
        return [key for key in markets if key in GAMES[game]] + (
            ["h2h_lay"] if book in EXCHANGES and "h2h" in markets else []
        )

    return {
        "id": game,
        "sport_key": SPORT,
        "commence_time": "2026-11-25T18:00:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [{"key": book, "markets": [market(key) for key in offered(book)]} for book in books],
    }


class House:
    """The orchestrator with the real provider code, before that server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.store = MemoryStore()

    def ask(self, *jobs: Job, terms: RequestOptions = RequestOptions()) -> list[Outcome]:  # noqa: B008 - frozen
        settings = replace(Settings(), odds=OddsSettings(rate=1000, burst=1000, monthly_credits=99_000))
        orchestrator = RequestOrchestrator(
            SharedState(Path(), self.store, MemoryLocks(), self.server.clock, settings),
            roll=lambda: 0.5,
            transport=self.server,
            providers={"odds": TheOddsApiProvider("https://odds.test", lambda: Secret("k"))},
            tell=lambda _: None,
        )
        return orchestrator.run([PriorityRequest(job) for job in jobs], terms)


def prices(outcome: Outcome) -> set[tuple[str, Price]]:
    assert isinstance(outcome.answer, Events), outcome
    return {(event.id, price) for event in outcome.answer.events for price in event.prices}


markets = st.lists(st.sampled_from(MARKETS), min_size=1, unique=True).map(tuple)
jobs = st.builds(
    OddsJob,
    st.just(SPORT),
    markets,
    st.lists(st.sampled_from(sorted(BOOKS)), min_size=1, unique=True).map(tuple),
    st.one_of(
        st.just(()),
        st.lists(
            st.sampled_from([book for books in BOOKS.values() for book in books]), min_size=1, unique=True
        ).map(tuple),
    ),
    st.one_of(st.none(), st.sampled_from(sorted(GAMES))),
)


@given(st.lists(jobs, min_size=1, max_size=6), st.lists(jobs, max_size=2))
def test_each_wish_gets_every_price_that_the_provider_would_have_answered_to_it_alone(
    wishes: list[OddsJob], before: list[OddsJob]
) -> None:
    """However the wishes are merged, and whatever larger answer is stored; and together they never cost more
    than one by one.
    """
    house = House(Server())
    house.ask(*before)
    spent = house.server.used
    outcomes = house.ask(*wishes)
    alone = {job: House(Server()) for job in wishes}
    for job, outcome in zip(wishes, outcomes, strict=True):
        (expected,) = alone[job].ask(job)
        assert prices(expected) <= prices(outcome)
    assert house.server.used - spent <= sum(one.server.used for one in alone.values())


@pytest.mark.parametrize("other", ["us2", "eu", "us_ex"])
def test_regions_are_asked_apart_where_merging_saves_nothing_so_that_each_answer_is_exact(other: str) -> None:
    house = House(Server())
    wishes = [OddsJob(SPORT, MARKETS, ("us",)), OddsJob(SPORT, MARKETS, (other,))]
    found = [{price.bookmaker for _, price in prices(outcome)} for outcome in house.ask(*wishes)]
    assert found == [set(BOOKS["us"]), set(BOOKS[other])]
    assert house.server.used == 6


def test_a_stored_board_of_more_regions_saves_the_credits_and_keeps_all_its_books() -> None:
    house = House(Server())
    house.ask(OddsJob(SPORT, MARKETS, ("us", "us2")))
    (outcome,) = house.ask(OddsJob(SPORT, ("h2h",), ("us",)))
    assert outcome.reason is Reason.SUPERSET_CACHE
    assert {price.bookmaker for _, price in prices(outcome)} == {*BOOKS["us"], *BOOKS["us2"]}
    assert house.server.used == 6


# ── refusals ──


def boards(*, sport: str = SPORT, n: int = 6) -> list[OddsJob]:
    kinds = [
        OddsJob(sport, ("h2h",), ("us",)),
        OddsJob(sport, ("spreads",), ("us",)),
        OddsJob(sport, ("totals",), ("us",)),
        OddsJob(sport, ("h2h",), ("eu",)),
        OddsJob(sport, ("h2h",), (), ("draftkings",)),
        OddsJob(sport, ("h2h",), ("us",), (), "e1"),
    ]
    return kinds[:n]


@pytest.mark.parametrize("fresh", [False, True])
def test_an_unknown_sport_is_asked_for_once_whatever_is_wanted_of_it(fresh: bool) -> None:
    house = House(Server())
    outcomes = house.ask(*boards(sport="curling"), terms=RequestOptions(fresh=fresh))
    assert {outcome.detail for outcome in outcomes} == {"UNKNOWN_SPORT"}
    assert len(house.server.asked) == 1
    outcomes = house.ask(OddsJob("curling", ("h2h_lay",), ("uk",)), *boards(sport="curling"))
    assert {outcome.reason for outcome in outcomes} == {Reason.NEGATIVE_CACHE}
    assert len(house.server.asked) == 1


@pytest.mark.parametrize("coded", [True, False])
def test_one_bad_market_among_six_costs_only_itself(coded: bool) -> None:
    house = House(Server(coded=coded))
    wishes = [
        OddsJob(SPORT, (market,), ("us",)) for market in ("h2h", "spreads", "totals", "props", "h2h_lay")
    ]
    house.server.markets = ("h2h", "spreads", "totals", "h2h_lay")
    outcomes = house.ask(*wishes)
    assert [outcome.reason for outcome in outcomes] == [*[Reason.FETCHED] * 3, Reason.NONE, Reason.FETCHED]
    assert len(set(house.server.asked)) == len(house.server.asked) <= 2 * len(wishes) - 1
    calls = len(house.server.asked)
    assert [outcome.reason for outcome in house.ask(*wishes)][3] is Reason.NEGATIVE_CACHE
    assert len(house.server.asked) == calls


@pytest.mark.parametrize("n", [1, 2, 6, 40])
def test_a_region_that_all_share_is_refused_once_for_all(n: int) -> None:
    house = House(Server(markets=[f"m{i}" for i in range(n)]))
    outcomes = house.ask(*(OddsJob(SPORT, (f"m{i}",), ("usa",)) for i in range(n)))
    assert {outcome.reason for outcome in outcomes} == {Reason.NONE}
    assert len(house.server.asked) == 1
    assert house.ask(OddsJob("icehockey_nhl", ("h2h",), ("usa",)))[0].reason is Reason.NEGATIVE_CACHE


def test_a_refusal_of_everything_ends_after_so_many_calls() -> None:
    house = House(Server(markets=(), coded=False))
    outcomes = house.ask(*(OddsJob(SPORT, (f"m{i}",), ("us",)) for i in range(100)))
    assert {outcome.reason for outcome in outcomes} == {Reason.NONE}
    assert len(house.server.asked) <= 1 + freshness.MOST_NARROWINGS


@given(
    st.lists(jobs, min_size=1, max_size=8, unique=True),
    st.sets(st.sampled_from([*MARKETS, *BOOKS])),
    st.booleans(),
)
def test_after_a_refusal_nothing_is_asked_twice_and_all_that_is_good_is_answered(
    wishes: list[OddsJob], bad: set[str], coded: bool
) -> None:
    """Bounded, whatever is refused; a wish ends with an answer or with a refusal of a call that it shared."""
    server = Server(
        [market for market in MARKETS if market not in bad],
        [region for region in BOOKS if region not in bad],
        coded=coded,
    )
    house = House(server)
    outcomes = house.ask(*wishes)
    assert len(set(server.asked)) == len(server.asked)
    assert len(server.asked) <= 2 * len(wishes) - 1
    for job, outcome in zip(wishes, outcomes, strict=True):
        assert (outcome.answer is not None) == bad.isdisjoint(job.markets + job.regions)


@given(st.lists(jobs, min_size=2, max_size=8, unique=True), st.sampled_from([None, *freshness.ABOUT]))
def test_what_is_still_asked_differs_from_what_was_refused(wishes: list[OddsJob], about: str | None) -> None:
    for call in batching.plan_calls(wishes):
        bad = freshness.part(call.job, about)
        still = freshness.narrowed(call.job, call.requests, about)
        assert all(freshness.part(one.job, about) != bad for one in still)
        left = [want for want in call.requests if freshness.part(want, about) != bad]
        assert sorted(want.key for one in still for want in one.requests) == sorted(want.key for want in left)
