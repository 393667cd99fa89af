"""The stream of a VASP output file: from bytes to the XML elements that matter, in memory that does not grow.

Every byte of ``vasprun.xml`` passes expat, which alone decides whether the document is well-formed and whole. Expat has
no handlers: called for each row of each array they would take most of the time. The few elements that matter are cut
out of the stream by their tags instead.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from nzsp_surfaces.base.errors import Damaged, UserError

NAMES = ("vasprun.xml", "vasprun.xml.gz")
HEADER = {b"generator", b"incar", b"kpoints", b"parameters", b"atominfo"}
"""Names of the elements before the first step."""

_CHUNK = 1 << 18
_PARTS = {b"structure", b"scstep", b"varray", b"energy"}
# With a projection on atoms these grow to gigabytes, so they go by without being kept.
_PASSED = {b"eigenvalues", b"dos", b"projected", b"eigenvalues_kpoints_opt", b"projected_kpoints_opt", b"dynmat"}
_MARK = re.compile(b"<(/?calculation|%s)[\\s>]" % b"|".join(sorted(HEADER | _PARTS | _PASSED)))
_LOOP = b"<scstep>"
_LONGEST = 64
"""Number of bytes that is longer than any mark."""
_NAME = re.compile(rb"""\sname\s*=\s*["']([^"']*)["']""")


class CutOff(Exception):
    """Told where a file ends before its last element."""


def located(place: Path) -> Path:
    """The path of an output file that is given by itself or by its folder.

    Raises:
        UserError: there is no such file.
    """
    candidates = [place / name for name in NAMES] if place.is_dir() else [place]
    for path in candidates:
        if path.is_file():
            return path
    raise UserError(f"{place}: no {NAMES[0]} here; give the folder in which VASP ran")


def elements(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Name and text of each element that matters once it is whole; of a calculation only the tags.

    Steps of an electronic loop that follow one another may come as one.

    Raises:
        CutOff: the document ends before its last tag.
        Damaged: it is malformed.
    """
    cutter = _Cutter()
    for chunk in _checked(path):
        yield from cutter.feed(chunk)


def attribute(element: bytes) -> bytes:
    """The value of an element's attribute 'name', from its opening tag."""
    found = _NAME.search(element, 0, element.find(b">"))
    return found[1] if found else b""


def chunks(path: Path) -> Iterator[bytes]:
    """Content, inflated where it begins as gzip does; what a torn gzip file still holds is given first.

    Raises:
        CutOff: a gzip file ends too early.
        Damaged: a gzip file is corrupt, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.peek(2).startswith(b"\x1f\x8b")
            content = iter(lambda: file.read(_CHUNK), b"")
            yield from _inflated(content) if packed else content
    except (zlib.error, OSError) as error:
        raise Damaged(f"{path}: cannot be read ({error}); copy it again") from error


def _inflated(content: Iterator[bytes]) -> Iterator[bytes]:
    """Members of a gzip file one after the other, never more than a few chunks at once."""
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for packed in content:
        waiting = packed
        while waiting:
            if machine.eof:
                machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield machine.decompress(waiting, 4 * _CHUNK)
            waiting = machine.unused_data if machine.eof else machine.unconsumed_tail
    if not machine.eof:
        yield machine.flush()
        raise CutOff


def _checked(path: Path) -> Iterator[bytes]:
    """Content as far as it is well-formed.

    Raises:
        CutOff: the document ends before its last tag.
        Damaged: it is malformed.
    """
    parser, seen = expat.ParserCreate(), 0
    for chunk in chunks(path):
        try:
            parser.Parse(chunk)
        except expat.ExpatError as error:
            yield chunk[: max(0, parser.ErrorByteIndex - seen)]
            raise Damaged(f"{path}: is no whole XML ({error}); run VASP again or copy the file again") from error
        seen += len(chunk)
        yield chunk
    if not seen:
        raise Damaged(f"{path}: is empty; run VASP again")
    try:
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError:
        raise CutOff from None


class _Cutter:
    """Cuts the elements that matter out of a stream of well-formed XML."""

    def __init__(self) -> None:
        self.buffer, self.place = b"", 0
        self.passed = b""
        """The closing tag of what goes by without being kept."""

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Name and text of each element that is whole by now; of a calculation only the tags."""
        self.buffer, self.place = self.buffer[self.place :] + chunk, 0
        while self._past() and (mark := _MARK.search(self.buffer, self.place)):
            name = mark[1]
            if name in _PASSED:
                self.place, self.passed = mark.end(), b"</%s>" % name
                continue
            end = mark.end() if name.endswith(b"calculation") else self._end(mark)
            if end < 0:
                self.place = mark.start()
                return
            self.place = end
            yield name, self.buffer[mark.start() : end]
        # A mark may lie across the border of two chunks.
        self.place = max(self.place, len(self.buffer) - _LONGEST)

    def _past(self) -> bool:
        """Whether nothing is going by any more."""
        if not self.passed:
            return True
        end = self.buffer.find(self.passed, self.place)
        if end < 0:
            return False
        self.place, self.passed = end + len(self.passed), b""
        return True

    def _end(self, mark: re.Match[bytes]) -> int:
        """Behind the closing tag, of the electronic loop behind all its steps that have come; -1 where none has."""
        closing = b"</%s>" % mark[1]
        end = self._behind(closing, mark.end())
        if mark[1] == b"scstep" and end >= 0:
            while (near := self.buffer.find(_LOOP, end, end + _LONGEST)) >= 0 and self.buffer[end:near].isspace():
                further = self._behind(closing, near)
                if further < 0:
                    break
                end = further
        return end

    def _behind(self, closing: bytes, start: int) -> int:
        end = self.buffer.find(closing, start)
        return end if end < 0 else end + len(closing)
