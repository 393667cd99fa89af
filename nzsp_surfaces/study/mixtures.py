"""Mixtures of a study: compositions between two of its materials, or that of a file with shared sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean
from nzsp_surfaces.crystals.reading import load_shared
from nzsp_surfaces.mixtures.cells import compact_multiples, mixed_cell, whole_amounts
from nzsp_surfaces.mixtures.inversion import inversions
from nzsp_surfaces.mixtures.segregation import Exchange, exchange_of
from nzsp_surfaces.mixtures.shared import SharedCrystal, overlay, shared_crystal

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Crystal

MOST_DRAWS = 5000
"""Ways of filling a cell that are drawn at most: half a minute of one core."""


@dataclass(frozen=True)
class MixtureKeys:
    """What a study says of a mixture.

    Attributes:
        ends: two materials of the study whose sites lie on each other, the one without the mixture's ions first.
        x: compositions between them.
        x_of_ends: what x is at the two ends.
        structure: instead of ends, a CIF with shared or partly filled sites, whose occupancies are the composition.
        charges: formal charges by element, for such a file.
        cells: primitive cells at least; as few as hold the composition where that takes more.
        supercell: vectors of the cell in multiples of the primitive ones, instead of as compact a cell as there is.
        max_atoms: sites of a cell at most.
        draws: seeded ways of filling the cell that are ranked by electrostatics.
        tried: of these, the lowest that are relaxed shortly.
        steps: of such a relaxation; in one primitive cell it goes to the end.
        swaps: exchanges of ions that are then tried with the engine, each relaxed shortly.
        temperature: K of these exchanges.
        composed: ways of setting ordered crystals of one primitive cell side by side in a larger cell; the lowest of
            each of so many batches as are `relaxed` is tried too. Ends alone have such crystals between them.
        relaxed: the lowest that are relaxed to the end; how far they differ is the spread.
        segregation: planes of the end that fills all sites, in whose slabs ions of the other come at each depth.
        inversion: only crystals that an inversion leaves as they are, and that keep it: slabs of these turn over.
    """

    ends: tuple[str, ...] = ()
    x: tuple[float, ...] = ()
    x_of_ends: tuple[float, ...] = (0.0, 1.0)
    structure: Path | None = field(default=None, metadata={"content": False})
    charges: dict[str, float] = field(default_factory=dict)
    cells: int = 1
    max_atoms: int = 240
    draws: int = 200
    tried: int = 8
    steps: int = 20
    swaps: int = 0
    temperature: float = 600.0
    composed: int = 24
    relaxed: int = 3
    segregation: tuple[tuple[int, ...], ...] = ()
    inversion: bool = False
    supercell: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        self._refuse_ends()
        self._refuse_numbers()
        if self.inversion and self.swaps:
            raise ValueError("'swaps' would break the 'inversion'; leave one of them out")
        if self.supercell and (np.shape(self.supercell) != (3, 3) or not self.held):
            raise ValueError("'supercell' must be three vectors of three whole numbers each that span a cell")

    @property
    def held(self) -> int:
        """Primitive cells of the supercell that is asked for; 0 where none is."""
        return round(abs(float(np.linalg.det(self.supercell)))) if self.supercell else 0

    def _refuse_ends(self) -> None:
        if bool(self.ends) == (self.structure is not None):
            raise ValueError("give 'ends' or 'structure', one of them")
        if self.ends and (len(set(self.ends)) != 2 or len(self.x_of_ends) != 2 or not self.x):
            raise ValueError("'ends' names two materials, 'x_of_ends' two values, and 'x' at least one between them")
        if self.segregation and not self.ends:
            raise ValueError("'segregation' needs 'ends'")
        if self.x_of_ends[0] == self.x_of_ends[-1]:
            raise ValueError("'x_of_ends' has the same value twice")

    def _refuse_numbers(self) -> None:
        least = min(self.cells, self.max_atoms, self.tried, self.steps, self.relaxed)
        if least < 1 or min(self.swaps, self.composed) < 0:
            raise ValueError("numbers of cells, atoms, configurations and steps must be positive")
        if not 1 <= self.draws <= MOST_DRAWS:
            raise ValueError(f"'draws' must lie between 1 and {MOST_DRAWS}")
        if not self.relaxed <= self.tried <= self.draws or not self.temperature > 0:
            raise ValueError("'relaxed' may not exceed 'tried', nor that 'draws'; 'temperature' must be positive")


@dataclass(frozen=True)
class Mixture:
    """One composition.

    Attributes:
        name: in the study.
        x: composition; None for that of a file.
        fraction: of the second end; None for that of a file.
        ends: names of materials.
        shared: its crystal with shared sites.
        multiples: vectors of the cell that holds it, in multiples of the primitive ones.
        cells: primitive cells in that.
        keys: of the study.
        parts: compositions between the ends that one primitive cell holds; none for that of one cell, or of a file.
    """

    name: str
    x: float | None
    fraction: float | None
    ends: tuple[str, ...]
    shared: SharedCrystal
    multiples: tuple[tuple[int, ...], ...]
    cells: int
    keys: MixtureKeys
    parts: tuple[Mixture, ...] = ()

    @property
    def atoms(self) -> float:
        """Of the cell."""
        return sum(sum(site.values()) for site in self.shared.shares) * self.cells

    @property
    def label(self) -> str:
        """In ids of tasks and names of files, as NaSICON-x2.4."""
        return self.name if self.x is None else f"{self.name}-x{self.x:g}"

    @property
    def formula_units(self) -> int:
        """Of the cell."""
        return self.cells * self.shared.formula_units


def mixtures_of(given: Mapping[str, MixtureKeys], crystals: Mapping[str, Crystal], path: Path) -> tuple[Mixture, ...]:
    """All compositions of all mixtures.

    Args:
        crystals: of the materials.

    Raises:
        UserError: an end is no material, ends do not lie on each other, or no cell holds a composition.
    """
    found: list[Mixture] = []
    for name, keys in given.items():
        where = f"{path}: mixtures: {name}"
        if name in crystals:
            raise UserError(f"{where}: is the name of a material; choose another")
        found += (
            [_between(name, x, keys, crystals, where) for x in keys.x] if keys.ends else [_of_file(name, keys, where)]
        )
    return tuple(found)


@dataclass(frozen=True)
class Segregation:
    """Which ions are exchanged in slabs of an end.

    Attributes:
        mixture: its name in the study.
        end: name of the material.
        planes: of it.
        exchange: of ions.
    """

    mixture: str
    end: str
    planes: tuple[tuple[int, ...], ...]
    exchange: Exchange


def segregations_of(
    given: Mapping[str, MixtureKeys], crystals: Mapping[str, Crystal], path: Path
) -> tuple[Segregation, ...]:
    """What is exchanged in slabs, of each mixture that names planes for it.

    Raises:
        UserError: no ions can be exchanged.
    """
    found: list[Segregation] = []
    for name, keys in given.items():
        if keys.segregation:
            where = f"{path}: mixtures: {name}"
            other, end = sorted(keys.ends, key=lambda each: len(crystals[each].structure))
            exchange = exchange_of(overlay(crystals[other], crystals[end], 1.0, where), where)
            found.append(Segregation(name, end, keys.segregation, exchange))
    return tuple(found)


def _of_file(name: str, keys: MixtureKeys, where: str) -> Mixture:
    assert keys.structure is not None
    shared = shared_crystal(load_shared(keys.structure), keys.charges, where)
    _refuse_large(shared, keys, where)
    cells = _cells(shared, keys)
    if cells is None:
        amounts = {kind: n for part in shared.sublattices for kind, n in part.amounts.items()}
        exact = ", ".join(f"{kind} {n:.3f}" for kind, n in amounts.items() if abs(n - round(n)) > 1e-3)
        raise UserError(
            f"{where}: no cell of up to {keys.max_atoms} sites holds {exact} of a primitive cell {_whole(keys)} that "
            "balance; round the occupancies, or raise max_atoms"
        )
    return Mixture(name, None, None, (), shared, _multiples(shared, cells, keys), cells, keys)


def _between(name: str, x: float, keys: MixtureKeys, crystals: Mapping[str, Crystal], where: str) -> Mixture:
    for end in keys.ends:
        if end not in crystals:
            raise UserError(f"{where}: ends: no material '{end}'; {did_you_mean(end, crystals)}")
    low, high = keys.x_of_ends
    fraction = (x - low) / (high - low)
    if not -1e-9 <= fraction <= 1 + 1e-9:
        raise UserError(f"{where}: x: {x:g} lies outside its ends, {low:g} and {high:g}")
    first, second = (crystals[end] for end in keys.ends)
    shared = overlay(first, second, fraction, where)
    _refuse_large(shared, keys, where)
    cells = _cells(shared, keys)
    if cells is None:
        offered = " or ".join(f"{low + (high - low) * f:.4g}" for f in _nearest(first, second, fraction, keys))
        raise UserError(
            f"{where}: x: no cell of up to {keys.max_atoms} sites holds {x:g} {_whole(keys)}; the nearest are "
            f"{offered}, or raise max_atoms"
        )
    parts = _parts(name, keys, first, second) if cells > 1 else ()
    return Mixture(name, x, fraction, keys.ends, shared, _multiples(shared, cells, keys), cells, keys, parts)


def _parts(name: str, keys: MixtureKeys, first: Crystal, second: Crystal) -> tuple[Mixture, ...]:
    """All compositions between the ends that one primitive cell holds, the ends among them.

    They have a name of their own, since the study may ask for one of them in a larger cell.
    """
    low, high = keys.x_of_ends
    keys, steps = replace(keys, supercell=()), _steps(first, second)
    found = {number / steps: overlay(first, second, number / steps, "") for number in range(steps + 1)}
    held = {fraction: shared for fraction, shared in found.items() if _holds(shared, 1, keys)}
    one, label = compact_multiples(first.structure.lattice.matrix, 1), f"{name}-part"
    return tuple(
        Mixture(label, low + (high - low) * f, f, keys.ends, shared, one, 1, keys) for f, shared in held.items()
    )


def _steps(first: Crystal, second: Crystal) -> int:
    """Ions that differ at most between two crystals; a whole composition is a multiple of one by so many."""
    a, b = first.structure.composition, second.structure.composition
    return round(max(abs(a[element] - b[element]) for element in {*a, *b}))


def _refuse_large(shared: SharedCrystal, keys: MixtureKeys, where: str) -> None:
    sites = len(shared.shares) * (keys.held or keys.cells)
    if sites > keys.max_atoms:
        raise UserError(f"{where}: max_atoms: {keys.max_atoms} are fewer than the {sites} sites of the cell; raise it")


def _cells(shared: SharedCrystal, keys: MixtureKeys) -> int | None:
    """The least number of primitive cells that hold the composition."""
    possible = [keys.held] if keys.supercell else range(keys.cells, keys.max_atoms // len(shared.shares) + 1)
    return next((n for n in possible if _holds(shared, n, keys)), None)


def _holds(shared: SharedCrystal, cells: int, keys: MixtureKeys) -> bool:
    """Whether so many cells hold the composition in whole ions, in pairs where an inversion is to be kept."""
    if not whole_amounts(shared, cells):
        return False
    return not keys.inversion or bool(inversions(mixed_cell(shared, _multiples(shared, cells, keys))))


def _multiples(shared: SharedCrystal, cells: int, keys: MixtureKeys) -> tuple[tuple[int, ...], ...]:
    return keys.supercell or compact_multiples(shared.lattice, cells)


def _whole(keys: MixtureKeys) -> str:
    return "in whole ions with an inversion" if keys.inversion else "in whole ions"


def _nearest(first: Crystal, second: Crystal, fraction: float, keys: MixtureKeys) -> list[float]:
    """The fractions next below and above that some cell holds."""
    step = _steps(first, second)
    most = keys.max_atoms // max(len(first.structure), len(second.structure))
    possible = sorted({k / (n * step) for n in range(keys.cells, most + 1) for k in range(n * step + 1)})
    held = [f for f in possible if _cells(overlay(first, second, f, ""), keys) is not None]
    below, above = [f for f in held if f < fraction], [f for f in held if f > fraction]
    return [*below[-1:], *above[:1]]
