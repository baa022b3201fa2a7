"""Reads the requests of a batch file, one JSON object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from oddsctl.catalog import sports
from oddsctl.domain import board, scoreboards, suggest, vocabulary
from oddsctl.domain.errors import UsageError, one_line
from oddsctl.domain.jobs import ForecastJob, Job
from oddsctl.domain.models import Place, Sport, Units
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.requests import Priority, PriorityRequest
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import DAY
from oddsctl.domain.vocabulary import NameKind, ShownNames
from oddsctl.providers import json_values
from oddsctl.services import batch_line

LONGEST_QUOTE = 200
"""Letters of a line that an error repeats at the most."""
FIELDS = {
    "odds": ("sport", "markets", "regions", "bookmakers", "event", "priority"),
    "espn": ("sport", "date", "priority"),
    "weather": ("latitude", "longitude", "time", "priority"),
}


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One line of the input: the request, and what is needed to answer it.

    `id` is the JSON of any value, given back as it came; the line's number where there is none. `time` is the
    hour of a weather request, `day` the US Eastern day (YYYYMMDD) of a schedule, which may be cut from its
    month.
    """

    id: str
    request: PriorityRequest
    sport: Sport | None = None
    time: float | None = None
    day: str | None = None


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A line that cannot be asked for; so many good lines stand `before` it. `id` is as in `BatchRequest`."""

    id: str
    before: int
    error: UsageError


def read(
    lines: Iterable[str],
    settings: Settings,
    shown: Callable[[], ShownNames] | None = ShownNames,
    bad: list[BadRequest] | None = None,
) -> list[BatchRequest]:
    """Return the requests of the input, without blank lines; bad lines go into `bad`.

    Where that is not given, or no line is good, raises one `UsageError` that names the first bad line and how
    many there are. `shown` are the names that answers have shown, asked for only where ours do not do; None:
    all names are accepted.
    """
    good: list[BatchRequest] = []
    bad_lines: list[BadRequest] = []
    for number, text in enumerate(lines, 1):
        if not text.strip("\ufeff \t\r"):
            continue
        given = str(number)
        try:
            value = batch_line.parse(_utf8(text))
            given = batch_line.text_of(value.get("id", number))
            good.append(_RequestReader(value, given, settings, shown).line())
        except UsageError as error:
            message = f"line {number}: {one_line(error)}"
            bad_lines.append(BadRequest(given, len(good), UsageError(message)))
    if bad_lines and (bad is None or not good):
        more = f" (and {len(bad_lines) - 1} more invalid lines)" if len(bad_lines) > 1 else ""
        raise UsageError(bad_lines[0].error.message + more, hint="nothing was asked")
    if bad is not None:
        bad += bad_lines
    return good


def _utf8(text: str) -> str:
    """The line.

    Bytes that are not UTF-8 come as lone surrogates, as Python decodes file names: raises `UsageError`.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("not valid UTF-8") from None
    return text


class _RequestReader:
    """One line of input."""

    def __init__(
        self, value: dict[str, Any], given: str, settings: Settings, shown: Callable[[], ShownNames] | None
    ) -> None:
        self._settings = settings
        self._shown = shown
        self._value = {name: one if name == "id" else batch_line.plain(one) for name, one in value.items()}
        self._id = given

    def line(self) -> BatchRequest:
        """Return the request. Raises `UsageError`."""
        api = self._value.get("api")
        if not isinstance(api, str) or api not in FIELDS:
            raise UsageError('"api" must be "odds", "espn" or "weather"')
        if unknown := set(self._value) - {"id", "api", *FIELDS[api]}:
            fields = f"it knows {' '.join(FIELDS[api])}"
            raise UsageError(
                f"{api} knows no {' '.join(sorted(unknown))[:LONGEST_QUOTE]}",
                hint=suggest.did_you_mean(min(unknown), FIELDS[api], fields),
            )
        match api:
            case "odds":
                sport = self._sport()
                if not sport.odds_key:
                    raise UsageError(f"{sport.name} has no odds")
                event = self._value.get("event")
                if event is not None and not (isinstance(event, str) and event.isascii() and event.isalnum()):
                    raise UsageError('"event" must be an id of The Odds API')
                regions, books = self._whose_books()
                markets = self._markets(sport)
                job: Job = OddsJob(sport.odds_key, markets, regions, books, event)
                return BatchRequest(self._id, self._request(job), sport)
            case "espn":
                sport = self._sport()
                date = str(self._value.get("date", "")).replace("-", "")
                if not sport.espn_path or not (
                    len(date) == 8
                    and date.isascii()
                    and date.isdigit()
                    and json_values.instant(f"{date[:4]}-{date[4:6]}-{date[6:]}")
                ):
                    raise UsageError('"date" must be a day like "2026-11-26", of a sport that ESPN has')
                return BatchRequest(
                    self._id, self._request(scoreboards.day_job(sport, date)), sport, day=date
                )
            case _:
                return self._weather(self._settings.weather.units)

    def _weather(self, units: Units) -> BatchRequest:
        time = json_values.instant(self._value.get("time"))
        latitude, longitude = (
            json_values.number(self._value.get(name)) for name in ("latitude", "longitude")
        )
        if time is None or latitude is None or longitude is None:
            raise UsageError('weather needs "latitude", "longitude" and a "time" like "2026-11-26T18:00:00Z"')
        try:
            place = Place(latitude, longitude)
        except ValueError as error:
            raise UsageError(str(error)) from None
        days = [int(stamp // DAY) for stamp in board.weather_hours(time)]
        return BatchRequest(
            self._id, self._request(ForecastJob((place,), min(days), max(days), units)), time=time
        )

    def _request(self, job: Job) -> PriorityRequest:
        name = str(self._value.get("priority", "normal")).upper()
        if name not in Priority.__members__:
            raise UsageError(f'"priority" must be one of {" ".join(Priority.__members__).lower()}')
        return PriorityRequest(job, Priority[name])

    def _sport(self) -> Sport:
        return sports.find(str(self._value.get("sport", ""))[:LONGEST_QUOTE], self._settings.sports)

    def _markets(self, sport: Sport) -> tuple[str, ...]:
        """The markets; outrights are all that a sport without games has."""
        if not sport.has_only_outrights:
            return self._words("markets", NameKind.MARKET, self._settings.odds.markets)
        markets = self._words("markets", NameKind.MARKET, vocabulary.DEFAULT_OUTRIGHTS)
        if self._shown and not set(markets) <= vocabulary.OUTRIGHTS:
            raise UsageError(
                f"{sport.name} has no games, only outrights", hint=f'leave "markets" out{vocabulary.FORCE}'
            )
        return markets

    def _whose_books(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Regions and books; regions that the line names push aside the books of the configuration."""
        odds = self._settings.odds
        regions = self._words("regions", NameKind.REGION, odds.regions)
        return regions, self._words(
            "bookmakers", NameKind.BOOK, () if "regions" in self._value else odds.bookmakers
        )

    def _words(self, name: str, kind: NameKind, default: tuple[str, ...]) -> tuple[str, ...]:
        if name not in self._value:
            return default
        value = self._value[name]
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise UsageError(f'"{name}" must be a list of texts')
        words = [word for text in texts for word in vocabulary.split(text, kind)]
        of_event = self._value.get("event") is not None
        found = vocabulary.read(kind, words, of_event=of_event)
        if not found.names or found.malformed:
            raise UsageError(
                f'"{name}" must be names of letters, digits and _',
                hint="such as h2h,totals or draftkings,fanduel",
            )
        if found.unknown and self._shown:
            found = vocabulary.read(kind, words, self._shown(), of_event=of_event)
            for unknown in found.unknown:
                hint = f"{unknown.remedy}{vocabulary.FORCE}"
                raise UsageError(f'"{name}": {unknown.word!r} is not a known {kind}', hint=hint)
        return found.names
