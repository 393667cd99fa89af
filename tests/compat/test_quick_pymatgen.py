"""What is done quickly is done as pymatgen does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pymatgen.analysis.bond_valence import BV_PARAMS, PRIOR_PROB
from pymatgen.core import Composition, Structure
from pymatgen.core.operations import SymmOp
from pymatgen.symmetry.groups import SpaceGroup

from nzsp_surfaces.compat.pymatgen import know_oxidation_states, quick_operations, quickened
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.crystals.valence_table import PARAMETERS
from support.crystals import STRUCTURES, structure

DEFERRED = """
from nzsp_surfaces.compat.pymatgen import defer_clustering
defer_clustering()
import sys
import scipy.cluster
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer
assert "scipy.cluster.hierarchy" not in sys.modules
from scipy.cluster.hierarchy import fclusterdata
from scipy import cluster
assert cluster.hierarchy is scipy.cluster.hierarchy is sys.modules["scipy.cluster.hierarchy"]
assert list(fclusterdata([[0.0], [0.1], [5.0]], 1.0, criterion="distance")) == [1, 1, 2]
"""


def test_the_valence_table_is_that_of_pymatgen() -> None:
    assert {element.symbol: (row["r"], row["c"]) for element, row in BV_PARAMS.items()} == PARAMETERS


def test_oxidation_states_are_those_that_pymatgen_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Composition, "oxi_prob", None)
    with quickened():
        know_oxidation_states()
    assert Composition.oxi_prob == PRIOR_PROB


@pytest.mark.parametrize("group", ["P-1", "R-3c", "F-43m"])
def test_operations_keep_their_order_when_compared_quickly(group: str) -> None:
    """The order of a crystal's sites follows from it."""
    xyz = next(row["symops"] for row in SpaceGroup.SYMM_OPS if group in (row["hermann_mauguin"], row["universal_h_m"]))
    usual = [str(op) for op in {SymmOp.from_xyz_str(text) for text in xyz}]
    with quickened(), quick_operations():
        assert [str(op) for op in {SymmOp.from_xyz_str(text) for text in [*xyz, *xyz]}] == usual
        assert SymmOp.from_xyz_str("x, y, z") != "x, y, z"


def test_clustering_is_there_when_asked() -> None:
    """In a process of its own, since here everything is loaded."""
    subprocess.run([sys.executable, "-c", DEFERRED], check=True)


def test_who_reads_a_crystal_without_the_command_line_finds_pymatgen_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While the file is read as well as afterwards; within `quickened` it is another comparison, and only then."""
    path = tmp_path / "MgO.vasp"
    structure("MgO").to(filename=str(path), fmt="poscar")
    usual, seen, read = SymmOp.__eq__, [], Structure.from_file

    def watched(file: Path) -> Structure:
        seen.append(SymmOp.__eq__)
        return read(file)

    monkeypatch.setattr(Structure, "from_file", watched)
    monkeypatch.setattr(Composition, "oxi_prob", None)
    crystal(load_structure(path))
    assert Composition.oxi_prob == PRIOR_PROB
    assert seen == [usual]
    with quickened():
        load_structure(path)
    assert seen[1] is not usual
    assert SymmOp.__eq__ is usual


def test_reading_a_crystal_leaves_the_imports_alone() -> None:
    """No stand-in for SciPy's clustering; in a process of its own."""
    path = STRUCTURES / "Na3PO4.cif"
    code = f"from nzsp_surfaces.crystals.reading import load_structure; load_structure({str(path)!r}); import sys"
    look = "assert sys.modules['scipy.cluster'].__spec__ is not None"
    subprocess.run([sys.executable, "-W", "ignore", "-c", f"{code}; {look}"], check=True)
