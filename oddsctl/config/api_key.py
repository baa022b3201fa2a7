"""From where the key is (`odds.key`) to the key. Nothing that was read may enter an error, a log or a repr."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from oddsctl.errors import ConfigError, MissingKeyError
from oddsctl.messages.wire import Secret

_MOST = 65536
"""Bytes read of a key file: a key is a line, not a disk."""


def resolve_key(spec: str, env: Mapping[str, str], *, patience: float = 30.0) -> Secret:
    """The key that a valid `odds.key` points to.

    A command may take `patience` seconds, which is long enough to type a passphrase. Raises `MissingKeyError` where there is none,
    and `ConfigError` where the place is unsafe or broken.
    """
    where, _, rest = spec.partition(":")
    match where:
        case "env":
            return _found(env.get(rest, ""), f"the variable {rest} is not set", f"set {rest}, or change odds.key")
        case "file":
            return _from_file(rest)
        case "command":
            return _from_command(rest, env, patience)
    raise ConfigError("odds.key must say where the key is to be found", hint='write "env:NAME", "file:/path" or "command:..."')


def _found(text: str, otherwise: str, hint: str) -> Secret:
    lines = text.strip().splitlines()
    if not lines:
        raise MissingKeyError(f"no key for The Odds API: {otherwise}", provider="odds", hint=hint)
    return Secret(lines[0].strip())


def _from_file(name: str) -> Secret:
    hint = f"put the key in the first line of {name}, or change odds.key"
    try:
        with Path(name).expanduser().open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MOST).decode()
    except FileNotFoundError:
        raise MissingKeyError(f"no key for The Odds API: {name} does not exist", provider="odds", hint=hint) from None
    except UnicodeDecodeError:
        raise ConfigError(f"the key file {name} does not hold text", hint=hint) from None
    except (OSError, RuntimeError) as error:  # RuntimeError: no such home directory
        raise ConfigError(f"the key file {name} cannot be read ({getattr(error, 'strerror', None) or error})", hint=hint) from None
    if mode & 0o077:
        raise ConfigError(f"the key file {name} is open to group or others (mode {mode & 0o777:04o})", hint=f"run: chmod 600 {name}")
    return _found(text, f"{name} is empty", hint)


def _from_command(command: str, env: Mapping[str, str], patience: float) -> Secret:
    import shlex
    import subprocess

    hint = "run it by hand to see why, or change odds.key"
    try:
        words = shlex.split(command)
        # no shell; its stdin would be `batch`'s, and its stderr may hold what it was to hide
        done = subprocess.run(  # noqa: S603 - the user's own command, from the user's own configuration
            words,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"the command of odds.key took longer than {patience:g} s", hint=hint) from None
    except (OSError, ValueError, IndexError) as error:  # ValueError: an open quote; IndexError: nothing but quotes
        reason = getattr(error, "strerror", None) or "it is no command"
        raise ConfigError(f"the command of odds.key cannot be run: {reason}", hint=hint) from None
    if done.returncode != 0:
        raise ConfigError(f"the command of odds.key failed with exit code {done.returncode}", hint=hint)
    return _found(done.stdout.decode(errors="replace"), "the command of odds.key printed nothing", hint)
