"""A relay before a server that makes it slow, and now and then cuts a connection."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from support.server import free_port

PIECE = 1 << 16


@contextmanager
def slow(port: int, delay: float, cut: float, chance: random.Random) -> Iterator[int]:
    """A port behind which the server of another port answers slowly.

    Args:
        port: of the server.
        delay: s, the longest for which a piece of an answer is held back.
        cut: how often, of all pieces, a connection is cut instead.
    """
    own = free_port()
    with socket.create_server(("127.0.0.1", own)) as door:
        threading.Thread(target=_serve, args=(door, port, delay, cut, chance), daemon=True).start()
        yield own


def _serve(door: socket.socket, port: int, delay: float, cut: float, chance: random.Random) -> None:
    with suppress(OSError):  # the door is closed when the block ends
        while True:
            client, _ = door.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for ends in ((client, server, 0.0, 0.0), (server, client, delay, cut)):
                threading.Thread(target=_relay, args=(*ends, chance), daemon=True).start()


def _relay(source: socket.socket, target: socket.socket, delay: float, cut: float, chance: random.Random) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            time.sleep(chance.uniform(0, delay))
            if chance.random() < cut:
                break
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
