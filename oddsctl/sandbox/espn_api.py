"""ESPN's scoreboard of the simulated world: its JSON, and its rules on User-Agents, days and limits. Pure.

Answers 404 to other paths, as ESPN does. Ignores `week` and `seasontype`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from itertools import islice

from oddsctl.domain.http import HttpResponse
from oddsctl.domain.ports import JSON
from oddsctl.sandbox.chance import roll
from oddsctl.sandbox.leagues import BY_ESPN_PATH, League
from oddsctl.sandbox.prices import BOOKS, Offer, american, offers
from oddsctl.sandbox.schedule import EASTERN, Game, eastern_day, season_of, week_of
from oddsctl.sandbox.teams import STATES, Stadium, Team, teams
from oddsctl.sandbox.wire import Ask, reply, utc
from oddsctl.sandbox.world import LISTED_AHEAD, Standing, World

HOUR_FIXED_AHEAD = 9 * 86400.0
"""Seconds before a college football game at which its hour is fixed; until then `timeValid` is false."""

_LIBRARIES = (
    "python-requests/",
    "Python-urllib/",
    "curl/",
    "python-httpx/",
    "Go-http-client/",
    "okhttp/",
    "axios/",
    "Python/",
)
_HONEST = re.compile(r"\S+/\S+ \(\+https?://[^\s)]+\)")
_DAY_FAILED = {"code": 400, "message": "Failed to get events endpoint."}
_RANKED = 12


def answer(world: World, ask: Ask, now: float) -> HttpResponse:
    """Return the requested scoreboard, or ESPN's refusal."""
    if not ask.agent.startswith(_LIBRARIES) and not _HONEST.fullmatch(ask.agent):
        return reply(403, "<html><body>Forbidden</body></html>")
    match = re.fullmatch(r"/apis/site/v2/sports/([^/]+)/([^/]+)/scoreboard/?", ask.path)
    if not match:
        return reply(404, {"code": 404})
    sport, slug = match.groups()
    league = BY_ESPN_PATH.get(f"{sport}/{slug}")
    if league is None:
        return reply(
            400, {"code": 400, "message": f"Bad Request: sport '{sport}' and/or league '{slug}' are invalid"}
        )
    try:
        days = _days(ask.query.get("dates", ""), league, now)
    except ValueError:
        return reply(400, _DAY_FAILED)
    limit = ask.query.get("limit", "")
    count = int(limit) if limit.isdigit() else 100
    games = islice(_asked_for(world, league, ask, days), 25 if count >= 600 else count)
    return reply(200, {**_header(league, ask, days), "events": [_event(world, game, now) for game in games]})


def _days(dates: str, league: League, now: float) -> range:
    """Return the Eastern days (ordinals) of a day, month or year; raise `ValueError` for anything else."""
    today = eastern_day(now)
    if not dates:
        first = week_of(today) * 7 + 2
        return range(first, first + 7) if league.weekly else range(today, today + 1)
    if not re.fullmatch(r"\d{4}|\d{6}|\d{8}", dates):
        raise ValueError(dates)
    year, month, day = int(dates[:4]), int(dates[4:6] or 1), int(dates[6:8] or 1)
    first = date(year, month, day).toordinal()
    length = {4: 366 if monthrange(year, 2)[1] == 29 else 365, 6: monthrange(year, month)[1], 8: 1}[
        len(dates)
    ]
    return range(first, first + length)


def _asked_for(world: World, league: League, ask: Ask, days: range) -> Iterator[Game]:
    """Return the games of these days; in college sports only those of ranked teams, unless `groups` asks for
    all.
    """
    everyone = not league.all_groups or ask.query.get("groups") in league.all_groups
    ranked = {team.id for team in teams(league.name)[:_RANKED]}
    for day in days:
        for game in world.games_on(league, day):
            if everyone or game.home.id in ranked or game.away.id in ranked:
                yield game


def _header(league: League, ask: Ask, days: range) -> dict[str, JSON]:
    """Return the fields above the events.

    Season and day appear only for a single day (or one week of football).
    """
    season, week = season_of(days[0])
    slug = league.espn_path.split("/")[1]
    about = {
        "id": str(league.number),
        "name": league.title,
        "abbreviation": league.title,
        "slug": slug,
        "season": {"year": season},
    }
    head: dict[str, JSON] = {"leagues": [about]}
    if len(days) <= 7:
        head["season"] = {"type": 2, "year": season}
        head |= (
            {"week": {"number": week}}
            if league.weekly
            else {"day": {"date": date.fromordinal(days[0]).isoformat()}}
        )
    if ask.query.get("groups") in league.all_groups:
        head["groups"] = [ask.query["groups"]]
    return head


# ── one event ──


def _event(world: World, game: Game, now: float) -> JSON:
    league, standing = game.league, world.standing(game, now)
    fixed = league.name != "ncaaf" or game.start - now <= HOUR_FIXED_AHEAD
    start = utc(game.start if fixed else _midnight(game.day), "%Y-%m-%dT%H:%MZ")
    season, week = season_of(game.day)
    status = _status(game, standing, now)
    competition: dict[str, JSON] = {
        "id": game.id,
        "date": start,
        "timeValid": fixed,
        "neutralSite": game.neutral,
        "conferenceCompetition": False,
        "venue": _venue(league.name, game.venue),
        "competitors": [_side(game.home, "home", standing.home), _side(game.away, "away", standing.away)],
        "notes": [{"type": "event", "headline": game.note}] if game.note else [],
        "status": status,
    }
    if standing.phase == "pre" and game.start - now <= LISTED_AHEAD:
        competition |= _line(world, game, now)
    head = {
        "id": game.id,
        "date": start,
        "name": f"{game.away.display} at {game.home.display}",
        "shortName": f"{game.away.abbreviation} @ {game.home.abbreviation}",
        "season": {"year": season, "type": 1, "slug": "preseason"}
        if game.is_preseason
        else {"year": season, "type": 2, "slug": "regular-season"},
    }
    if league.weekly:
        head["week"] = {"number": week}
    return {**head, "competitions": [competition], "status": status}


@cache
def _midnight(day: int) -> float:
    when = date.fromordinal(day)
    return datetime(when.year, when.month, when.day, tzinfo=EASTERN).timestamp()


@cache
def _venue(league: str, stadium: Stadium) -> JSON:
    """Return a venue with its address as ESPN writes it in this sport."""
    city, region = stadium.city.name, stadium.city.region
    country = "Canada" if stadium.city.country_code == "CA" else "USA"
    if region not in STATES:
        address = {"city": city, "country": region}
    elif league == "mlb":
        address = {"city": city, "state": STATES[region]}
    elif league == "mls":
        address = {"city": f"{city}, {STATES[region]}", "country": country}
    else:
        address = {"city": city, "state": region, "country": country}
    indoor = {} if stadium.indoor is None else {"indoor": stadium.indoor}
    return {"id": stadium.id, "fullName": stadium.name, "address": address, **indoor}


def _side(team: Team, where: str, score: int) -> JSON:
    return {"id": team.id, "type": "team", "homeAway": where, "score": str(score), "team": _team(team)}


@cache
def _team(team: Team) -> JSON:
    names = {
        "location": team.location,
        "name": team.name,
        "displayName": team.display,
        "shortDisplayName": team.name,
    }
    return {
        "id": team.id,
        "abbreviation": team.abbreviation,
        **names,
        "isActive": True,
        "venue": {"id": team.stadium.id},
    }


def _status(game: Game, standing: Standing, now: float) -> JSON:
    name, state, detail = {
        "pre": ("SCHEDULED", "pre", "Scheduled"),
        "in": ("IN_PROGRESS", "in", "In Progress"),
        "post": ("FINAL", "post", "Final"),
        "postponed": ("POSTPONED", "post", "Postponed"),
    }[standing.phase]
    if game.league.draws:
        half = (
            "FIRST_HALF"
            if standing.played < 0.45
            else "HALFTIME"
            if standing.played < 0.55
            else "SECOND_HALF"
        )
        name = {"IN_PROGRESS": half, "FINAL": "FULL_TIME"}.get(name, name)
    minutes = max(0, int((now - game.start) / 60)) if state == "in" else 0
    kind = {
        "name": f"STATUS_{name}",
        "state": state,
        "completed": standing.phase == "post",
        "description": detail,
    }
    period = 1 + int(2 * standing.played) if state == "in" else 2 if standing.phase == "post" else 0
    return {
        "clock": minutes * 60.0,
        "displayClock": f"{minutes}'" if game.league.draws else "0:00",
        "period": period,
        "type": {**kind, "detail": detail, "shortDetail": detail},
    }


# ── betting line ──


def _line(world: World, game: Game, now: float) -> dict[str, JSON]:
    """Return DraftKings' line as ESPN shows it; for games without one `[null]` or nothing."""
    book = BOOKS[0]
    today = {offer.market: offer for offer in offers(world, game, book, now)}
    if not today:
        return {"odds": [None]} if roll(world.seed, game.id, "null") < 0.5 else {}
    first = {offer.market: offer for offer in offers(world, game, book, game.start - LISTED_AHEAD)}
    line: dict[str, JSON] = {"provider": {"id": "100", "name": book.title, "priority": 1}}
    if "h2h" in today:
        line["moneyline"] = _open_and_close(first["h2h"], today["h2h"])
    if "spreads" in today:
        spread = next(point or 0.0 for side, _, point in today["spreads"].outcomes if side == "home")
        favourite = game.home if spread < 0 else game.away
        line |= {
            "spread": spread,
            "details": f"{favourite.abbreviation} {-abs(spread):g}" if spread else "EVEN",
        }
        line["pointSpread"] = _open_and_close(first["spreads"], today["spreads"])
    if "totals" in today:
        line["overUnder"] = today["totals"].outcomes[0][2]
        line["total"] = _open_and_close(first["totals"], today["totals"])
    return {"odds": [line]}


def _open_and_close(first: Offer, today: Offer) -> JSON:
    sides: dict[str, dict[str, JSON]] = {}
    for moment, offer in (("close", today), ("open", first)):
        for side, price, point in offer.outcomes:
            mark = {"over": "o", "under": "u"}.get(side, "+" if (point or 0) > 0 else "")
            line = {} if point is None else {"line": f"{mark}{point:g}"}
            sides.setdefault(side, {})[moment] = {**line, "odds": _moneyline(price)}
    return sides


def _moneyline(price: float) -> str:
    whole = american(price)
    return "EVEN" if whole == 100 else f"{whole:+}"
