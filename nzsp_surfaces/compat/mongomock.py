"""The persistence of mongomock writes its file at exit, unasked; made for mongomock_persistence 0.0.5."""

from __future__ import annotations

from typing import Any


def content(client: Any) -> Any:
    """All databases of a client, JSON with BSON's types, as its file holds them."""
    return client._store.to_dict()


def leave_the_file_alone(client: Any) -> None:
    """Keep the client from writing its file when the process ends."""
    client._store._finalizer.detach()
