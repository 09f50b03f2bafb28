"""Asks the API as often as it may: `python -m tests.sending.pacing_worker LEDGER URL LIMIT WINDOW N`."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from pydantic import SecretStr

from importer.ledger.schema import open_store
from importer.propexo.client import Api
from importer.propexo.rate_limit import Pace
from importer.sandbox import TOKEN

AT_ONCE = 4
"""Requests under way in one process: few, so that a stand-in on the same two cores answers as quickly as it counts."""


def main(ledger: str, url: str, limit: str, window: str, requests: str) -> None:
    """Makes so many requests, several at once, within the pace of everybody on that ledger."""
    with closing(open_store(ledger)) as store:
        pace = Pace(store, "account", int(limit), float(window))
        with Api(url, SecretStr(TOKEN), pace, threading.Event()) as api, ThreadPoolExecutor(AT_ONCE) as pool:
            for each in [pool.submit(api.integrations) for _ in range(int(requests))]:
                each.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
