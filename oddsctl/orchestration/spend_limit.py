"""`--max-credits`: what the calls of one process may cost together, for the run and the dry run alike."""

from __future__ import annotations

import threading


class SpendLimit:
    """Credits spent and at risk so far. Thread-safe.

    At risk are the prices of calls in flight, and of calls that may have been charged.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_risk = 0
        self.spent = 0

    def allows(self, price: int, max_credits: int | None) -> bool:
        """Return whether a call of this price fits beside what is spent and at risk. Free calls always do."""
        return not price or max_credits is None or self.spent + self._at_risk + price <= max_credits

    def reserve(self, price: int, max_credits: int | None) -> bool:
        """Put the price at risk if the limit allows it; return whether it does."""
        with self._lock:
            if not self.allows(price, max_credits):
                return False
            self._at_risk += price
            return True

    def release(self, price: int) -> None:
        """Give back the price of a call that is not sent."""
        with self._lock:
            self._at_risk -= price

    def settle(self, price: int, charged: int | None) -> None:
        """Replace the price by what the call cost. With None nobody knows, and the price stays at risk."""
        if charged is None:
            return
        with self._lock:
            self._at_risk -= price
            self.spent += charged
