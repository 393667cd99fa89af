"""A small results directory as `nzsp run` leaves it, with made-up values near Table 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.energies.along import shapes_along
from nzsp_surfaces.energies.construction import construction
from nzsp_surfaces.energies.sampling import sampled_shapes
from nzsp_surfaces.energies.wulff import capped_energies, wulff_shape
from nzsp_surfaces.engines.base import DynamicsSettings, Trajectory
from nzsp_surfaces.report.files import write_json, write_rows
from nzsp_surfaces.report.rows.calculations import BulkRow, DynamicsRow, FilmFaceRow
from nzsp_surfaces.report.rows.convergence import ConvergenceRow
from nzsp_surfaces.report.rows.energies import CandidateRow, SurfaceEnergyRow
from nzsp_surfaces.report.rows.films import FilmSeriesRow, film_series_rows
from nzsp_surfaces.report.rows.imported import RunRow, RunSource
from nzsp_surfaces.report.rows.mixtures import MixtureRow, SegregationRow
from nzsp_surfaces.report.rows.motion import FilmMotionRow
from nzsp_surfaces.report.rows.reactions import ReactionRow
from nzsp_surfaces.report.rows.reservoirs import ConditionRow, DiagramRow, StabilityRow, TerminationRow
from nzsp_surfaces.report.rows.slabs import RejectedRow, SlabRow
from nzsp_surfaces.report.rows.study import LAYOUT, ProfileUsed, Provenance, StudyHeader
from nzsp_surfaces.report.traces import write_frames
from nzsp_surfaces.slabs.faces import BrokenBonds, LostCoordination

PLANES: list[tuple[int, ...]] = [(1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1)]
COMPUTED = {"NZP": [0.66, 0.81, 1.04, 0.89], "NZS": [0.65, 0.83, 1.17, 0.85]}
PUBLISHED = {"NZP": [0.69, 0.86, 1.15, 0.97], "NZS": [0.67, 0.88, 1.26, 0.89]}
CAPPED = {"NZP": (0.41, 0.44), "NZS": (0.55, 0.58)}
COORDINATION = [5, 4, 5, 3]


def nzp() -> Structure:
    """NaZr2(PO4)3, R-3c, 108 atoms (Hagman and Kierkegaard 1968)."""
    sites = [(0, 0, 0), (0, 0, 0.1456), (0.2917, 0, 0.25), (0.1856, -0.0105, 0.1948), (0.1910, 0.1690, 0.0874)]
    return Structure.from_spacegroup("R-3c", Lattice.hexagonal(8.8045, 22.7585), ["Na", "Zr", "P", "O", "O"], sites)


def nzs() -> Structure:
    """Na4Zr2(SiO4)3, R-3c, 126 atoms."""
    sites = [
        (0, 0, 0),
        (0.636, 0, 0.25),
        (0, 0, 0.147),
        (0.292, 0, 0.25),
        (0.180, -0.030, 0.195),
        (0.195, 0.168, 0.088),
    ]
    species = ["Na", "Na", "Zr", "Si", "O", "O"]
    return Structure.from_spacegroup("R-3c", Lattice.hexagonal(9.1861, 22.181), species, sites)


def toy_slab(bulk: Structure, vacuum: float = 15.0) -> Structure:
    """One conventional cell with vacuum on top: no good slab, but one to draw."""
    a, _, c = bulk.lattice.abc
    fractions = bulk.frac_coords % 1.0
    fractions[:, 2] *= c / (c + vacuum)
    return Structure(Lattice.hexagonal(a, c + vacuum), bulk.species, fractions)


def write_results(directory: Path) -> Path:
    """Fill a directory with every file of the contract."""
    bulks = {"NZP": nzp(), "NZS": nzs()}
    for folder in ("structures", "traces"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for material, bulk in bulks.items():
        toy_slab(bulk).to(filename=str(directory / "structures" / f"{material}.vasp"), fmt="poscar")
    _write_trace(directory / "traces" / "anneal.csv")
    write_frames(toy_slab(bulks["NZP"]), anneal(toy_slab(bulks["NZP"])), directory, "anneal")
    write_json(directory / StudyHeader.FILE, _study().to_json())
    write_rows(directory, SlabRow, [row for material in bulks for row in _slabs(material)])
    write_rows(directory, RejectedRow, _rejected())
    formulas = {"NZP": "NaZr2(PO4)3", "NZS": "Na4Zr2(SiO4)3"}
    write_rows(directory, BulkRow, [_bulk(material, formulas[material], bulk) for material, bulk in bulks.items()])
    write_rows(directory, SurfaceEnergyRow, [row for material in bulks for row in energies(material)])
    write_rows(directory, FilmSeriesRow, film_series_rows([r for m in bulks for r in energies(m)], formulas))
    write_rows(directory, CandidateRow, _candidates())
    write_rows(directory, ConvergenceRow, [convergence_row("NZP", plane) for plane in PLANES])
    _write_reservoirs(directory)
    _write_reactions(directory)
    write_rows(directory, SegregationRow, [segregation_row()])
    write_rows(directory, MixtureRow, [mixture_row(x, above) for x, above in ((0.0, 0.0), (1.5, 0.05), (3.0, 0.0))])
    write_rows(directory, FilmFaceRow, [row for material in bulks for row in films(material)])
    write_rows(directory, DynamicsRow, [_dynamics(material, seed) for material in bulks for seed in (1, 2)])
    write_rows(directory, FilmMotionRow, [_motion("NZP", 500.0), _motion("NZP", 800.0)])
    write_rows(directory, RunRow, [_run("bulk", "bulk", None), _run("slab", "slab", PLANES[0])])
    write_json(directory / "wulff.json", _wulff(bulks))
    write_json(directory / "wulff_spread.json", _sampled(bulks["NZP"]))
    write_json(directory / Provenance.FILE, _provenance().to_json())
    return directory


def energies(material: str) -> list[SurfaceEnergyRow]:
    """Rows of surface_energies.json of one material, the capped plane last."""
    rows = list(zip(PLANES, COMPUTED[material], PUBLISHED[material], strict=True))
    bare = [_energy(material, plane, None, gamma, paper) for plane, gamma, paper in rows]
    return [*bare, _energy(material, PLANES[0], "Na3PO4", *CAPPED[material])]


def _study() -> StudyHeader:
    engine = {"engine": {"name": "sevennet-0", "model": "7net-0", "version": "0.13.0"}}
    bulks = {"NZP": ("P", nzp()), "NZS": ("Si", nzs())}
    resolved = {
        "materials": {
            name: {
                "crystal": {"structure": {"elements": [site.specie.symbol for site in bulk]}},
                "polyanions": [{"centre": centre, "ligand": "O", "count": 4}],
            }
            for name, (centre, bulk) in bulks.items()
        },
        "films": {"Na3PO4": {"structure": {"elements": ["Na", "P", "O"]}, "settings": {"planes": [PLANES[0]]}}},
        "study": {"planes": PLANES},
        "profile": {"slab_force": 0.05, "longest_anneal": 500.0, "relaxed": 1, "placements": 8},
        "engines": [engine] * 4,
    }
    return StudyHeader(
        layout=LAYOUT, version="0.2.0", identity="3f9c2a", profile="quick", name="Table 1", resolved=resolved
    )


def _names(material: str, miller: tuple[int, ...], film: str | None) -> dict[str, Any]:
    name = f"{material}-{''.join(map(str, miller))}" + (f"-{film}" if film else "")
    return {"id": name, "material": material, "miller": miller, "film": film}


def _energy(material: str, miller: tuple[int, ...], film: str | None, gamma: float, paper: float) -> SurfaceEnergyRow:
    return SurfaceEnergyRow(
        **_names(material, miller, film),
        n_film_units=4 if film else 0,
        gamma=gamma,
        gamma_published=paper,
        converged=not (film and material == "NZS"),
        engine="sevennet",
        model="SevenNet-0",
        formula="[E_slab - 4 E_bulk" + (" - 4 E(Na3PO4)" if film else "") + "] / (2 A)",
        area=82.5,
        structure=f"structures/{material}.vasp",
        reason=None,
        is_dft=False,
        energy_left=0.5,
        gamma_foretold=gamma - 0.008,
        gamma_before=gamma + 0.03,
        engine_before="chgnet 0.3.0",
        spread=0.03 if material == "NZP" and not film else None,
        spread_parts={"thickness": 0.03} if material == "NZP" and not film else {},
        film_compound=film,
        coverage=2.42 if film else None,
    )


def _slabs(material: str) -> list[SlabRow]:
    surfaces = [(plane, None, n) for plane, n in zip(PLANES, COORDINATION, strict=True)] + [(PLANES[0], "Na3PO4", 6)]
    return [slab_row(material, plane, film, coordination) for plane, film, coordination in surfaces]


def slab_row(material: str, plane: tuple[int, ...], film: str | None, coordination: int) -> SlabRow:
    """A row of slabs.json."""
    return SlabRow(
        **_names(material, plane, film), identity="3f3db5b7e1", n_atoms=72, n_formula_units=4,
        n_film_units=4 if film else 0, area=82.5, thickness=12.84, vacuum=15.0, position=0.5, symmetric=True,
        layer_group="p2_111 (9)", dipole=-1e-9, tasker="III", surface_coordination={"Zr": coordination},
        broken_bonds_per_area=0.0242, broken_valence_per_area=0.0311,
        broken_bonds=(BrokenBonds("Zr", "O", 0.0242, 0.0311),),
        lost_coordination=(LostCoordination("Zr", "Zr1", 6, coordination, 2.0),),
        mobile_per_area={"Na": 0.0124}, shared="1 of 2 Na", termination=1, arrangement=1, n_arrangements=1,
        electrostatic=0.0, structure=f"structures/{material}.vasp",
    )  # fmt: skip


def _rejected() -> list[RejectedRow]:
    reasons = ["cuts 3 PO4 groups", "polar: 0.31 e/Å along the normal", "no operation maps one face on the other"]
    return [
        RejectedRow(material="NZP", miller=plane, position=0.1 * n, reason=reason)
        for plane in PLANES
        for n, reason in enumerate(reasons)
    ]


def _bulk(material: str, formula: str, structure: Structure) -> BulkRow:
    return BulkRow(
        id=material, material=material, formula=formula, space_group="R-3c", space_group_relaxed="R-3c",
        lattice=(*structure.lattice.abc, *structure.lattice.angles), energy_per_formula_unit=-142.1234,
        max_force=0.0087, converged=True, structure=f"structures/{material}.vasp",
    )  # fmt: skip


def convergence_row(material: str, plane: tuple[int, ...]) -> ConvergenceRow:
    """A row of convergence.json."""
    gammas = (0.65, 0.66, 0.655)
    return ConvergenceRow(
        id=f"{material}-{plane}", material=material, miller=plane, repeats=(2, 3, 4), gammas=gammas, gamma_fit=0.652,
        gamma_direct=0.655, bulk_mismatch=0.4, fit_error=0.003, oscillation=0.0, thickness_holds=True,
        cheapest_repeats=2.0, thickness_verdict="2 repeats suffice", vacuums=(10.0, 15.0),
        vacuum_gammas=(0.651, 0.65), vacuum_holds=True,
        cheapest_vacuum=10.0, vacuum_verdict="10 Å of vacuum suffice", cutoffs=(500.0, 600.0),
        cutoff_gammas=(0.657, 0.655), cutoff_holds=True, cheapest_cutoff=500.0,
        cutoff_verdict="500 eV of cutoff suffice", kpoints=(10.0, 20.0), kpoints_gammas=(0.66, 0.655),
        kpoints_hold=True, cheapest_kpoints=10.0, kpoints_verdict="10 Å of k-points suffice", notes=(),
    )  # fmt: skip


def _write_reactions(directory: Path) -> None:
    """One reaction of a film, made up, and one that lacks a phase."""
    parts: dict[str, Any] = {"reactants": {"NZP": 1 / 3, "Na2O": 4 / 3}, "products": {"Na3PO4": 1.0, "ZrO2": 2 / 3}}
    equation = "1/3 NaZr2(PO4)3 + 4/3 Na2O → Na3PO4 + 2/3 ZrO2"
    rows = [
        ReactionRow(equation=equation, **parts, energy=-2.5, molar=-241.2, reason=None),
        ReactionRow(equation=equation, **parts, energy=None, molar=None, reason="Na2O not computed"),
    ]
    write_rows(directory, ReactionRow, rows)


def segregation_row() -> SegregationRow:
    """A row of segregation.json."""
    return SegregationRow(
        mixture="NaSICON", material="NZS", miller=PLANES[0], film=None, leaves="Si", comes="P", vacant="Na",
        depths=(1.3, 3.2, 5.1), energies=(-0.2, 0.05, 0.0), notes=("NZS/1-102/segregation/2: not converged",),
    )  # fmt: skip


def mixture_row(x: float, above: float) -> MixtureRow:
    """A row of mixtures.json."""
    return MixtureRow(
        mixture="NaSICON", x=x, formula="Na5Zr4Si3(PO8)3", n_atoms=39, n_drawn=200, n_distinct=2, n_tried=8,
        n_composed=24, side_by_side=above - 0.01, way="exchanged", moved=1.2,
        above=(above, above + 0.02), lowest=above, spread=0.02, electrostatic=-897.9, accepted=3,
        occupied={"Na on Na1": 1.0, "Na on Na2": 0.5}, space_group="P1", structure="structures/NZP.vasp",
        notes=("NaSICON-x1.5/mixture/1: not converged",),
    )  # fmt: skip


def _write_reservoirs(directory: Path) -> None:
    """What chemical potentials decide of NZP, made up."""
    names: dict[str, Any] = {"material": "NZP", "miller": PLANES[0], "film": None}
    slab: dict[str, Any] = {"counts": {"Na": 2.0}, "energy": -500.0, "area": 82.5, "element": "O"}
    lines = {"": (0.66,) * 4, "2 O": (0.9, 0.8, 0.6, 0.5)}
    path = (-7.2, -7.0, -5.0, -4.8)
    write_rows(
        directory, StabilityRow, [StabilityRow(material="NZP", lower={"O": -7.0}, upper={"O": -5.0}, notes=("x",))]
    )
    terminations = [
        TerminationRow(
            **names, over=over, **slab, potentials=path, gammas=gammas, lowest=None if over else (-7.0, -5.0)
        )
        for over, gammas in lines.items()
    ]
    write_rows(directory, TerminationRow, terminations)
    made = construction(nzp(), zip(PLANES, COMPUTED["NZP"], strict=True))
    falling = [(PLANES[0], (0.66, 0.66, 0.5)), *((p, (g,) * 3) for p, g in zip(PLANES, COMPUTED["NZP"], strict=True))]
    along = shapes_along(made, "O", (-7.0, -6.0, -5.0), falling)
    write_json(directory / "wulff_path.json", {"NZP": along.as_dict()})
    grid: dict[str, Any] = {"elements": ("O", "Na"), "terminations": ("", "2 O")}
    lowest = ((None, 0, 0), (0, 0, 1), (0, 1, None))
    axes: dict[str, Any] = {"potentials_first": (-7.0, -6.0, -5.0), "potentials_second": (-3.0, -2.0, -1.0)}
    write_rows(directory, DiagramRow, [DiagramRow(**names, **grid, **axes, lowest=lowest)])
    gas: dict[str, Any] = {
        "temperature": 900.0,
        "pressure": 0.2,
        "potential": -1.05,
        "lowest": None,
        "gamma": None,
        "absolute": -5.98,
    }
    write_rows(directory, ConditionRow, [ConditionRow(**names, **gas)])


def _candidates() -> list[CandidateRow]:
    return [
        CandidateRow(
            **{**_names("NZS", PLANES[3], None), "id": f"NZS-0001-{n}"}, gamma=0.85 + 0.07 * n, converged=n < 3,
            selected=n == 0, note=f"arrangement {n} of the shared Na",
        )
        for n in range(4)
    ]  # fmt: skip


def films(material: str) -> list[FilmFaceRow]:
    """Rows of films.json of one material."""
    stages = {"start": [6, 5, 6, 5], "annealed": [6, 6, 6, 5], "relaxed": [6, 6, 6, 6]}
    names = _names(material, PLANES[0], "Na3PO4")
    return [
        FilmFaceRow(**names, stage=stage, face=face, coordination={"Zr": counts}, tetrahedra_whole=True)
        for face in ("bottom", "top")
        for stage, counts in stages.items()
    ]


def _dynamics(material: str, seed: int) -> DynamicsRow:
    return DynamicsRow(
        **_names(material, PLANES[0], "Na3PO4"), seed=seed, temperature=500.0, mean_temperature=494.2, timestep=2.0,
        duration=500.0, thermostat="Langevin, 0.01 / fs", trace="traces/anneal.csv",
        trajectory="traces/anneal.xyz" if material == "NZP" else None,
    )  # fmt: skip


def anneal(start: Structure) -> Trajectory:
    """Every atom at its own velocity for eleven moments."""
    velocities = np.random.default_rng(3).normal(0, 0.002, (len(start), 3))
    times = np.linspace(0.0, 200.0, 11)
    frames, trace = start.cart_coords + times[:, None, None] * velocities, np.zeros((11, 3))
    trace[:, 0] = times
    settings, engine = DynamicsSettings(500.0, 200.0, 20.0), EngineIdentity("emt", "", "1")
    return Trajectory(start, trace, engine, settings, settings.thermostat, frames, 20.0)


def _motion(material: str, temperature: float) -> FilmMotionRow:
    hot, times = temperature / 500, [20.0 * n for n in range(11)]
    names = _names(material, PLANES[0], "Na3PO4") | ({"id": f"{material}-hot"} if hot > 1 else {})
    return FilmMotionRow(
        **names, temperature=temperature, lost=None, equilibrated_after=40.0, independent=31.0, times=times,
        to_slab=[5.0 - 0.01 * n for n in range(11)], to_film=[1.0] * 11, whole_slab=[1.0] * 11, whole_film=[0.75] * 11,
        heights=[-1.0, 0.0, 1.0], densities={"Na": [0.01, 0.02, 0.01], "O": [0.05, 0.06, 0.05]}, lags=times[:6],
        in_plane={"film": [0.1 * hot * n for n in range(6)]}, normal={"film": [0.05 * n for n in range(6)]},
        diffusion={"film": 2.5e-5} if hot > 1 else {}, no_diffusion={} if hot > 1 else {"film": "0.4 hops of 2.5 Å"},
    )  # fmt: skip


def _run(path: str, kind: str, miller: tuple[int, ...] | None) -> RunRow:
    source = RunSource(
        path=path,
        kind=kind,
        formula="NaZr2(PO4)3",
        converged=True,
        energy=-700.0,
        force=0.01,
        reason=None,
        miller=miller,
    )
    return RunRow.made_from(source)


def _write_trace(path: Path) -> None:
    noise, time = np.random.default_rng(7), np.arange(0.0, 500.0, 2.0)
    temperature = 500 * (1 - np.exp(-time / 40)) + 35 * noise.standard_normal(len(time))
    energy = -812 - 3 * (1 - np.exp(-time / 120)) + 0.5 * noise.standard_normal(len(time))
    table = np.column_stack([time, temperature, energy])
    np.savetxt(path, table, delimiter=",", header="time_fs,temperature_K,potential_energy_eV", comments="", fmt="%.4f")


def _wulff(bulks: dict[str, Structure]) -> dict[str, Any]:
    shapes = {}
    for material, bulk in bulks.items():
        bare = dict(zip(PLANES, COMPUTED[material], strict=True))
        capped = capped_energies(bare, {PLANES[0]: CAPPED[material][0]})
        shapes[material] = wulff_shape(bulk, bare.items()).as_dict()
        shapes[f"{material}+Na3PO4"] = wulff_shape(bulk, capped.items()).as_dict()
    return shapes


def _sampled(bulk: Structure) -> dict[str, Any]:
    made = construction(bulk, zip(PLANES, COMPUTED["NZP"], strict=True))
    return {"NZP": sampled_shapes(made, dict.fromkeys(PLANES[:3], 0.05), count=50).as_dict()}


def _provenance() -> Provenance:
    settings = {"anneal_time": 500, "force_limit": 0.05, "seeds": 2}
    return Provenance(
        program="nzsp_surfaces", version="0.2.0", python="3.11.7", platform="Linux-6.1-x86_64",
        packages={"ase": "3.29.0", "pymatgen": "2026.10.24", "sevenn": "0.13.0", "torch": "2.9.1"},
        engine="sevennet", model="SevenNet-0", engine_version="0.13.0", anneal_engine="sevennet", device="cpu",
        profile=ProfileUsed("quick", "0.5 ps of dynamics, forces below 0.05 eV/Å", settings),
        seeds=(1, 2), study_identity="3f9c2a", reference="the paper", command="nzsp run table1.yaml",
        started="2026-11-23 16:04", finished="2026-11-23 16:09", wall_seconds=281.3, calculations=46,
        repeated_from_disk=0, core_seconds={"bare": 250.0}, failures={},
    )  # fmt: skip
