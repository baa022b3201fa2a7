"""`doctor --repair`: sets right what the examination found, as far as that is ours.

Deletes nothing but caches and leftovers.

Damaged databases are moved aside and replaced by new ones with every readable row. Recovered accounts keep
their balance but are not trusted: as after any loss, scheduled calls wait until the provider reports it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from oddsctl.doctor.findings import Finding, Subject, ok, problem
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.ports import JSON, Clock
from oddsctl.records.database import FILE, RecordsDatabase
from oddsctl.state.accounts import APIS, BOOKS, DAMAGED, Accounts
from oddsctl.state.counters import CounterStore
from oddsctl.state.prefetch_notes import PrefetchNotesStore
from oddsctl.state.queue import RequestQueue
from oddsctl.store.create_or_replace import LOGS, WORKSHOP, move_aside, recovered
from oddsctl.store.database import DATABASE
from oddsctl.store.read_only import damage
from oddsctl.store.recovering import RecoveringStore
from oddsctl.store.state_dir import HTTP_CACHE

LOCK_WAIT = 10.0
"""Seconds to wait for another running process."""


def repair(subject: Subject, clock: Clock) -> list[Finding]:
    """Return what was repaired, and what could not be."""
    directory = subject.state_dir
    if not directory.is_dir():
        return []
    steps: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _close_to_others(subject),
        lambda: _clear_leftovers(directory),
        lambda: _renew_cache(directory, clock),
        lambda: _renew_history(directory, clock),
        lambda: _drop_http_cache(directory),
        lambda: _mend_rows(subject, clock),
    )
    return [finding for step in steps for finding in _done(step)]


def _done(step: Callable[[], Iterator[str]]) -> Iterator[Finding]:
    try:
        for text in step():
            yield ok("repair", text)
    except OddsctlError as error:
        yield problem(
            "repair",
            f"not repaired: {error.message}",
            error.hint or "see to it, then run `oddsctl doctor --repair` again",
        )
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        yield problem("repair", f"not repaired: {where}{error.strerror}", "check its owner and permissions")


def _close_to_others(subject: Subject) -> Iterator[str]:
    """Make our own files and directories private."""
    directory = subject.state_dir
    for path in (directory, *sorted(directory.rglob("*")), *subject.logs):
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
            continue
        needed = 0o700 if stat.S_ISDIR(found.st_mode) else 0o600
        if stat.S_IMODE(found.st_mode) & 0o077 or stat.S_IMODE(found.st_mode) & needed != needed:
            path.chmod(needed)
            yield f"{path} is for you alone now (mode {needed:04o})"


def _clear_leftovers(directory: Path) -> Iterator[str]:
    """Delete what a process left behind that died while it made a database."""
    import shutil

    if (directory / WORKSHOP).is_dir():
        shutil.rmtree(directory / WORKSHOP)
        yield f"{directory / WORKSHOP} is cleared away"


def _renew_cache(directory: Path, clock: Clock) -> Iterator[str]:
    kept: list[int] = []

    def rows() -> Mapping[str, JSON]:
        aside = max(directory.glob(f"{DATABASE}.damaged-*Z"))
        found = recovered(aside)
        kept.append(len(found))
        return {key: _not_trusted(value) for key, value in found.items() if key.startswith(BOOKS)} | {
            DAMAGED: clock.now()
        }

    if (directory / DATABASE).exists() and (aside := move_aside(directory, clock, LOCK_WAIT, rows)):
        yield (
            f"{DATABASE} was damaged: moved aside to {aside}; {kept[0]:,} of its rows could be read and "
            "were kept, scheduled calls are paused until the provider reports the balance"
        )


def _not_trusted(books: JSON) -> JSON:
    """Mark an account as suspect: scheduled calls wait until the provider's balance is compared."""
    if isinstance(books, dict) and isinstance(credits := books.get("credits", {}), dict):
        return {**books, "credits": {**credits, "suspect": True}}
    return books


def _renew_history(directory: Path, clock: Clock) -> Iterator[str]:
    told: list[str] = []
    if (directory / FILE).exists():
        records = RecordsDatabase(directory, clock, told.append)
        try:
            records.repair()
        finally:
            records.close()
    yield from told


def _drop_http_cache(directory: Path) -> Iterator[str]:
    cache = directory / HTTP_CACHE
    with suppress(sqlite3.OperationalError):
        if cache.exists() and damage(cache):
            for end in (*LOGS, ""):
                cache.with_name(f"{cache.name}{end}").unlink(missing_ok=True)
            yield f"{cache} was damaged and is deleted: it only saves bytes on the wire"


def _mend_rows(subject: Subject, clock: Clock) -> Iterator[str]:
    """Read the rows that the program depends on; the store keeps unreadable ones aside and reports them."""
    directory, told = subject.state_dir, list[str]()

    def hear(notice: Notice) -> None:
        if isinstance(notice, Warned):
            told.append(notice.text)

    if not any((directory / name).exists() for name in (DATABASE, FILE)):
        return
    store = RecoveringStore(directory, clock, LOCK_WAIT, hear, lost_key=DAMAGED, books=BOOKS, traces=(FILE,))
    try:
        accounts, room = Accounts(store, clock, subject.loaded.settings), RequestQueue(store, clock)
        for api in APIS:
            for key in list(store.scan(f"accounts/{api}/")):
                accounts.state(api, key.removeprefix(f"accounts/{api}/"))
        PrefetchNotesStore(store).read()
        CounterStore(store).read()
        freed = room.free_overdue()
    finally:
        store.close()
    yield from told
    if freed:
        yield f"the queue: requests that a process took up and did not finish are free again: {freed}"
