"""Names and packings of VASP's files, and what its text holds: all that is found in the folders of others."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import Damaged, Unfinished
from nzsp_surfaces.engines.vasp.reading import stream
from nzsp_surfaces.engines.vasp.reading.names import runs_in
from nzsp_surfaces.engines.vasp.reading.run import calculation, read_run
from support.vasp import MISSED, PRESSED, REACHED, RELAXED, STEPS, TIMING, longer, shifted, written

IDENTITY = EngineIdentity("vasp", "PBE", "6.3.0")

pytestmark = pytest.mark.skipif(not PRESSED.is_file(), reason="this ASE brings no VASP output")


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress, bz2.compress])
@pytest.mark.parametrize("ending", ["", ".relax2"])
def test_a_file_reads_the_same_however_it_is_packed_and_named(
    packed: Callable[[bytes], bytes], ending: str, tmp_path: Path
) -> None:
    """Torn ones are cut off, not damaged: their whole steps are read."""
    name = f"vasprun.xml{ending}" + {gzip.compress: ".gz", lzma.compress: ".xz", bz2.compress: ".bz2"}[packed]
    whole = read_run(written(tmp_path, longer(), "other.xml"))
    written(tmp_path, packed(longer()), name)
    run = read_run(tmp_path)
    assert (run.path.name, run.energy, run.n_ionic_steps) == (name, whole.energy, STEPS)
    content = packed(longer()) + packed(b"")
    written(tmp_path, content[: len(packed(longer())) * 9 // 10], name)
    with pytest.raises(Unfinished):
        calculation(read_run(tmp_path), IDENTITY)


def test_of_a_double_relaxation_the_last_run_counts_with_its_own_outcar(tmp_path: Path) -> None:
    """As atomate leaves it."""
    written(tmp_path, gzip.compress(shifted()), "vasprun.xml.relax1.gz")
    written(tmp_path, gzip.compress(longer(2, 50)), "vasprun.xml.relax2.gz")
    written(tmp_path, MISSED * STEPS, "OUTCAR.relax1")
    written(tmp_path, REACHED * STEPS + RELAXED + TIMING, "OUTCAR.relax2")
    run = read_run(tmp_path)
    assert run.path.name == "vasprun.xml.relax2.gz"
    assert run.verdict.good
    assert not read_run(tmp_path / "vasprun.xml.relax1.gz").electronic_converged
    assert [path.name for path in runs_in(tmp_path)] == ["vasprun.xml.relax2.gz", "vasprun.xml.relax1.gz"]


@pytest.mark.parametrize("title", ["Na & Zr", "a&b;c", "&", "A &amp; B", "R&#38;D"])
def test_an_ampersand_in_the_title_is_no_damage(title: str, tmp_path: Path) -> None:
    """VASP copies SYSTEM as it was given."""
    text = longer().replace(b">unknown system<", f">{title}<".encode())
    run = read_run(written(tmp_path, text))
    assert run.finished
    assert "&" in run.header.tag("SYSTEM", "")


def test_an_ampersand_across_the_border_of_two_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any size."""
    text = longer().replace(b">unknown system<", b">a &amp; b & c<")
    for size in (97, 113, 1001):
        monkeypatch.setattr(stream, "_CHUNK", size)
        assert read_run(written(tmp_path, text)).header.tag("SYSTEM", "") == "a & b & c"


def test_another_packing_is_told_as_such(tmp_path: Path) -> None:
    """No reason to run VASP again."""
    with pytest.raises(Damaged, match="unpack it") as error:
        read_run(written(tmp_path, b"\x28\xb5\x2f\xfd" + bytes(100)))
    assert "run VASP again" not in str(error.value)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One element that never ends, however small it is packed; entities that would grow."""
    monkeypatch.setattr(stream, "_ELEMENT", 1 << 22)
    written(tmp_path, gzip.compress(b"<modeling><incar>" + b" " * (1 << 23)), "vasprun.xml.gz")
    with pytest.raises(Damaged, match="an element of more than"):
        read_run(tmp_path)
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE m [<!ENTITY l0 "ha">{lines}]><modeling>&l11;</modeling>'
    with pytest.raises(Damaged, match="declares entities"):
        read_run(written(tmp_path, bomb.encode()))
