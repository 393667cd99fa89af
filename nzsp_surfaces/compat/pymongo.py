"""PyMongo joins its watching threads when Python ends; made for version 4.20."""

from __future__ import annotations

import atexit
import sys


def end_at_once() -> None:
    """Do not let the end of the process wait for PyMongo's threads.

    They look twice a second whether to end, and PyMongo joins them at exit. They only watch the server, and as daemons
    they end with the process. Nothing happens where PyMongo was not imported.
    """
    watch = sys.modules.get("pymongo.synchronous.monitor")
    if watch is not None and hasattr(watch, "_shutdown_resources"):
        atexit.unregister(watch._shutdown_resources)
