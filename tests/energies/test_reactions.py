"""A reaction conserves atoms, its energy does not depend on how cells are written, and what cannot be is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Composition, Lattice, Structure

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import Incomparable, UserError
from nzsp_surfaces.energies.reactions import balanced, reaction_energy

PHASES = {
    name: Composition(name) for name in ("NaZr2P3O12", "Na4Zr2Si3O12", "Na2O", "Na3PO4", "ZrO2", "ZrSiO4", "ZrP2O7")
}
REACTIONS = {
    "NaZr2P3O12 + 4 Na2O → 3 Na3PO4 + 2 ZrO2": (("NaZr2P3O12", "Na2O"), ("Na3PO4", "ZrO2")),
    "NaZr2P3O12": (("NaZr2P3O12",), ("Na3PO4", "ZrP2O7", "ZrO2")),
    "2 Na4Zr2Si3O12": (("NaZr2P3O12", "Na4Zr2Si3O12"), ("Na3PO4", "ZrSiO4")),
}


def compositions(names: tuple[str, ...]) -> dict[str, Composition]:
    """Of one side."""
    return {name: PHASES[name] for name in names}


def computed(formula: str, energy_of_an_atom: float, cells: int = 1) -> Calculation:
    """A crystal of so many formula units, whose energy is that of its atoms."""
    symbols = [str(e) for e, n in Composition(formula).items() for _ in range(int(n) * cells)]
    structure = Structure(Lattice.cubic(10.0), symbols, np.random.default_rng(0).random((len(symbols), 3)))
    engine = EngineIdentity("emt", "", "1")
    zero = np.zeros((len(symbols), 3))
    return Calculation(structure, energy_of_an_atom * len(symbols), zero, True, 0.0, 1, engine)


@pytest.mark.parametrize(("reactants", "products"), REACTIONS.values())
def test_a_reaction_conserves_every_element(reactants: tuple[str, ...], products: tuple[str, ...]) -> None:
    """And is of one formula unit of the first product."""
    found = balanced(compositions(reactants), compositions(products))
    assert found.products[products[0]] == pytest.approx(1.0)
    for element in {e for name in (*reactants, *products) for e in PHASES[name]}:
        before = sum(n * PHASES[name][element] for name, n in found.reactants.items())
        assert before == pytest.approx(sum(n * PHASES[name][element] for name, n in found.products.items()))


def test_the_equation_is_what_a_chemist_writes() -> None:
    """Per formula unit of the first product, in fractions."""
    found = balanced(compositions(("NaZr2P3O12", "Na2O")), compositions(("Na3PO4", "ZrO2")))
    assert found.equation({name: name for name in PHASES}) == "1/3 NaZr2P3O12 + 4/3 Na2O → Na3PO4 + 2/3 ZrO2"


def test_energies_follow_hess_whatever_the_cells() -> None:
    """Where each atom has one energy wherever it is, nothing is gained; what a phase lies higher, its amount gains."""
    reaction = balanced(compositions(("NaZr2P3O12", "Na2O")), compositions(("Na3PO4", "ZrO2")))
    phases = {
        name: computed(name, -2.0, cells) for cells, name in enumerate((*reaction.reactants, *reaction.products), 1)
    }
    assert reaction_energy(reaction, phases) == pytest.approx(0.0, abs=1e-9)
    higher = replace(phases["Na2O"], energy=phases["Na2O"].energy + 0.6)  # two formula units: 0.3 eV each
    assert reaction_energy(reaction, phases | {"Na2O": higher}) == pytest.approx(-0.3 * 4 / 3)


def test_energies_of_different_settings_make_no_reaction() -> None:
    """As with surface energies."""
    reaction = balanced(compositions(("NaZr2P3O12", "Na2O")), compositions(("Na3PO4", "ZrO2")))
    phases = {name: computed(name, -2.0) for name in (*reaction.reactants, *reaction.products)}
    other = replace(phases["Na2O"], settings={"cutoff": 400.0})
    with pytest.raises(Incomparable, match="different settings"):
        reaction_energy(reaction, phases | {"Na2O": other})


@pytest.mark.parametrize(
    ("reactants", "products", "why"),
    [
        (("NaZr2P3O12",), ("Na3PO4", "ZrO2"), "cannot be balanced"),
        (("NaZr2P3O12", "ZrO2"), ("Na3PO4", "Na2O"), "the other side"),
        (("NaZr2P3O12", "Na2O", "ZrSiO4"), ("Na3PO4", "ZrO2"), "takes no part"),
        (("NaZr2P3O12", "Na4Zr2Si3O12", "Na2O"), ("Na3PO4", "ZrSiO4", "ZrO2"), "more than one way"),
    ],
)
def test_what_cannot_react_so_is_refused(reactants: tuple[str, ...], products: tuple[str, ...], why: str) -> None:
    """A missing phase, one on the wrong side, one that is idle, two reactions in one."""
    with pytest.raises(UserError, match=why):
        balanced(compositions(reactants), compositions(products))
