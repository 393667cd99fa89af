"""Laws of covered slabs that hold whatever computes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.energies.surface import capped_surface_energy, surface_energy
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.films.compound import film_compound
from nzsp_surfaces.films.cover import cap
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs
from support.crystals import published

VACUUM = 12.0


def quiet(_step: int, _force: float) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def relaxed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Calculation]:
    """Magnesia, its (100) slab, the same with a layer of magnesia grown on each face, and the slab so much thicker."""
    magnesia, engine = published("periclase"), choose("chgnet", {}, "test").make({})
    film, crystal = film_compound("MgO", magnesia.crystal), magnesia.crystal
    settings = RelaxSettings(0.01, 200)
    cuts = {d: cut_slabs(crystal, (1, 0, 0), (), frozenset(), SlabOptions(thickness=d))[0][0] for d in (7.0, 11.5)}
    thin = cuts[7.0]
    covered = {n: cap(thin, crystal, (), frozenset(), film, 1, VACUUM, 1, Laying(units=n)) for n in (0, 1)}
    structures = {
        "bulk": crystal.structure,
        "thin": build(thin, crystal, VACUUM),
        "none": covered[0].structure,
        "grown": covered[1].structure,
        "thick": build(cuts[11.5], crystal, VACUUM),
    }
    folders = tmp_path_factory.mktemp("laws")
    return {name: engine.relax(each, settings, _made(folders / name), quiet) for name, each in structures.items()}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def area(slab: Calculation) -> float:
    """Å² of one face."""
    return float(slab.structure.volume / slab.structure.lattice.c)


@pytest.mark.slow
def test_no_film_has_the_bare_energy_to_the_last_digit(relaxed: dict[str, Calculation]) -> None:
    """Coverage zero is the bare face."""
    bare = surface_energy(relaxed["thin"], relaxed["bulk"], area(relaxed["thin"])).gamma
    none = capped_surface_energy(relaxed["none"], relaxed["bulk"], relaxed["bulk"], 0, area(relaxed["none"])).gamma
    assert none == bare


@pytest.mark.slow
def test_a_film_of_the_crystals_own_compound_is_a_thicker_slab(relaxed: dict[str, Calculation]) -> None:
    """Grown in registry it has the surface energy of the bare slab that is two layers thicker, within 0.01 J/m²."""
    grown, thick = relaxed["grown"], relaxed["thick"]
    covered = capped_surface_energy(grown, relaxed["bulk"], relaxed["bulk"], 2, area(grown)).gamma
    bare = surface_energy(thick, relaxed["bulk"], area(thick)).gamma
    assert grown.structure.composition == thick.structure.composition
    assert covered == pytest.approx(bare, abs=0.01)
