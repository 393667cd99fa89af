"""OUTCAR as a witness: whether a run came to its end, and whether its loops met their limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nzsp_surfaces.engines.vasp.reading.stream import CutOff, chunks

_LOOP = re.compile(rb"aborting loop (because EDIFF is reached|EDIFF was not reached)")
_SAYINGS = (b"General timing and accounting", b"reached required accuracy", b"hard stop encountered")


@dataclass(frozen=True)
class Witness:
    """What OUTCAR says of a run's end.

    Attributes:
        finished: it ends with its timing.
        relaxed: it says that the required accuracy was reached.
        stopped: at once, by STOPCAR, within an electronic loop.
        loops: whether each electronic loop met its limit.
    """

    finished: bool
    relaxed: bool
    stopped: bool
    loops: tuple[bool, ...]


def witness(path: Path) -> Witness | None:
    """Read the OUTCAR beside a file; None where there is none."""
    found = [file for name in ("OUTCAR", "OUTCAR.gz") if (file := path.parent / name).is_file()]
    if not found:
        return None
    said, loops = set[bytes](), list[bool]()
    try:
        for lines in _lines(found[0]):
            said.update(saying for saying in _SAYINGS if saying in lines)
            loops.extend(b"because" in verdict for verdict in _LOOP.findall(lines))
    except CutOff:
        said.discard(_SAYINGS[0])
    finished, relaxed, stopped = (saying in said for saying in _SAYINGS)
    return Witness(finished, relaxed, stopped, tuple(loops))


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines, many at a time."""
    rest = b""
    for chunk in chunks(path):
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        yield lines + newline
    yield rest
