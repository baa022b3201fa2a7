"""Worker process that hands messages to Apprise; the only user of Apprise.

Imports nothing of oddsctl, and nothing imports it. Reads `{"seconds": N, "letters": [[ADDRESS, TITLE, BODY],
...]}` from stdin and writes a line `[INDEX, RESULT]` to stdout for each finished message; RESULT is
"delivered", "no address", "not taken" or "broken". Discards everything that Apprise logs, prints or warns
about: it names addresses, which are secrets. The process ends after N seconds, whatever a service does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import warnings
from typing import Any


def add_channels(address: str) -> Any:
    """Return Apprise with this one address, or the RESULT that says why it is unusable."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="oddsctl", app_desc="oddsctl", async_mode=False, storage_mode="memory"
    )
    try:
        service = apprise.Apprise(asset=asset)
        return service if service.add(address) else "no address"
    except Exception:  # noqa: BLE001 - a hundred services of others
        return "broken"


def delivered(service: Any, title: str, body: str) -> str:
    """Send one message and return its RESULT."""
    if isinstance(service, str):
        return service
    try:
        return "delivered" if service.notify(body=body, title=title, body_format="text") else "not taken"
    except Exception:  # noqa: BLE001 - likewise
        return "broken"


def main() -> None:
    """Process the order on stdin."""
    order = json.load(sys.stdin)
    # Ends this process even if its parent is gone.
    signal.setitimer(signal.ITIMER_REAL, order["seconds"])
    warnings.simplefilter("ignore")
    answers = os.dup(1)
    # Discard stderr.
    os.dup2(2, 1)

    def work(index: int, service: Any, title: str, body: str) -> None:
        os.write(answers, (json.dumps([index, delivered(service, title, body)]) + "\n").encode())

    letters = [
        (index, add_channels(address), title, body)
        for index, (address, title, body) in enumerate(order["letters"])
    ]
    senders = [threading.Thread(target=work, args=letter) for letter in letters]
    for sender in senders:
        sender.start()
    for sender in senders:
        # Apprise has a thread pool of its own, which takes no work once the main thread has ended.
        sender.join()


if __name__ == "__main__":
    main()
