"""`oddsctl doctor`: is this installation well, and what is to be done if it is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import LockTimeoutError, StateError

if TYPE_CHECKING:
    from oddsctl.doctor import Finding, Subject
    from oddsctl.domain.notices import Notice
    from oddsctl.domain.ports import Clock

UNWELL = 3
"""The exit code when there is a problem; warnings alone are none."""


def doctor(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Send no requests: skip the free call that checks the clock.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE.tar.gz", help="Write a support archive without secrets."),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Fix what is found: permissions, damaged databases (moved aside, readable rows kept), "
            "leases.",
        ),
    ] = False,
) -> None:
    """Check key, permissions, clock, disk, databases, locks and versions, and search our own files for the
    key.

    Changes nothing without --repair.
    """
    from oddsctl.clock import SystemClock
    from oddsctl.doctor import DoctorReport, Severity, Subject, examine, worst
    from oddsctl.render.documents_usage import doctor_document

    session, clock = context.obj, SystemClock()
    state_dir = session.loaded.settings.store.state_dir
    subject = Subject(
        session.loaded, state_dir / "demo" if session.demo else state_dir, os.environ, session.demo
    )
    mended = _repaired(subject, clock) if repair else []
    findings = mended + examine(subject, clock)
    usage: dict[str, Any] = {}
    if (bundle and os.access(subject.state_dir, os.F_OK)) or not offline:
        more, usage = _with_the_state_open(session, findings, offline=offline)
        findings += more
    report = DoctorReport(findings, subject.state_dir, clock.now())
    told = doctor_document(report) | session.demo_field
    _show(session, told)
    if bundle:
        from oddsctl.doctor.bundle import write

        write(bundle, subject, {"doctor": told, "stats": usage}, clock.now())
        session.say(f"{bundle} written; review it before you share it")
    if worst(findings) is Severity.PROBLEM:
        raise typer.Exit(UNWELL)


def _repaired(subject: Subject, clock: Clock) -> list[Finding]:
    """Return what was repaired, or that there was nothing to repair."""
    from oddsctl.doctor.findings import ok
    from oddsctl.doctor.repair import repair

    return repair(subject, clock) or [ok("repair", "nothing needed repair")]


def _with_the_state_open(
    session: CliContext, findings: list[Finding], *, offline: bool
) -> tuple[list[Finding], dict[str, Any]]:
    """What takes an open state: the call that tells the time, and the numbers of `stats`."""
    from oddsctl.doctor import Severity, clock, is_usable
    from oddsctl.doctor.findings import problem, warning
    from oddsctl.render.documents_usage import stats_document
    from oddsctl.services.stats import collect

    if not is_usable(findings):
        return [warning("clock", "not compared: the state has problems", "fix the other problems first")], {}
    heard: list[Notice] = []
    session.listeners.append(heard.append)
    has_key = any(finding.check == "key" and finding.state is Severity.OK for finding in findings)
    try:
        with session.app() as app:
            more = (
                []
                if offline
                else list(
                    clock.examine(app.orchestrator.run, heard, app.clock, has_key=has_key, demo=session.demo)
                )
            )
            stats = collect(app.state, app.ledger)
            return more, stats_document(stats)
    except (StateError, LockTimeoutError) as error:
        return [
            problem("state", error.message, error.hint or "name another directory in store.state_dir")
        ], {}


def _show(session: CliContext, document: dict[str, Any]) -> None:
    if session.format == "table":
        from oddsctl.render.console import console
        from oddsctl.render.doctor import show_doctor

        show_doctor(console(sys.stdout, os.environ), document, demo=session.demo)
    else:
        session.write(document)
