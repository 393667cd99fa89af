"""The stream of a VASP output file: from bytes to the XML elements that matter, in memory that does not grow.

Every byte of ``vasprun.xml`` passes expat, which alone decides whether the document is well-formed and whole. Expat has
no handlers: called for each row of each array they would take most of the time. The few elements that matter are cut
out of the stream by their tags instead.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from nzsp_surfaces.base.errors import Damaged

HEADER = {b"generator", b"incar", b"kpoints", b"parameters", b"atominfo"}
"""Names of the elements before the first step."""

_CHUNK = 1 << 18
_PACKED: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(memlimit=_LARGEST),
    b"BZh": bz2.BZ2Decompressor,
}
"""What inflates a file, by its first bytes."""
_OTHERS = (b"\x28\xb5\x2f\xfd", b"\x1f\x9d", b"PK\x03\x04", b"7z\xbc\xaf")
"""First bytes of zstd, compress, zip and 7z."""
_ELEMENT = 1 << 26
"""Bytes of one element that is kept: more is no calculation's, and each chunk would be joined to all of it."""
_LARGEST = 1 << 29
"""Bytes of a file however well it packs."""
_DENSEST = 200
"""Bytes unpacked from one, in a file of more than `_LARGEST`: bands and forces pack to a tenth."""
_LOOSE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
"""An ampersand that VASP copied from the title of a job."""
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


def elements(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Name and text of each element that matters once it is whole; of a calculation only the tags.

    Steps of an electronic loop that follow one another may come as one.

    Raises:
        CutOff: the document ends before its last tag.
        Damaged: it is malformed.
    """
    cutter = _Cutter(path)
    for chunk in _checked(path):
        yield from cutter.feed(chunk)


def attribute(element: bytes) -> bytes:
    """The value of an element's attribute 'name', from its opening tag."""
    found = _NAME.search(element, 0, element.find(b">"))
    return found[1] if found else b""


def chunks(path: Path) -> Iterator[bytes]:
    """Content, inflated where it begins as gzip, xz or bzip2 do; what a torn file still holds is given first.

    Raises:
        CutOff: a compressed file ends too early.
        Damaged: a compressed file is corrupt, is of another kind, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.peek(6)
            if head.startswith(_OTHERS):
                raise Damaged(
                    f"{path}: is compressed in a way that is not read here; unpack it, or give .gz, .xz, .bz2"
                )
            content = iter(lambda: file.read(_CHUNK), b"")
            machine = next((make for magic, make in _PACKED.items() if head.startswith(magic)), None)
            yield from content if machine is None else _unpacked(content, machine)
    except (zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise Damaged(f"{path}: cannot be read ({error}); copy it again") from error


def is_bomb(given: int, came: int) -> bool:
    """Whether so many bytes of a file unpack to more than any calculation's do.

    Args:
        given: bytes, unpacked.
        came: bytes, as they lie in the file.
    """
    return given > _LARGEST + _DENSEST * came


def _unpacked(content: Iterator[bytes], make: Callable[[], Any]) -> Iterator[bytes]:
    """Members of a compressed file one after the other, never more than a few chunks at once."""
    machine, came, given = make(), 0, 0
    for packed in content:
        waiting, came = packed, came + len(packed)
        while waiting or not getattr(machine, "needs_input", True):
            if machine.eof:
                machine = make()
            given += len(text := machine.decompress(waiting, 4 * _CHUNK))
            if is_bomb(given, came):
                raise EOFError(f"it unpacks to {_DENSEST} times its size, as no calculation's does")
            yield text
            # gzip hands back what it has not taken in; the others keep it.
            waiting = machine.unused_data if machine.eof else getattr(machine, "unconsumed_tail", b"")
            if machine.eof and not waiting:
                break
    if not machine.eof:
        yield machine.flush() if hasattr(machine, "flush") else b""
        raise CutOff


def _checked(path: Path) -> Iterator[bytes]:
    """Content as far as it is well-formed.

    Raises:
        CutOff: the document ends before its last tag.
        Damaged: it is malformed.
    """
    parser, seen = expat.ParserCreate(), 0
    parser.EntityDeclHandler = _refuse_entity
    for chunk in _escaped(chunks(path)):
        try:
            parser.Parse(chunk)
        except _Entity as error:
            raise Damaged(f"{path}: declares entities, which VASP never does; give a file that VASP wrote") from error
        except (expat.ExpatError, LookupError, ValueError) as error:  # the latter of an encoding that there is not
            yield chunk[: max(0, parser.ErrorByteIndex - seen)]
            raise Damaged(
                f"{path}: is no whole XML ({error}); copy the file again, or run VASP again where it wrote it so"
            ) from error
        seen += len(chunk)
        yield chunk
    if not seen:
        raise Damaged(f"{path}: is empty; copy it again, or run VASP again where it left it so")
    try:
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError:
        raise CutOff from None


class _Entity(Exception):
    """Told where a document declares what it would then expand, which may be endless."""


def _refuse_entity(*_: object) -> None:
    raise _Entity


def _escaped(content: Iterator[bytes]) -> Iterator[bytes]:
    """Content in which each ampersand stands for itself: VASP writes SYSTEM as it was given."""
    rest = b""
    for chunk in content:
        text = rest + chunk if rest else chunk
        found = text.rfind(b"&", -_LONGEST)
        # What the last one begins may come with the next chunk.
        text, rest = (text, b"") if found < 0 else (text[:found], text[found:])
        yield _LOOSE.sub(b"&amp;", text) if b"&" in text else text
    if rest:
        yield _LOOSE.sub(b"&amp;", rest)


class _Cutter:
    """Cuts the elements that matter out of a stream of well-formed XML."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.buffer, self.place = b"", 0
        self.passed = b""
        """The closing tag of what goes by without being kept."""

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Name and text of each element that is whole by now; of a calculation only the tags."""
        self.buffer, self.place = self.buffer[self.place :] + chunk, 0
        if len(self.buffer) > _ELEMENT:
            raise Damaged(f"{self.path}: an element of more than {_ELEMENT >> 20} MB; give a file that VASP wrote")
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
