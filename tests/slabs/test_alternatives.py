"""What a plane without a slab offers: said in one line, and without a charge where mobile ions can see to that."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.slabs.alternatives import Alternative, offered
from nzsp_surfaces.slabs.placing import placed
from nzsp_surfaces.slabs.survey import survey_plane
from support.crystals import USUAL, known_material, published

PLUMBATE = Structure(
    Lattice.tetragonal(3.904, 4.152),
    ["Pb", "Ti", "O", "O", "O"],
    [(0, 0, 0), (0.5, 0.5, 0.5377), (0.5, 0.5, 0.1118), (0.5, 0, 0.6174), (0, 0.5, 0.6174)],
)
"""Ferroelectric PbTiO3, P4mm: nothing turns (001) over."""


def found(known: Material, plane: tuple[int, ...]) -> tuple[Alternative, ...]:
    """The alternatives of a plane that has no slab."""
    plane_found = survey_plane(known, plane, USUAL)
    assert not plane_found.surfaces
    return plane_found.alternatives


@pytest.mark.parametrize(
    ("name", "plane"), [("argyrodite", (2, 1, 0)), ("llzo", (2, 0, 1)), ("srtio3", (0, 0, 1)), ("li3ocl", (1, 0, 0))]
)
def test_symmetric_alternatives_have_no_charge_and_are_whole_formula_units_together(
    name: str, plane: tuple[int, ...]
) -> None:
    """Both sides of the cut, each neutral and alike on both faces; what the one has over, the other lacks."""
    known = known_material(name)
    pair = [each for each in found(known, plane) if each.kind == "symmetric"]
    assert len(pair) == 2
    for each in pair:
        slab = placed(known.crystal, np.array(each.in_plane), each.sites, 15.0)
        seen = certify(slab, known.crystal.charges, known.polyanions, known.framework)
        assert each.charge == pytest.approx(0.0)
        assert seen.symmetric
        assert seen.whole
        assert abs(seen.dipole) < 1e-6
    together = Counter(pair[0].excess) + Counter(pair[1].excess)
    assert len({together[element] / n for element, n in known.crystal.counts.items()}) == 1


def test_a_line_says_what_a_perovskite_offers_and_which_potentials_that_needs() -> None:
    """SrTiO3 (001): one slab has an SrO too many, the other a TiO2; nothing of them is charged."""
    line = offered(found(published("srtio3"), (0, 0, 1)))
    assert "with TiO2 or SrO over, which need mu(TiO2) or mu(SrO)" in line
    assert "cleavage energy" in line
    assert "charge" not in line


def test_a_ferroelectric_perovskite_can_only_be_cleaved() -> None:
    """Nothing turns (001) of P4mm over: one slab with unlike faces, whose dipole is said."""
    known = material("PbTiO3", PLUMBATE, {"Pb": 2, "Ti": 4, "O": -2}, None, None, "PbTiO3")
    (offer,) = found(known, (0, 0, 1))
    assert offer.kind == "cleaved"
    assert offered([offer]) == (
        f"a slab with unlike faces and a dipole of {abs(offer.dipole):.3f} e/Å, for the cleavage energy"
    )


def test_a_symmetric_slab_with_nothing_over_needs_no_potential() -> None:
    """As of a face with too many places of mobile ions to enumerate: nothing is missing, and the line says so."""
    pair = [replace(each, over="", charge=0.0) for each in found(published("srtio3"), (0, 0, 1))[:2]]
    assert offered(pair) == "symmetric slabs"
    assert offered([replace(pair[0], charge=4.0), pair[1]]) == "symmetric slabs with a formal charge of +4 e"


def test_the_rejected_rows_of_a_study_say_what_there_is_instead(tmp_path: Path) -> None:
    """(001) of SrTiO3 in a study: each rejected cut names the command and what its slabs have over."""
    cif = tmp_path / "SrTiO3.cif"
    published("srtio3").crystal.structure.to(filename=str(cif))
    study = tmp_path / "study.yaml"
    study.write_text(
        "materials: {STO: {structure: SrTiO3.cif}}\nplanes: [[0, 0, 1]]\n"
        'engine: {calculator: "ase.calculators.lj:LennardJones"}\n'
    )
    plan = make_plan(load_study(study))
    assert plan.rejected
    assert not plan.slabs
    for _, rejection in plan.rejected:
        assert "`nzsp slabs CRYSTAL --plane 0,0,1` has 3 others" in rejection.reason
        assert "TiO2 or SrO over" in rejection.reason
