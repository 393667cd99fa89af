"""Rows about mixtures: compositions between two materials, or of a file with shared sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nzsp_surfaces.report.rows.columns import Cell, Column, Row
from nzsp_surfaces.tasks.base import Choices
from nzsp_surfaces.tasks.mixed import MixtureFound
from nzsp_surfaces.tasks.segregation import Segregated

if TYPE_CHECKING:
    from pymatgen.core import Composition


@dataclass(frozen=True)
class MixtureSource:
    """A composition.

    Attributes:
        found: what is known of it.
        structure: relative path of the lowest configuration; None where nothing is computed.
    """

    found: MixtureFound
    structure: str | None

    @property
    def relaxed(self) -> Composition | None:
        """What the cell of the lowest holds."""
        best = self.found.best
        return best.computed.structure.composition if best else None

    @property
    def choices(self) -> Choices:
        """Made on the way to the lowest."""
        return self.found.best.choices if self.found.best else Choices()

    @property
    def electrostatic(self) -> float | None:
        """eV per formula unit of the point charges of the lowest."""
        energy = self.choices.electrostatic
        return None if energy is None else energy / self.found.mixture.formula_units


made = Column[MixtureSource]()


@dataclass(frozen=True, kw_only=True)
class MixtureRow(Row[MixtureSource]):
    """A composition of a mixture; the study's key `mixtures` asks for it."""

    FILE: ClassVar[str] = "mixtures.json"

    mixture: str = made("name in the study", of=lambda s: s.found.mixture.name)
    x: float | None = made(
        "composition between the ends; null for that of a file", of=lambda s: s.found.mixture.x, cell=Cell("x")
    )
    formula: str | None = made(
        "of the lowest configuration",
        of=lambda s: s.relaxed.reduced_formula if s.relaxed else None,
    )
    n_atoms: int | None = made(
        "atoms of its cell", of=lambda s: round(s.relaxed.num_atoms) if s.relaxed else None, cell=Cell("atoms", 0)
    )
    n_drawn: int = made("ways of filling the cell that were drawn", of=lambda s: s.found.mixture.keys.draws)
    n_distinct: int | None = made(
        "of these, no two that an operation maps on each other",
        of=lambda s: s.found.distinct,
        cell=Cell("distinct", 0),
    )
    n_tried: int = made(
        "relaxed shortly: the lowest of these, and of batches of small crystals side by side",
        of=lambda s: s.found.tried,
        cell=Cell("tried", 0),
    )
    n_composed: int = made("small crystals side by side that were judged", of=lambda s: s.found.composed, earlier=0)
    above: tuple[float, ...] = made(
        "energies of the configurations that were relaxed to the end, the lowest first: above the line between the"
        " ends, or above the lowest where there are no ends",
        of=lambda s: s.found.energies,
        unit="eV per formula unit",
    )
    lowest: float | None = made(
        "the first of these; null where there is no line",
        of=lambda s: s.found.energies[0] if s.found.energies and s.found.on_line else None,
        unit="eV per formula unit",
        cell=Cell("above the line", 3),
    )
    side_by_side: float | None = made(
        "above the line, of the lowest sum of one-cell crystals that the search knows, with nothing for what lies"
        " between them; null where it knows none",
        of=lambda s: s.found.side_by_side if s.found.on_line else None,
        unit="eV per formula unit",
        earlier=None,
        cell=Cell("side by side", 3),
    )
    spread: float | None = made(
        "from the first to the last of these; null for one",
        of=lambda s: s.found.spread,
        unit="eV per formula unit",
        cell=Cell("spread", 3),
    )
    electrostatic: float | None = made(
        "of the point charges of the configuration that the lowest began as; exchanges do not change it",
        of=lambda s: s.electrostatic,
        unit="eV per formula unit",
    )
    accepted: int | None = made(
        "exchanges of ions that were accepted on the way; null where the lowest is a configuration as it was drawn",
        of=lambda s: s.choices.accepted,
    )
    way: str | None = made(
        "how the lowest was found: drawn, composed of small crystals, or exchanged after that",
        of=lambda s: s.found.way,
        earlier=None,
        cell=Cell("found as"),
    )
    occupied: dict[str, float] = made(
        "how much of each kind of site each species was put on in the lowest", of=lambda s: s.found.occupied
    )
    moved: float | None = made(
        "of the ion of the lowest that lies farthest from the site where it was put; above some 1 Å it has left it",
        of=lambda s: s.found.moved,
        unit="Å",
        earlier=None,
        cell=Cell("moved", 1),
    )
    space_group: str | None = made("of the lowest", of=lambda s: s.found.space_group, cell=Cell("space group"))
    structure: str | None = made("POSCAR of the lowest", of=lambda s: s.structure)
    notes: tuple[str, ...] = made("what is missing or not converged", of=lambda s: s.found.notes)


depth = Column[Segregated]()


@dataclass(frozen=True, kw_only=True)
class SegregationRow(Row[Segregated]):
    """Ions of a mixture in a slab of the end that fills all sites, at each depth, both faces alike."""

    FILE: ClassVar[str] = "segregation.json"

    mixture: str = depth("name in the study", of=lambda s: s.planned.wish.mixture)
    material: str = depth("the end whose slab it is", of=lambda s: s.planned.wish.end)
    miller: tuple[int, ...] = depth("plane, as the study writes it", of=lambda s: s.planned.miller)
    film: str | None = depth("null: slabs are bare", of=lambda _: None)
    leaves: str = depth("species in whose place the ion comes", of=lambda s: s.planned.wish.exchange.leaves)
    comes: str = depth("species of the ion", of=lambda s: s.planned.wish.exchange.comes)
    vacant: str = depth(
        "species that leaves as well, where point charges put it lowest; empty where none has to",
        of=lambda s: s.planned.wish.exchange.vacant,
    )
    depths: tuple[float, ...] = depth(
        "of the ion below the outermost atom of the slab as cut, ascending", of=lambda s: s.depths, unit="Å"
    )
    energies: tuple[float, ...] = depth(
        "of the slab, above the lowest of those with the ion next to the middle",
        of=lambda s: s.energies,
        unit="eV per ion",
    )
    notes: tuple[str, ...] = depth("what is missing or not converged", of=lambda s: s.notes)
