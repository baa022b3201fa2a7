"""Resolve `odds.key` (env:, file: or cmd:) to the key.

Nothing that was read may appear in an error, a log or a repr.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from oddsctl.config.bounded_read import drained, read_file, within
from oddsctl.domain.api_key import UnusableKeyError, cleaned
from oddsctl.domain.errors import ConfigError
from oddsctl.domain.http import Secret
from oddsctl.domain.provider_errors import MissingKeyError

_MOST = 65536
"""Most bytes to read of a key file or of a command's output."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""First bytes of a file written by PowerShell."""
_GRACE = 1.0
"""Seconds a terminated command has to end before it is killed."""


def resolve_key(spec: str, env: Mapping[str, str], *, patience: float = 30.0) -> Secret:
    """Return the key that a valid `odds.key` points to.

    A command may take `patience` seconds, long enough to type a passphrase. Raises `MissingKeyError` when
    there is no key, `ConfigError` when its source is unsafe or broken. Both name the source.
    """
    where, _, rest = spec.partition(":")
    match where:
        case "env":
            place, hint = f"the variable {rest}", f"set {rest}, or change odds.key"
            return _found(
                env.get(rest, ""),
                place,
                f"{place} is not set" if rest not in env else f"{place} is empty",
                hint,
            )
        case "file":
            return _from_file(rest)
        case "command":
            return _from_command(rest, env, patience)
    raise ConfigError(
        "odds.key must say where the key is to be found",
        hint='write "env:NAME", "file:/path" or "command:..."',
    )


def _found(text: str, place: str, otherwise: str, hint: str) -> Secret:
    """Return the key in a text, or raise the error that says what is wrong with its source."""
    try:
        if key := cleaned(text):
            return Secret(key)
    except UnusableKeyError as error:
        otherwise, hint = f"{place} {error.what}", error.remedy
    raise MissingKeyError(f"no key for The Odds API: {otherwise}", provider="odds", hint=hint)


def _from_file(name: str) -> Secret:
    place, hint = f"the key file {name}", f"put the key in the first line of {name}, or change odds.key"
    try:
        found = read_file(Path(name).expanduser(), _MOST)
    except FileNotFoundError:
        raise MissingKeyError(
            f"no key for The Odds API: {place} does not exist", provider="odds", hint=hint
        ) from None
    # RuntimeError: no such home directory.
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"{place} cannot be read ({getattr(error, 'strerror', None) or error})", hint=hint
        ) from None
    if found.mode & 0o077:
        raise ConfigError(
            f"{place} is open to group or others (mode {found.mode & 0o777:04o})",
            hint=f"run: chmod 600 {name}",
        )
    if len(found.content) > _MOST:
        raise ConfigError(f"{place} is larger than {_MOST >> 10} KiB: that cannot be a key", hint=hint)
    try:
        text = found.content.decode("utf-16" if found.content.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{place} does not hold text", hint=hint) from None
    return _found(text, place, f"{place} is empty", hint)


def _from_command(command: str, env: Mapping[str, str], patience: float) -> Secret:
    place, hint = "the command of odds.key", "run it by hand to see why, or change odds.key"
    try:
        code, printed = _run(command, env, patience)
    except TimeoutError:
        raise ConfigError(f"{place} took longer than {patience:g} s", hint=hint) from None
    # ValueError: an open quote. IndexError: nothing but quotes.
    except (
        OSError,
        ValueError,
        IndexError,
    ) as error:
        reason = getattr(error, "strerror", None) or "it is not a command"
        raise ConfigError(f"{place} cannot be run: {reason}", hint=hint) from None
    if len(printed) > _MOST:
        raise ConfigError(f"{place} printed more than {_MOST >> 10} KiB: that cannot be a key", hint=hint)
    if code != 0:
        raise ConfigError(f"{place} failed with exit code {code}", hint=hint)
    return _found(printed.decode(errors="replace"), place, f"{place} printed nothing", hint)


def _run(command: str, env: Mapping[str, str], patience: float) -> tuple[int | None, bytes]:
    """Run a command; return its exit code and output (no code and too much output if it does not stop).

    Runs without a shell. Its stdin would be `batch`'s, and its stderr may hold what it was to hide, so both
    are closed. The command is gone afterwards; its children may keep the pipe open and are not waited for.
    """
    import shlex
    import subprocess

    words = shlex.split(command)
    ours, theirs = os.pipe()

    def output() -> bytes:
        try:
            return drained(ours, _MOST)
        finally:
            os.close(ours)

    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command, from the user's own configuration
            words, env=dict(env), stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    try:
        printed = within(patience, output)
        return None if len(printed) > _MOST else process.wait(patience), printed
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
