"""Sentences on values: how surface energies are defined, how sure they are, what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nzsp_surfaces.report.methods.asked import Asked, counted, joined, span, surfaces_of
from nzsp_surfaces.report.methods.computing import cite

_TRUNCATION = cite("robson1964truncation")
PARTS = {
    "thickness": "the change in thicker slabs with the same faces",
    "arrangements": f"the gap of the two lowest ways of sharing ions, some being left out{_TRUNCATION}",
    "seeds": f"the gap of the two lowest starts of an anneal{_TRUNCATION}",
    "engines": "half the range over engines",
    "snapshots": f"the gap of the two lowest moments of an anneal that were quenched{_TRUNCATION}",
}
"""What a part of a spread is."""


def definition(asked: Asked) -> Iterator[str]:
    """The equations that were used, and what stands beside them."""
    rows = asked.results.surface_energies
    formulas = dict.fromkeys(row.formula for row in rows if row.formula)
    if not formulas:
        return
    film = ", E_film of a formula unit of the film's compound as its own crystal" if any(r.film for r in rows) else ""
    film += (
        ", m_i and E_i the formula units of each of several films and their energies" if any(r.on for r in rows) else ""
    )
    yield (
        f"Surface energies are {joined(f'`{formula}`' for formula in formulas)}, where A is the area of one face, "
        f"E_slab the energy of the slab and E_bulk that of a formula unit of the relaxed "
        f"crystal{film}. Nothing is scaled."
    )
    late = [row for row in rows if row.gamma is not None and not row.converged]
    if late:
        yield f"Forces did not reach their limit on {surfaces_of(late)}."
    none = [row for row in rows if row.gamma is None]
    if none:
        yield f"There is no value for {surfaces_of(none)}."


def convergence(asked: Asked) -> Iterator[str]:
    """Series of thickness, vacuum, cutoff and k-points."""
    rows = asked.results.convergence
    thick = [row for row in rows if len(row.repeats) > 1]
    if thick:
        held = sum(bool(row.thickness_holds) for row in thick)
        yield (
            f"Slabs of {span(n for row in thick for n in row.repeats)} repeats that begin with the same relaxed faces "
            f"test the thickness, by a straight line of energy against formula units{cite('fiorentini1996slabs')}: on "
            f"{held} of {counted(len(thick), 'plane')} thicker slabs change nothing."
        )
    wide = [row for row in rows if len(row.vacuums) > 1]
    if wide:
        held, ends = sum(bool(row.vacuum_holds) for row in wide), span(v for row in wide for v in row.vacuums)
        yield f"With {ends} Å of vacuum nothing changes on {held} of {counted(len(wide), 'plane')}."
    yield from _solved([(row.cutoffs, row.cutoff_holds) for row in rows], "a cutoff of", "eV")
    yield from _solved([(row.kpoints, row.kpoints_hold) for row in rows], "k-points of", "Å")


def _solved(series: Sequence[tuple[Sequence[float], bool | None]], what: str, unit: str) -> Iterator[str]:
    """What a series that varies how a functional is solved says; nothing where there is none."""
    asked = [(values, held) for values, held in series if len(values) > 1]
    if asked:
        held, ends = sum(bool(held) for _, held in asked), span(value for values, _ in asked for value in values)
        yield (
            f"With {what} {ends} {unit}, for slab and bulk alike at the relaxed geometry, nothing changes on "
            f"{held} of {counted(len(asked), 'plane')}."
        )


def spread(asked: Asked) -> Iterator[str]:
    """What ± means, and where nothing tells it."""
    rows = [row for row in asked.results.surface_energies if row.gamma is not None]
    parts = dict.fromkeys(part for row in rows for part in row.spread_parts or ())
    if parts:
        summed = "the root of the sum of squares of " if len(parts) > 1 else ""
        yield f"The ± of a value is {summed}{joined(PARTS.get(part, part) for part in parts)}."
    unknown = [row for row in rows if row.spread is None]
    if unknown and len(unknown) < len(rows):
        yield f"For {counted(len(unknown), 'value')} nothing tells it."
    elif unknown:
        yield "Nothing tells how far off the values may be."


def potentials(asked: Asked) -> Iterator[str]:
    """Chemical potentials, and oxygen gas."""
    results = asked.results
    if results.terminations:
        varied = joined(dict.fromkeys(row.element for row in results.terminations))
        yield (
            f"Slabs off stoichiometry with two alike faces are compared along the chemical potential of {varied}, "
            f"between the bounds that competing phases relaxed by the same engine set{cite('reuter2001oxygen')}."
        )
    if results.wulff_path:
        yield "Shapes along it take the lowest termination of each plane."
    if results.diagrams:
        both = joined(dict.fromkeys(joined(row.elements) for row in results.diagrams), "or")
        yield f"Diagrams show the lowest termination of a plane in the potentials of {both}{cite('reuter2003two')}."
    if results.conditions:
        yield f"Oxygen is an ideal gas with the tabulated enthalpy and entropy{cite('chase1998janaf')}."


def shapes(asked: Asked) -> Iterator[str]:
    """Wulff shapes, and those within the spreads."""
    results = asked.results
    if not results.wulff:
        return
    packages = results.provenance.packages if results.provenance else {}
    version = f" {packages['wulffpack']}" if "wulffpack" in packages else ""
    yield f"Equilibrium shapes are Wulff constructions by WulffPack{version}{cite('rahm2020wulffpack')}."
    if results.sampled:
        count = span(shapes.count for shapes in results.sampled.values())
        yield f"Of {joined(results.sampled)}, {count} were drawn with energies normally distributed within their ±."
