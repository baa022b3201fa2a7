"""A process of its own that hands messages to Apprise, whose only user it is.

Nothing of ours is imported, and nobody imports it.

Reads `{"seconds": N, "letters": [[ADDRESS, TITLE, BODY], ...]}` from stdin and writes a line `[INDEX,
RESULT]` to stdout as each letter is done; RESULT is "delivered", "no address", "not taken" or "broken".
Whatever Apprise logs, prints or warns of goes nowhere: it names addresses, and they are secrets. After N
seconds the process is gone, whatever a service does.
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
    """Apprise with this one address, or the RESULT that it cannot be had."""
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
    """Send one letter; its RESULT."""
    if isinstance(service, str):
        return service
    try:
        return "delivered" if service.notify(body=body, title=title, body_format="text") else "not taken"
    except Exception:  # noqa: BLE001 - likewise
        return "broken"


def main() -> None:
    """Do what stdin says."""
    order = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, order["seconds"])  # should the one that started this be gone
    warnings.simplefilter("ignore")
    answers = os.dup(1)
    os.dup2(2, 1)  # stderr is nowhere

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
        # Apprise has a pool of its own, which takes no more work once the main thread has ended
        sender.join()


if __name__ == "__main__":
    main()
