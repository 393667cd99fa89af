"""Slabs on the terminal: the first of them as a table, and a line for all planes that have none for one reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.cli.terminal import show

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.slabs import SlabRow
    from nzsp_surfaces.slabs.survey import PlaneSurvey

ROWS = 10
"""Slabs that a terminal shows; all of them are in slabs.json."""
NAMED = 6
"""Planes that a line names."""
DOUBTFUL = "?"
"""Beside a way of sharing that formal charges make hardly plausible."""
RIGHT = ("atoms", "f.u.", "area\nÅ²", "thick\nÅ", "broken\nÅ⁻²", "lowest", "Tasker", "shared", "way")


def best_of_planes(rows: Sequence[SlabRow]) -> list[SlabRow]:
    """The first slab of every plane and film: that with the fewest broken bonds."""
    best: dict[tuple[object, ...], SlabRow] = {}
    for row in rows:
        best.setdefault((row.material, row.miller, row.film), row)
    return list(best.values())


def show_slabs(rows: Sequence[SlabRow], first: int) -> None:
    """Print a table of slabs.

    Args:
        first: how many; a line says how many more there are.
    """
    if not rows:
        return
    materials, films = {row.material for row in rows}, any(row.film for row in rows)
    columns = [*(["material"] if len(materials) > 1 else []), "plane", *(["film"] if films else [])]
    cells = [tuple(_cells(row)[name] for name in (*columns, *RIGHT)) for row in rows[:first]]
    of = "" if len(materials) > 1 else f" of {rows[0].material}"
    show((*columns, *RIGHT), cells, RIGHT, title=f"Slabs{of}, best first within a plane")
    if len(rows) > first:
        print(f"... and {len(rows) - first} more in slabs.json")


def doubtful_ways(rows: Sequence[SlabRow]) -> Iterator[str]:
    """A line on ways of sharing that are hardly plausible, where there are any."""
    from nzsp_surfaces.slabs.cut import PLAUSIBLE

    doubtful = sum(not row.plausible for row in rows)
    if doubtful:
        yield (
            f"{doubtful} of {len(rows)} slabs marked {DOUBTFUL}: hardly plausible, more than {PLAUSIBLE:g} J/m² above "
            "the best way of sharing at the same cut by formal charges"
        )


def plausible_ways_left_out(rows: Sequence[SlabRow]) -> Iterator[str]:
    """A line on terminations with more plausible ways of sharing than were kept, where there are any.

    Args:
        rows: all slabs of a crystal.
    """
    kept = Counter((row.miller, row.termination, row.n_formula_units) for row in rows)
    first = [row for row in rows if row.arrangement == 1]
    more = [row for row in first if row.n_plausible > kept[row.miller, row.termination, row.n_formula_units]]
    if more:
        most = max(more, key=lambda row: row.n_plausible)
        where = "One cut has" if len(more) == 1 else f"{len(more)} cuts have"
        yield (
            f"{where} more plausible ways of sharing than were kept, up to {most.n_plausible} on "
            f"({plane_name(tuple(most.miller))}): --arrangements keeps more"
        )


def _cells(row: SlabRow) -> dict[str, str]:
    return {
        "material": row.material,
        "plane": f"({plane_name(tuple(row.miller))})",
        "film": f"{row.n_film_units} {row.film}" if row.film else "bare",
        "atoms": str(row.n_atoms),
        "f.u.": str(row.n_formula_units),
        "area\nÅ²": f"{row.area:.1f}",
        "thick\nÅ": f"{row.thickness:.1f}",
        "broken\nÅ⁻²": f"{row.broken_bonds_per_area:.4f}",
        "lowest": " ".join(f"{element} {number}" for element, number in row.surface_coordination.items()),
        "Tasker": row.tasker or "-",
        "shared": (row.shared or "-").replace(" of ", "/"),
        "way": f"{row.arrangement}/{row.n_arrangements}{'' if row.plausible else DOUBTFUL}",
    }


def planes_without_slab(found: Sequence[PlaneSurvey]) -> Iterator[str]:
    """A line for each reason why planes have no admissible slab, with what they have instead."""
    from nzsp_surfaces.slabs.alternatives import offered

    alike: dict[str, list[str]] = {}
    for plane in (each for each in found if not each.surfaces):
        reasons = "; ".join(dict.fromkeys(rejection.reason for rejection in plane.rejected))
        alike.setdefault(f"no admissible slab: {reasons}. Instead: {offered(plane.alternatives)}.", []).append(
            plane_name(plane.miller)
        )
    for what, planes in alike.items():
        more = f" and {len(planes) - NAMED} more" if len(planes) > NAMED else ""
        yield f"({'), ('.join(planes[:NAMED])}){more}: {what}"
