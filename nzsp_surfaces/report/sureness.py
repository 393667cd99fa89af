"""How sure surface energies are, in lines: converged or not, at which conditions, how far off, which ranks are open."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.findings import told_apart
from nzsp_surfaces.report.markup import plane
from nzsp_surfaces.report.methods.asked import span

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

SETTINGS = {
    "thickness": "thickness_holds",
    "vacuum": "vacuum_holds",
    "cutoff": "cutoff_holds",
    "k-points": "kpoints_hold",
}
"""What a series varies, and the column of its verdict."""


def sureness(results: Results) -> list[Markup]:
    """Four answers that nobody should have to ask for; nothing where there is no value."""
    known = [row for row in results.surface_energies if row.gamma is not None]
    if not known:
        return []
    return [
        Markup("<b>{}</b> {}").format(question, answer)
        for question, answer in (
            ("Converged?", _converged(results, known)),
            ("At which conditions?", _conditions(results)),
            ("How far off?", _far_off(known)),
            ("Which ranks are not safe?", _open_ranks(known)),
        )
    ]


def _converged(results: Results, known: Sequence[SurfaceEnergyRow]) -> str:
    said = [f"forces on {sum(row.converged for row in known)} of {len(known)} surfaces"]
    verdicts = {
        name: [held for row in results.convergence if (held := getattr(row, column)) is not None]
        for name, column in SETTINGS.items()
    }
    said += [f"{name} on {sum(held)} of {len(held)} planes" for name, held in verdicts.items() if held]
    has = ("thickness", "vacuum", *(("cutoff", "k-points") if any(row.is_dft for row in known) else ()))
    open_ = [name for name in has if not verdicts[name]]
    return "; ".join(said) + (f"; not varied: {', '.join(open_)}" if open_ else "")


def _conditions(results: Results) -> str:
    varied = list(dict.fromkeys(row.element for row in results.terminations))
    if not varied:
        return "in vacuum at 0 K, slabs of whole formula units: no chemical potential enters"
    return f"in vacuum at 0 K; slabs off stoichiometry along the chemical potential of {', '.join(varied)}, see below"


def _far_off(known: Sequence[SurfaceEnergyRow]) -> str:
    margins = [row.spread for row in known if row.spread is not None]
    if not margins:
        return "nothing tells"
    told = f"± {span(margins, 2)} J/m² by what was tried"
    return f"{told}, on {len(margins)} of {len(known)} surfaces; what the engine itself is off by is no part of it"


def _open_ranks(known: Sequence[SurfaceEnergyRow]) -> Markup:
    """Neighbours in the order of bare planes that their spreads do not tell apart, or of which one has none."""
    pairs = list(_neighbours(known))
    if not pairs:
        return Markup("there are no two planes of a material to rank")
    unsure = [Markup("{} {} and {}").format(a.material, plane(a.miller), plane(b.miller)) for a, b in pairs
              if not told_apart(a, b)]  # fmt: skip
    blind = sum(a.spread is None or b.spread is None for a, b in pairs)
    said = [Markup(", ").join(unsure) or Markup("none by their ±")]
    said += [Markup("{} of {} neighbours have a value without one").format(blind, len(pairs))] if blind else []
    return Markup("; ").join(said)


def _neighbours(known: Sequence[SurfaceEnergyRow]) -> Iterator[tuple[SurfaceEnergyRow, SurfaceEnergyRow]]:
    for material in dict.fromkeys(row.material for row in known):
        bare = [row for row in known if row.material == material and row.film is None]
        yield from itertools.pairwise(sorted(bare, key=lambda row: row.gamma or 0.0))
