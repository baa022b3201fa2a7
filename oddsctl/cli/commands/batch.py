"""`oddsctl batch`: many requests, one JSON object a line, answered in their order."""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oddsctl.cli import options
from oddsctl.cli.context import DEFAULT_WAIT, CliContext
from oddsctl.domain.errors import UsageError
from oddsctl.domain.requests import RequestOptions

if TYPE_CHECKING:
    from oddsctl.services.batch import BatchAnswer, BatchCost
    from oddsctl.services.batch_file import BadRequest


def batch(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines; - reads standard input.")],
    dry_run: options.DryRun = False,
    max_credits: options.MaxCredits = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue an interrupted batch; request only what is left."),
    ] = False,
    force: options.Force = False,
    wait: options.Wait = DEFAULT_WAIT,
    shutdown_timeout: options.ShutdownTimeout = None,
    strict: options.Strict = False,
) -> int:
    """Answer many requests by the fewest calls. One JSON object a line in, one a line out, in the same
    order.
    """
    from oddsctl.render.documents import bad_line, batch_line
    from oddsctl.services.batch import BatchProgress, answer, bill
    from oddsctl.services.batch_file import read

    session: CliContext = context.obj
    texts = _texts(file)
    loaded = session.load({}, force=force)
    bad: list[BadRequest] = []
    lines = read(texts, loaded.settings, None if force else lambda: session.shown(loaded), bad)
    if bad:
        more = f" (and {len(bad) - 1} more invalid lines)" if len(bad) > 1 else ""
        session.warn(f"not asked: {bad[0].error.message}{more}")
    requests = [line.request for line in lines]
    terms = RequestOptions(wait=wait, force=force, max_credits=max_credits, command="batch")
    with session.app(loaded, wait=wait, shutdown=shutdown_timeout) as app:
        terms = replace(terms, until=app.patience.until)
        if dry_run:
            previews = app.orchestrator.dry_run.preview(requests, terms)
            return options.show_plan(session, [(preview.job.api, preview) for preview in previews])
        with session.alerts(app):
            resumption = BatchProgress(app.state.store, app.clock, texts)
            age = resumption.age() if resume else None
            if resume and age is None:
                session.say("nothing to resume: this batch was not interrupted; starting from the beginning")
            resumption.begin(resuming=age is not None)
            with ExitStack() as stack:
                _show_progress(session, stack)
                outcomes = app.orchestrator.run(
                    requests, terms if age is None else replace(terms, max_age=age)
                )
            now = app.clock.now()
            answers = [answer(line, outcome, now) for line, outcome in zip(lines, outcomes, strict=True)]
            _write(
                [batch_line(answered, now) for answered in answers],
                [(one.before, bad_line(one)) for one in bad],
            )
            app.orchestrator.best_effort(resumption.finish)
            for text in dict.fromkeys(text for answered in answers for text in answered.warnings):
                session.warn(text)
            session.say(_cost_in_words(bill(lines, app.orchestrator)))
    return _code(answers, strict=strict)


def _write(lines: list[str], bad: list[tuple[int, str]]) -> None:
    """All lines, the bad ones in their place. Now: what was paid for is shown before anything else can
    fail.
    """
    for before, text in reversed(bad):
        lines.insert(before, text)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _texts(file: str) -> list[str]:
    """The lines; a byte that is not UTF-8 becomes a lone surrogate and spoils its own line alone."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror})", hint="name a file, or - for standard input"
        ) from None
    return re.split("\r?\n|\r", raw.decode("utf-8-sig", "surrogateescape"))


def _show_progress(session: CliContext, stack: ExitStack) -> None:
    if sys.stderr.isatty() and not session.quiet:
        from oddsctl.render.console import bar, console

        session.listeners.append(
            stack.enter_context(bar(console(sys.stderr, os.environ, animated=True), "wishes"))
        )


def _cost_in_words(cost: BatchCost) -> str:
    return (
        f"{cost.lines} requests -> {cost.calls} calls, {cost.credits} credits "
        f"(one by one: {cost.calls_apart} calls, {cost.credits_apart} credits)"
    )


def _code(answers: list[BatchAnswer], *, strict: bool) -> int:
    """0, also where single lines have none but their error; the worst error's code where no line has an
    answer.
    """
    errors = [answered.error for answered in answers]
    if errors and all(errors):
        return max(error.exit_code for error in errors if error)
    return (
        options.STRICTLY_INCOMPLETE
        if strict and any(answered.outcome.reason.fails_strict for answered in answers)
        else 0
    )
