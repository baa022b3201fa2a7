"""Notes that prefetch keeps between runs: windows accounted for, failures, and messages already shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from oddsctl.domain.ports import JSON, Store
from oddsctl.store import codec, unreadable_rows

KEY = "prefetch/1"


@dataclass(frozen=True, slots=True)
class WindowFailure:
    """Why a window could not be captured at `at`, in one word."""

    why: str
    at: float


@dataclass(frozen=True, slots=True)
class PrefetchNotes:
    """Notes by sport. `began` is when results were first recorded, `accounted_to` when they last were.

    `failures` are by window, see `name_of`. `emergency_since` is when credits ran short; `told` when each
    one-time message was shown (epoch seconds).
    """

    began: dict[str, float] = field(default_factory=dict)
    accounted_to: dict[str, float] = field(default_factory=dict)
    failures: dict[str, WindowFailure] = field(default_factory=dict)
    emergency_since: float | None = None
    told: dict[str, float] = field(default_factory=dict)


def name_of(game: str, window: str) -> str:
    """Return the key of a game's window among the failures."""
    return f"{game} {window}"


class PrefetchNotesStore:
    """The notes, shared by all processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self) -> PrefetchNotes:
        """Return the current notes."""
        return unreadable_rows.read(self._store, KEY, decoded)

    def announce_once(self, topic: str, now: float, since: float = 0.0) -> bool:
        """Return True, once, if the topic was not announced since then, nor since it was `resolved`."""

        def tell(old: JSON) -> tuple[JSON, bool]:
            notes = decoded(old)
            if since <= notes.told.get(topic, -1.0) <= now:
                return old, False
            return codec.encode(replace(notes, told=notes.told | {topic: now})), True

        return self._store.update(KEY, tell)

    def resolved(self, topic: str) -> None:
        """Mark the topic as over, so that it is announced when it comes again."""
        if topic not in self.read().told:
            return
        self.change(
            lambda notes: replace(notes, told={name: at for name, at in notes.told.items() if name != topic})
        )

    def change(self, move: Callable[[PrefetchNotes], PrefetchNotes]) -> None:
        """Change the notes. Writes nothing, and waits for nothing, if they stay the same."""
        if move(seen := self.read()) == seen:
            return

        def change(old: JSON) -> tuple[JSON, None]:
            before = decoded(old)
            after = move(before)
            return (old if after == before else codec.encode(after)), None

        self._store.update(KEY, change)


def decoded(value: JSON) -> PrefetchNotes:
    """Decode the notes. Raises `StateError` when they cannot be read."""
    return unreadable_rows.salvaged(KEY, PrefetchNotes, value, "what prefetch remembers")
