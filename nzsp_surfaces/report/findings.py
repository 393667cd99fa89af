"""What surface energies say, in lines: the order of the planes, the effect of films, the distance to the paper."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.energies.sampling import SURE, order_is_safe
from nzsp_surfaces.report.markup import formula, number, plane

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow


def findings(energies: Sequence[SurfaceEnergyRow]) -> list[Markup]:
    """What the values say, a line each."""
    known = [row for row in energies if row.gamma is not None]
    materials = dict.fromkeys(row.material for row in known)
    return [line for name in materials for line in _of_material(known, name)] + _distance(known)


def _of_material(known: Sequence[SurfaceEnergyRow], material: str) -> Iterator[Markup]:
    own = [row for row in known if row.material == material]
    bare = [row for row in own if row.film is None]
    if len(bare) > 1:
        yield _order(material, bare)
    for film in (row for row in own if row.film is not None):
        yield from (_effect(film, row) for row in own if (row.miller, row.film) == (film.miller, film.on))


def _order(material: str, bare: Sequence[SurfaceEnergyRow]) -> Markup:
    line = Markup("<b>{}</b>: {}").format(material, _chain(bare, lambda row: row.gamma or 0.0)) + _unsafe(bare)
    if any(row.gamma_published is None for row in bare):
        return line
    published = _chain(bare, lambda row: row.gamma_published or 0.0)
    if published == _chain(bare, lambda row: row.gamma or 0.0):
        return line + ", the published order"
    return line + Markup("; published: {}").format(published)


def _unsafe(bare: Sequence[SurfaceEnergyRow]) -> Markup:
    """The neighbours in this order whose spreads do not tell them apart."""
    ranked = sorted(bare, key=lambda row: row.gamma or 0.0)
    pairs = [(a, b) for a, b in itertools.pairwise(ranked) if not told_apart(a, b)]
    said = Markup("; {} and {} cannot be told apart")
    return Markup("").join(said.format(plane(a.miller), plane(b.miller)) for a, b in pairs)


def told_apart(lower: SurfaceEnergyRow, higher: SurfaceEnergyRow) -> bool:
    """Whether two spreads leave their order safe; true where neither is known, of which the table says so."""
    width = math.hypot(lower.spread or 0.0, higher.spread or 0.0)
    return not width or order_is_safe((higher.gamma or 0.0) - (lower.gamma or 0.0), width) >= SURE


def _chain(bare: Sequence[SurfaceEnergyRow], value: Callable[[SurfaceEnergyRow], float]) -> Markup:
    return Markup(" &lt; ").join(plane(row.miller) for row in sorted(bare, key=value))


def _effect(film: SurfaceEnergyRow, bare: SurfaceEnergyRow) -> Markup:
    before, after = bare.gamma or 0.0, film.gamma or 0.0
    return Markup("<b>{}</b>: {} {} γ of {} from {} to {} J/m²").format(
        film.material, formula(film.film), "lowers" if after < before else "raises", plane(film.miller),
        number(before), number(after),
    )  # fmt: skip


def _distance(known: Sequence[SurfaceEnergyRow]) -> list[Markup]:
    ratios = [row.gamma / row.gamma_published for row in known if row.gamma is not None and row.gamma_published]
    if not ratios:
        return []
    text = Markup("Computed over published: {} on average, {} to {} over {} values")
    mean = sum(ratios) / len(ratios)
    return [text.format(number(mean), number(min(ratios)), number(max(ratios)), len(ratios))]
