"""What crashes, full disks, other programs and people leave of a file."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

EDITED = "edited"


def damages(content: bytes, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Ways in which a file may be damaged, each with what is then in it; the same for the same seed."""
    chance = random.Random(seed)
    yield "empty", b""
    yield "zeros", bytes(len(content))
    for _ in range(3):
        yield "torn", content[: chance.randrange(1, len(content))]
    yield "garbled", chance.randbytes(len(content))
    spot = chance.randrange(len(content))
    yield "bad byte", content[:spot] + bytes([content[spot] ^ 0x80]) + content[spot + 1 :]
    for text in ("null", "[]", "{}", "[null]", "[{}]", '"text"', "1", "NaN", "[" * 50_000):
        yield f"holds {text[:9]}", text.encode()
    yield from _edited(content, chance)


def _edited(content: bytes, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """A JSON document that lacks a key, has null or text for a value, or another number."""
    try:
        keys = sorted(_first(json.loads(content)))
    except (ValueError, AttributeError, IndexError, KeyError, AssertionError, RecursionError):  # damaged before
        return
    for key in keys:
        for how, change in (("no", None), ("null", None), ("text", "<script>alert(1)</script>"), ("list", [[]])):
            data = json.loads(content)
            row = _first(data)
            if row[key] == change:
                continue
            if how == "no":
                del row[key]
            else:
                row[key] = change
            yield f"{how} {key}", json.dumps(data).encode()
    spot = chance.choice([match.start() + 1 for match in re.finditer(rb"[ \[-][1-9]", content)] or [0])
    yield EDITED, content[:spot] + (b"2" if content[spot : spot + 1] == b"1" else b"1") + content[spot + 1 :]


def _first(data: object) -> dict[str, object]:
    """The document itself, or its first row."""
    row = data[0] if isinstance(data, list) else data
    assert isinstance(row, dict)
    return row


def fill(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as file:
        for size in (2**20, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
