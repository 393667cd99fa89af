"""Ways of sharing that formal charges make hardly plausible are marked, and those left out are said."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.cli.main import main
from nzsp_surfaces.slabs.cut import PLAUSIBLE, SlabCut
from nzsp_surfaces.slabs.cutting import cut_slabs
from support.crystals import ENOUGH, known_material

SHARED: list[tuple[str, tuple[int, ...]]] = [
    ("argyrodite", (1, 0, 0)),
    ("KNbO3", (0, 0, 1)),
    ("lifepo4", (0, 1, 1)),
    ("li2co3", (1, 0, 0)),
]


def cuts_of(name: str, plane: tuple[int, ...]) -> tuple[SlabCut, ...]:
    """All slabs of a plane, every way of sharing kept."""
    known = known_material(name)
    return cut_slabs(known.crystal, plane, known.polyanions, known.mobile, ENOUGH)[0]


@pytest.mark.parametrize(("name", "plane"), SHARED)
def test_plausible_ways_are_those_near_the_lowest_of_their_termination(name: str, plane: tuple[int, ...]) -> None:
    """The lowest is; so are all whose energy of one face lies within the limit; a slab knows how many they are."""
    for _, group in itertools.groupby(cuts_of(name, plane), key=lambda cut: cut.termination):
        ways = list(group)
        above = [joule_per_square_metre(cut.electrostatic / 2) for cut in ways]
        assert ways[0].plausible
        assert [cut.plausible for cut in ways] == [energy <= PLAUSIBLE for energy in above]
        assert {cut.n_plausible for cut in ways} == {sum(cut.plausible for cut in ways)}


def test_the_terminal_marks_what_is_hardly_plausible(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """(001) of KNbO3: of two ways to halve NbO2 one has a mark, which a line explains and slabs.json has too."""
    known_material("KNbO3").crystal.structure.to(filename=str(tmp_path / "KNbO3.cif"))
    call = ["slabs", str(tmp_path / "KNbO3.cif"), "--plane", "0,0,1"]
    assert main([*call, "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    rows = json.loads((tmp_path / "out/slabs.json").read_text())
    assert [row["plausible"] for row in rows] == [True, True, False]
    assert " 2/2?" in told
    assert " 1/2?" not in told
    assert "1 of 3 slabs marked ?: hardly plausible" in told
    assert "more plausible" not in told
    assert main([*call, "--arrangements", "1", "-o", str(tmp_path / "one")]) == 0
    assert "hardly" not in capsys.readouterr().out


def test_plausible_ways_that_were_not_kept_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """(100) of argyrodite: more ways to share its sulphur are plausible than the six that are kept."""
    known_material("argyrodite").crystal.structure.to(filename=str(tmp_path / "argyrodite.cif"))
    call = ["slabs", str(tmp_path / "argyrodite.cif"), "--plane", "1,0,0"]
    assert main([*call, "-o", str(tmp_path / "out")]) == 0
    first = json.loads((tmp_path / "out/slabs.json").read_text())[0]
    assert f"up to {first['n_plausible']} on (100): --arrangements keeps more" in capsys.readouterr().out
    every = ["--best", "--arrangements", str(first["n_arrangements"]), "-o", str(tmp_path / "all")]
    assert main([*call, *every]) == 0
    assert "--arrangements keeps more" not in capsys.readouterr().out
