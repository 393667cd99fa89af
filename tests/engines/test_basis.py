"""An engine at another cutoff or with other k-points differs in that alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nzsp_surfaces.engines.ase.program import ProgramCalculator
from nzsp_surfaces.engines.base import Basis
from nzsp_surfaces.engines.cp2k.calculator import Cp2kCalculator
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings
from nzsp_surfaces.engines.gpaw.calculator import GpawCalculator
from nzsp_surfaces.engines.gpaw.settings import GpawSettings
from nzsp_surfaces.engines.vasp.settings import at_basis, default_settings, other_than_default

PROGRAMS = [
    (GpawCalculator(GpawSettings(), "", Path()), "length", 1.0),
    (Cp2kCalculator(Cp2kSettings(), "", Path()), "repeat", 13.605693),
]


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is no longer the same."""
    return {name: value for name, value in after.items() if before[name] != value}


@pytest.mark.parametrize(("program", "mesh", "unit"), PROGRAMS)
def test_a_program_says_what_it_is_solved_with(program: ProgramCalculator, mesh: str, unit: float) -> None:
    """So that a slab at one cutoff, asked for in eV, is never compared with a bulk at another."""
    higher = changed(program.compared, program.at(Basis(cutoff=333.0)).compared)
    assert higher == {"cutoff": pytest.approx(333.0 / unit)}
    assert changed(program.compared, program.at(Basis(kpoints=11.0)).compared) == {mesh: 11.0}
    assert program.at(Basis()).compared == program.compared


def test_vasp_takes_a_mesh_for_the_gamma_point_alone() -> None:
    """Where k-points are asked for; a cutoff leaves them as they are."""
    dynamics = default_settings("aimd")
    assert other_than_default(at_basis(dynamics, Basis(cutoff=400.0))) == {"incar": {"ENCUT": 400.0}}
    assert other_than_default(at_basis(dynamics, Basis(kpoints=15.0))) == {"kpoint_length": 15.0, "gamma_only": False}
