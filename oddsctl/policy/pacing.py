"""What planned calls may spend today, so that the credits last until the account's month ends. Pure; all amounts are credits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

RECOVERED = 1.25
"""How many times over the nearest windows must be borne again before an emergency ends: what it saves alone does not end it."""


def allowance(left: int, reserve: int, later: int, games: Mapping[date, int], today: date, spent_today: int = 0) -> int:
    """Credits that planned calls may still spend today; never negative, never more than `left` above the `reserve`.

    `left` is what the account has until its reset, `reserve` what planned calls don't touch, `later` the price of all calls planned
    from tomorrow to the reset. What these do not need is today's to spend. Where they need more than there is, today gets its
    share by `games` a day (from today to the reset, those of today that are over included), as it was before today's planned
    calls spent `spent_today`.
    """
    spendable = max(0, left - reserve)
    ahead = sum(count for day, count in games.items() if day >= today)
    share = (spendable + spent_today) * games.get(today, 0) // ahead if ahead else 0
    return max(0, spendable - later, share - spent_today)


def kept(windows: tuple[float, ...], spendable: int, price: Callable[[tuple[float, ...]], int]) -> tuple[float, ...]:
    """The windows (seconds before a start) that can be paid until the reset, the farthest cut first; the nearest always stays.

    `price` tells what the calls for a set of windows cost until the reset: windows share calls, so their prices don't add up.
    """
    near = sorted(set(windows))
    while len(near) > 1 and price(tuple(near)) > spendable:
        near.pop()
    return tuple(window for window in windows if window in near)


def emergency(spendable: int, needed: int, *, active: bool) -> bool:
    """Whether to buy only the nearest windows, and only h2h: not even these windows (`needed`, in full) can be paid until the reset.

    An `active` emergency goes on until they can be with a quarter to spare, so that it does not come and go with every call.
    """
    return needed > 0 and spendable < needed * (RECOVERED if active else 1)
