"""What is done quickly is done as pymatgen does it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pymatgen.core import Composition
from pymatgen.core.bond_valence import BV_PARAMS, PRIOR_PROB
from pymatgen.core.operations import SymmOp
from pymatgen.symmetry.groups import SpaceGroup

from nzsp_surfaces.compat.pymatgen import know_oxidation_states, quick_operations
from nzsp_surfaces.crystals.valence_table import PARAMETERS

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
    know_oxidation_states()
    assert Composition.oxi_prob == PRIOR_PROB


@pytest.mark.parametrize("group", ["P-1", "R-3c", "F-43m"])
def test_operations_keep_their_order_when_compared_quickly(group: str) -> None:
    """The order of a crystal's sites follows from it."""
    xyz = next(row["symops"] for row in SpaceGroup.SYMM_OPS if group in (row["hermann_mauguin"], row["universal_h_m"]))
    usual = [str(op) for op in {SymmOp.from_xyz_str(text) for text in xyz}]
    with quick_operations():
        assert [str(op) for op in {SymmOp.from_xyz_str(text) for text in [*xyz, *xyz]}] == usual
        assert SymmOp.from_xyz_str("x, y, z") != "x, y, z"


def test_clustering_is_there_when_asked() -> None:
    """In a process of its own, since here everything is loaded."""
    subprocess.run([sys.executable, "-c", DEFERRED], check=True)
