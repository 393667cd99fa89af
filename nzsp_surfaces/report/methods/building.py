"""Sentences on crystals, slabs, shared ions and films: how they were chosen, built and relaxed."""

from __future__ import annotations

from collections.abc import Iterator

from nzsp_surfaces.dynamics.diffusion import HOP, HOPS
from nzsp_surfaces.report.methods.asked import Asked, counted, joined, planes_of, span, surfaces_of
from nzsp_surfaces.report.methods.computing import cite
from nzsp_surfaces.report.rows.calculations import BulkRow, DynamicsRow
from nzsp_surfaces.slabs.hopping import Hop
from nzsp_surfaces.slabs.jumping import Jump
from nzsp_surfaces.study.schema import FilmKeys
from nzsp_surfaces.tasks.film import PLACEMENT_STEPS
from nzsp_surfaces.tasks.walk import STEEP

WAYS = {
    "grown": "in the places where the crystal's own anions would have gone on, or, where these have no room, at the "
    "density of its own crystal",
    "melted": "at random places at the density of its own crystal",
    "matched": f"as a slab of its own crystal, matched to the face{cite('zur1984lattice')} and strained onto it",
    "all": "in the crystal's places, at random ones, and as a slab of its own crystal, all competing",
}


def crystals(asked: Asked) -> Iterator[str]:
    """Relaxed crystals, and where their structures come from."""
    rows = asked.results.bulk
    if not rows:
        return
    names = joined(_crystal(row) for row in rows)
    limit = f" until no force exceeded {asked.profile.bulk_force:g} eV/Å" if asked.profile else ""
    verb = "was" if len(rows) == 1 else "were"
    computed = "taken from imported runs" if asked.results.runs else f"relaxed together with the cell{limit}"
    yield f"{names} {verb} {computed}; the largest force left is {max(row.max_force for row in rows):.2g} eV/Å."
    late = [row.material for row in rows if not row.converged]
    if late:
        yield f"Not converged: {joined(late)}."


def _crystal(row: BulkRow) -> str:
    was = (
        row.space_group
        if row.space_group == row.space_group_relaxed
        else (f"{row.space_group}, after the relaxation {row.space_group_relaxed}")
    )
    return f"{row.material} ({', '.join(part for part in (row.formula, was) if part and part != row.material)})"


def slabs(asked: Asked) -> Iterator[str]:
    """Which slabs were cut, and by which rules."""
    rows, options = [row for row in asked.results.slabs if row.film is None], asked.slabs
    if not rows or asked.going_on:
        return
    alike = " whose faces an operation of the crystal maps on each other" if all(r.symmetric for r in rows) else ""
    least = f", at least {options.thickness:g} Å of the framework" if options else ""
    yield (
        f"Stoichiometric slabs{alike} were cut parallel to {planes_of(row.miller for row in rows)}: "
        f"{span([row.thickness for row in rows], 1)} Å thick{least}, {span(row.n_atoms for row in rows)} atoms, "
        f"{span([row.vacuum for row in rows], 1)} Å of vacuum."
    )
    groups = joined(dict.fromkeys(_polyanions(asked)))
    kept = f"{groups} groups were kept whole; " if groups else ""
    yield f"{kept}{counted(len(asked.results.rejected), 'other cut')} broke a rule."


def _polyanions(asked: Asked) -> list[str]:
    materials = asked.resolved.get("materials", {}).values()
    groups = [group for material in materials for group in material.get("polyanions", ())]
    return [f"{group['centre']}{group['ligand']}{group['count']}" for group in groups]


def arrangements(asked: Asked) -> Iterator[str]:
    """How mobile ions were shared between the faces, and how slabs were relaxed."""
    profile, options = asked.profile, asked.slabs
    if profile is None or options is None or asked.going_on:
        return
    shared = [row for row in asked.results.slabs if row.film is None and row.n_arrangements > 1]
    limit = f"until no force exceeded {profile.slab_force:g} eV/Å, for at most {profile.max_steps} steps"
    if not shared:
        yield f"Slabs were relaxed {limit}."
        return
    ranked = f"{profile.screen_steps} steps of relaxation ranked them"
    if profile.search is not None:
        ranked = f"successive halving{cite('jamieson2016halving')} over longer and longer relaxations ranked them"
    yield (
        f"Where a cut runs through mobile ions, on {surfaces_of(shared)}, they were shared between "
        f"the faces in up to {profile.search or options.arrangements} ways of the lowest electrostatic energy; where "
        f"there were more than {profile.relaxed}, {ranked}, and the best "
        f"{profile.relaxed} {'was' if profile.relaxed == 1 else 'were'} relaxed {limit}. The lowest energy counts."
    )


def annealed(asked: Asked) -> Iterator[str]:
    """How bare slabs were annealed, where a study asks for it."""
    runs = [row for row in asked.results.dynamics if row.film is None and row.miller]
    if runs:
        yield (
            f"The lowest slab of each bare plane was annealed at {_runs(runs)}, each face free, and relaxed; both "
            "faces were made like the better one, and the slab was relaxed again. It counts where that is lower."
        )


def walked(asked: Asked) -> Iterator[str]:
    """How faces went on from valley to valley, where a study asks for it."""
    profile = asked.profile
    if profile is None or not profile.walks or asked.going_on:
        return
    which = "The lowest slab" if profile.relaxed == 1 else f"Each of the lowest {profile.relaxed} slabs"
    films = ", and each covered slab that had been made alike," if asked.films else ""
    steps = [counted(count, name) for count, name in ((profile.jumps, "jump"), (profile.hops, "hop")) if count]
    yield f"{which} of a bare plane{films} made {joined(steps)}{cite('wales1997basin', 'leary2000funneling')}."
    if profile.jumps:
        yield _jumped(Jump())
    if profile.hops:
        yield _hopped(Hop(), ", or belongs to a film," if asked.films else "")
    yield "After each, both faces alike, the slab was relaxed, and what was lower was gone on with."


def _jumped(jump: Jump) -> str:
    return (
        f"At each jump one mobile ion went to another place at its face, no deeper than {jump.below:g} Å and at least "
        f"{jump.far:g} Å away, to one that costs less than {STEEP:g} eV before the slab is relaxed where there was one."
    )


def _hopped(hop: Hop, inside: str) -> str:
    return (
        f"At each hop about {hop.share:.0%} of what lies within {hop.depth:g} Å of a face{inside} moved, polyanions "
        f"turned by {hop.angle:g}° and other ions shifted by {hop.shift:g} Å in each direction (standard deviations)."
    )


def going_on(asked: Asked) -> Iterator[str]:
    """Which slabs of another run were gone on with."""
    keys = asked.going_on
    if keys is None:
        return
    before = dict.fromkeys(row.engine_before for row in asked.results.surface_energies if row.engine_before)
    whose = f" by {joined(before)}" if before else ""
    alone = keys.get("how") == "single-point"
    yield (
        f"Slabs were not cut anew: the best of a finished run{whose} were put on the lattice of this engine's crystal "
        f"and {'computed as they stand, without relaxing them' if alone else 'relaxed further'}."
    )
    if asked.profile and not alone:
        yield f"Their relaxation ended where no force exceeded {asked.profile.slab_force:g} eV/Å."


def films(asked: Asked) -> Iterator[str]:
    """How films were laid on, annealed and quenched."""
    for name, keys in asked.films.items():
        covered = [row for row in asked.results.surface_energies if row.film == name and row.gamma is not None]
        runs = [row for row in asked.results.dynamics if row.film == name and row.miller]
        if covered and not asked.going_on:
            units = span(row.n_film_units for row in covered)
            both = f"with {units} formula units on both faces together, {_laid(keys)}"
            yield f"{name} covers {_beneath(keys)}{surfaces_of(covered)} {both}."
            yield from _annealed(asked, runs)
            if keys.quenched > 1 and runs:
                earlier = counted(keys.quenched - 1, "earlier moment")
                yield f"The same was done from {earlier} of each anneal; the lowest energy counts."
            yield from _diffusion(asked, name)
            yield from _reference(asked, name)


def _beneath(keys: FilmKeys) -> str:
    """The film on which another one lies, and which slab of it was taken."""
    if keys.on is None:
        return ""
    return f"the lowest slab under {keys.on} that is converged and alike on both faces, which is again annealed, on "


def _laid(keys: FilmKeys) -> str:
    assert isinstance(keys.layers, int)  # a study that names several is read as so many films
    layers = counted(keys.layers, "layer") if keys.way == "matched" else f"{counted(keys.layers, 'layer')} of anions"
    amount = f"{keys.units} formula units" if keys.units else layers
    return f"{amount} a face {WAYS[keys.way]}"


def _annealed(asked: Asked, runs: list[DynamicsRow]) -> Iterator[str]:
    """The starts of a film: from placements by dynamics to two equal faces."""
    profile = asked.profile
    if not runs or profile is None:
        return
    starts = max(sum(_beside(row, one) for row in runs) for one in runs)
    each = "a plane" if len({row.temperature for row in runs}) == 1 else "a plane and temperature"
    ranked = f"of {profile.placements} seeded placements of cations, ranked by {PLACEMENT_STEPS} steps of relaxation, "
    yield (
        f"{_first(ranked) if profile.placements > starts else ''}{counted(starts, 'start')} {each} "
        f"{'was' if starts == 1 else 'were'} annealed at {_runs(runs)}; then the slab was relaxed, both faces were "
        f"made like the better one, and the slab was relaxed again, until no "
        f"force exceeded {profile.slab_force:g} eV/Å."
    )


def _beside(row: DynamicsRow, one: DynamicsRow) -> bool:
    """Whether two anneals differ in their start alone."""
    return (row.material, row.miller, row.temperature) == (one.material, one.miller, one.temperature)


def _runs(runs: list[DynamicsRow]) -> str:
    """Temperature, time and thermostat of dynamics."""
    thermostats = joined(dict.fromkeys(row.thermostat for row in runs))
    return (
        f"{span(row.temperature for row in runs)} K for {span([row.duration / 1000 for row in runs], 2)} ps in steps "
        f"of {span([row.timestep for row in runs], 1)} fs ({thermostats})"
    )


def _diffusion(asked: Asked, name: str) -> Iterator[str]:
    """When a run of a film shows a coefficient of diffusion."""
    if any(row.film == name and (row.diffusion or row.no_diffusion) for row in asked.results.film_motion):
        yield (
            "A coefficient of diffusion is told where the squared displacements of its mobile ions in the plane are "
            f"{HOPS} squares of a hop of {HOP:g} Å or more, all ions together{cite('he2018variances')}, and grow "
            "with time."
        )


def _reference(asked: Asked, name: str) -> Iterator[str]:
    """What the energy of a film's compound is."""
    cells = [row for row in asked.results.dynamics if row.film == name and row.miller is None]
    annealed = f" and of {counted(len(cells), 'larger cell')} annealed at {_runs(cells)}" if cells else ""
    yield f"The energy of its compound is the lowest of the given cell{annealed}, each relaxed with its cell."


def _first(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
