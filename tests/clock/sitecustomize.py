"""A clock that tests set: Python imports this when it starts, where this folder is in PYTHONPATH.

With `TESTS_CLOCK=S` the time is S seconds after what the monotonic clock shows, whatever the machine's own
clock says. Waits are untouched.
"""

import os
import time

if os.environ.get("TESTS_CLOCK"):
    ahead = round(float(os.environ["TESTS_CLOCK"]) * 1e9)

    def time_ns() -> int:
        return time.monotonic_ns() + ahead

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9  # noqa: TID251 - this is what the product's clock asks
