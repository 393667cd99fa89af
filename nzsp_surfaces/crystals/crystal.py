"""Bulk crystals: symmetry, formal charges, and Miller indices between cells.

Indices refer to the file's conventional axes or to the standard cell of spglib, by the rule in `setting`; sites and
lattice translations always to the primitive cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.content import FOR_PEOPLE
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.charges import GIVEN, HOW_TO_GIVE, FoundCharges, guessed_charges
from nzsp_surfaces.crystals.contacts import Charges
from nzsp_surfaces.crystals.given import as_given, structure_of
from nzsp_surfaces.crystals.moments import kinds, moments_of, of_kinds, ordered, with_moments
from nzsp_surfaces.crystals.setting import Axes, Setting, axes_of
from nzsp_surfaces.crystals.tolerance import EXACT, HELPFUL, Tolerance, dataset, symmetrised, within

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
SYMPREC = 1e-2
"""Å: an experimental structure to three or four decimals is symmetric to this."""


NO_SYMMETRY = "{}: spglib finds no symmetry; check the cell for overlapping or duplicate atoms"


@dataclass(frozen=True, slots=True)
class Operation:
    """A space group operation x -> R x + t on fractional coordinates of the primitive cell.

    Attributes:
        rotation: (3, 3) integers.
        translation: (3,) fractions of the primitive vectors.
    """

    rotation: npt.NDArray[np.int64]
    translation: Matrix

    def content(self) -> list[Any]:
        """What identifies the operation, rounded to what the sums of all machines share."""
        return [self.rotation.tolist(), (np.round(self.translation, 6) + 0.0).tolist()]


@dataclass(frozen=True, eq=False)
class Crystal:
    """An ordered crystal; compared by identity, so that what is derived from it can be kept.

    Attributes:
        structure: primitive cell; the order of its sites names them everywhere else.
        setting: (3, 3), primitive vectors as rows of multiples of the conventional ones.
        space_group: Hermann-Mauguin symbol.
        number: of the space group.
        charges: formal charge of each element, e; an average where an element has several, as Fe in magnetite.
        operations: of the space group, modulo lattice translations.
        axes: conventional ones and those of the file, in multiples of the standard ones; they serve names alone, since
            what indices mean is in `setting`.
        tolerance: within which distance the space group holds, and how it was chosen.
        given: the primitive cell as the file has it, where atoms are off their symmetric places; sites as in
            `structure`.
        charges_from: how the charges came about.
    """

    structure: Structure
    setting: Matrix
    space_group: str
    number: int
    charges: dict[str, float]
    operations: tuple[Operation, ...]
    axes: Axes = field(default_factory=Axes, metadata=FOR_PEOPLE)
    tolerance: Tolerance = field(default=Tolerance(SYMPREC), metadata=FOR_PEOPLE)
    given: Structure | None = field(default=None, metadata=FOR_PEOPLE)
    charges_from: str = field(default=GIVEN, metadata=FOR_PEOPLE)

    def content(self) -> dict[str, Any]:
        """What identifies the crystal: geometry, charges and the meaning of indices; the rest follows from these."""
        setting = (np.round(self.setting, 6) + 0.0).tolist()
        return {"structure": self.structure, "charges": self.charges, "setting": setting}

    @cached_property
    def as_given(self) -> Crystal:
        """The same crystal with its atoms where the file has them."""
        return self if self.given is None else relaxed(self, self.given)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Element of each site."""
        return tuple(site.specie.symbol for site in self.structure)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many ions of each element a formula unit holds."""
        return {str(e): round(n) for e, n in self.structure.composition.reduced_composition.items()}

    @cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """(n,) atomic number of each site; other numbers for other moments of an element, where the file has some."""
        return np.array(kinds(self.structure), np.int64)

    @cached_property
    def fractions(self) -> Matrix:
        """(n, 3) fractional coordinates of the primitive cell."""
        return np.asarray(self.structure.frac_coords)

    @property
    def formula(self) -> str:
        """Reduced formula."""
        return str(self.structure.composition.reduced_formula)

    @property
    def formula_units(self) -> int:
        """Formula units in the primitive cell."""
        return int(round(self.structure.composition.get_reduced_composition_and_factor()[1]))

    @property
    def hexagonal(self) -> bool:
        """True where planes carry four indices: trigonal and hexagonal crystals."""
        return 143 <= self.number <= 194

    @property
    def conventional_multiples(self) -> Matrix:
        """(3, 3) rows, the vectors of the conventional cell in multiples of the primitive ones."""
        return np.asarray(np.linalg.inv(self.setting))

    @property
    def conventional_lattice(self) -> Matrix:
        """(3, 3) rows, Å, of the conventional cell in the orientation of the primitive one."""
        return np.asarray(np.linalg.solve(self.setting, self.structure.lattice.matrix))


def crystal(
    structure: Structure,
    charges: Charges | None = None,
    where: str = "structure",
    setting: Setting = "file",
    symprec: float | None = None,
) -> Crystal:
    """The crystal of a structure in any setting: standard cell, symmetry and formal charges.

    Args:
        structure: any cell of an ordered crystal; moments that it brings count for its symmetry.
        charges: formal charges by element; guessed from the formula where None.
        where: named in errors.
        setting: whose axes indices refer to.
        symprec: Å, distance within which sites count as equivalent; found by `tolerance.scan` where None.

    Raises:
        UserError: no symmetry is found, or the charges do not balance.
    """
    structure = ordered(structure, where)
    tolerance, data = symmetry_within(structure, where, symprec)
    ideal = symmetrised(structure, data, tolerance.symprec)
    if ideal is None or ideal.is_exact:
        return _symmetric(structure, data, charges, where, setting, tolerance)
    even = structure_of(ideal.lattice, structure, ideal.fractions)
    data = spglib_dataset(even, where, EXACT)
    found = _symmetric(even, data, charges, where, setting, replace(tolerance, moved=ideal.largest))
    return replace(found, given=as_given(found.structure, structure, even, data))


def symmetry_within(structure: Structure, where: str, symprec: float | None) -> tuple[Tolerance, Any]:
    """The tolerance that is given (Å), else the one that a scan finds, and what spglib finds there.

    Raises:
        UserError: it finds nothing.
    """
    tolerance, data = within(structure, symprec)
    if data is None:
        raise UserError(NO_SYMMETRY.format(where))
    return tolerance, data


def _symmetric(
    structure: Structure, data: Any, charges: Charges | None, where: str, setting: Setting, tolerance: Tolerance
) -> Crystal:
    """The crystal of a structure from what spglib makes of it."""
    from pymatgen.core import Structure as Pymatgen

    elements, moments = of_kinds(structure, data.std_types)
    conventional = Pymatgen(data.std_lattice, elements, data.std_positions, site_properties=moments)
    exactness = min(SYMPREC, tolerance.symprec)
    primitive, standard = _primitive(conventional, exactness)
    axes = axes_of(data, setting)
    balanced = _balanced(primitive, charges, where)
    return Crystal(
        structure=primitive,
        setting=standard if axes.are_standard else standard @ np.linalg.inv(axes.conventional),
        space_group=str(data.international),
        number=int(data.number),
        charges=balanced.charges,
        operations=_operations(primitive, exactness),
        axes=axes,
        tolerance=tolerance,
        charges_from=balanced.origin,
    )


def hexagonal_within(crystal: Crystal) -> tuple[float, str] | None:
    """The least tolerance of `HELPFUL` (Å) at which a crystal is trigonal or hexagonal, with its symbol there."""
    for symprec in HELPFUL:
        data = dataset(crystal.as_given.structure, symprec)
        if data is not None and 143 <= data.number <= 194:
            return symprec, str(data.international)
    return None


def relaxed(reference: Crystal, structure: Structure) -> Crystal:
    """The same crystal with relaxed geometry: sites keep their order and moments, indices their meaning."""
    own = moments_of(reference.structure)
    return replace(reference, structure=with_moments(structure, own) if own else structure, given=None)


def symmetry_label(structure: Structure, symprec: float = SYMPREC) -> str:
    """Hermann-Mauguin symbol of a structure within `symprec` Å."""
    data = dataset(structure, symprec)
    return str(data.international) if data is not None else "P1"


def spglib_dataset(structure: Structure, where: str, symprec: float = SYMPREC) -> Any:
    """What spglib finds of a structure within `symprec` Å.

    Raises:
        UserError: it finds nothing.
    """
    data = dataset(structure, symprec)
    if data is None:
        raise UserError(NO_SYMMETRY.format(where))
    return data


def _primitive(conventional: Structure, symprec: float) -> tuple[Structure, Matrix]:
    """Primitive cell of a standard cell, and its vectors as multiples (of one sixth) of the conventional ones."""
    import spglib
    from pymatgen.core import Structure as Pymatgen

    cell = (conventional.lattice.matrix, conventional.frac_coords, kinds(conventional))
    lattice, positions, numbers = spglib.standardize_cell(cell, to_primitive=True, no_idealize=True, symprec=symprec)
    setting = np.round(lattice @ np.linalg.inv(conventional.lattice.matrix) * 6) / 6
    elements, moments = of_kinds(conventional, numbers)
    return Pymatgen(lattice, elements, positions, site_properties=moments), setting


def _operations(structure: Structure, symprec: float) -> tuple[Operation, ...]:
    import spglib

    cell = (structure.lattice.matrix, structure.frac_coords, kinds(structure))
    symmetry = spglib.get_symmetry(cell, symprec=symprec)
    pairs = zip(symmetry["rotations"], symmetry["translations"], strict=True)
    return tuple(Operation(np.asarray(r, np.int64), np.asarray(t, float)) for r, t in pairs)


def _balanced(structure: Structure, given: Charges | None, where: str) -> FoundCharges:
    composition = structure.composition.get_integer_formula_and_factor()[0]
    found = guessed_charges(structure, where) if given is None else FoundCharges(dict(given), GIVEN)
    if found is None:
        otherwise = f"give formal charges {HOW_TO_GIVE}, all 0 where nothing is ionic"
        raise UserError(f"{where}: {composition} is not charge-balanced; {otherwise}")
    charges = found.charges
    unknown = set(charges) - {str(e) for e in structure.composition}
    if unknown:
        raise UserError(f"{where}: charges: {', '.join(sorted(unknown))} does not occur in {composition}")
    missing = {str(e) for e in structure.composition} - set(charges)
    if missing:
        raise UserError(f"{where}: no formal charge for {', '.join(sorted(missing))}; add it {HOW_TO_GIVE}")
    total = sum(charges[str(e)] * n for e, n in structure.composition.items())
    if abs(total) > 1e-6:
        raise UserError(f"{where}: {composition} carries {total:+g} e with charges {charges}; they must balance")
    return replace(found, charges={str(e): _plain(charges[str(e)]) for e in structure.composition})


def _plain(charge: float) -> float:
    """Whole charges as integers, averages as they are."""
    return round(charge) if abs(charge - round(charge)) < 1e-6 else charge


def hkl(miller: tuple[int, ...]) -> tuple[int, int, int]:
    """Three indices of a plane given by three or four.

    Raises:
        UserError: i != -(h + k), all zero, or neither three nor four indices.
    """
    if len(miller) not in (3, 4):
        raise UserError(f"plane {list(miller)}: needs three (h k l) or four (h k i l) indices")
    if len(miller) == 4 and miller[2] != -(miller[0] + miller[1]):
        h, k, _, l = miller
        raise UserError(f"plane {list(miller)}: i must be -(h + k), here {[h, k, -(h + k), l]}")
    h, k, l = miller[0], miller[1], miller[-1]
    if not (h or k or l):
        raise UserError(f"plane {list(miller)}: all indices are zero")
    return h, k, l


def coprime(miller: tuple[int, ...]) -> tuple[int, int, int]:
    """(h k l) without a common factor.

    Raises:
        UserError: as `hkl`.
    """
    h, k, l = hkl(miller)
    factor = math.gcd(h, k, l)
    return h // factor, k // factor, l // factor


def hkil(indices: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Four indices of a plane given by three on hexagonal axes."""
    h, k, l = indices
    return h, k, -(h + k), l


def standard_miller(crystal: Crystal, miller: tuple[int, ...]) -> tuple[int, ...]:
    """The plane on spglib's standard cell, with as many indices as given."""
    return miller if crystal.axes.are_standard else crystal.axes.to_standard(hkl(miller))


def file_miller(crystal: Crystal, miller: tuple[int, ...]) -> tuple[int, ...]:
    """The plane on the axes of the file's cell, whichever that is; as given where these are the ones that count."""
    axes = crystal.axes
    if np.array_equal(axes.file, axes.conventional):
        return miller
    scaled = np.rint(6 * axes.file @ axes.to_standard(hkl(miller))).astype(int)
    return coprime(tuple(int(i) for i in scaled))


def primitive_indices(crystal: Crystal, miller: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Coprime indices of a plane on the primitive cell, so that their lattice planes are the true repeats."""
    scaled = np.round(crystal.setting @ np.array(hkl(miller)) * 6).astype(np.int64)
    return np.asarray(scaled // reduce(math.gcd, (abs(int(i)) for i in scaled)), np.int64)


def equivalent_planes(crystal: Crystal, miller: tuple[int, ...]) -> frozenset[tuple[int, int, int]]:
    """All (h k l) of the form {h k l} on conventional axes, under the crystal's own point group."""
    primitive = crystal.setting @ np.array(hkl(miller), float)
    images = [np.linalg.solve(crystal.setting, op.rotation.T @ primitive) for op in crystal.operations]
    return frozenset((int(round(h)), int(round(k)), int(round(l))) for h, k, l in images)


def simplest_plane(crystal: Crystal, miller: tuple[int, ...]) -> tuple[int, int, int]:
    """How people name the form of a plane or of its opposite, which a slab shows both, on conventional axes."""
    return min(equivalent_planes(crystal, miller) | equivalent_planes(crystal, _opposite(miller)), key=_simplicity)


def _opposite(miller: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-i for i in miller)


def distinct_planes(crystal: Crystal, max_index: int) -> tuple[tuple[int, ...], ...]:
    """One plane of every form {h k l} with indices up to `max_index`, by the crystal's own point group, densest first.

    Indices are coprime and on the conventional cell; four of them for trigonal and hexagonal crystals.

    Raises:
        UserError: `max_index` is not between 1 and 9.
    """
    if not 1 <= max_index <= 9:
        raise UserError(f"largest index {max_index}: choose one from 1 to 9")
    span = range(-max_index, max_index + 1)
    forms: dict[frozenset[tuple[int, int, int]], tuple[int, int, int]] = {}
    for indices in sorted(((h, k, l) for h in span for k in span for l in span), key=_simplicity):
        if math.gcd(*indices) == 1:
            forms.setdefault(equivalent_planes(crystal, indices), indices)
    chosen = sorted(forms.values(), key=lambda plane: -_spacing(crystal, plane))
    return tuple(hkil(plane) if crystal.hexagonal else plane for plane in chosen)


def _simplicity(indices: tuple[int, int, int]) -> tuple[int, int, tuple[int, ...]]:
    """Small indices first, few negative ones first: how people name a form."""
    return sum(map(abs, indices)), sum(i < 0 for i in indices), tuple(-i for i in indices)


def _spacing(crystal: Crystal, plane: tuple[int, ...]) -> float:
    """Å between lattice planes."""
    reciprocal = np.linalg.inv(crystal.structure.lattice.matrix).T
    return float(1 / np.linalg.norm(primitive_indices(crystal, plane) @ reciprocal))


def ase_atoms(structure: Structure) -> Atoms:
    """The only way from pymatgen to ASE: positions, cell, elements and moments, periodic in all directions."""
    from ase import Atoms

    symbols, moments = [site.specie.symbol for site in structure], moments_of(structure) or None
    return Atoms(symbols, structure.cart_coords, magmoms=moments, cell=structure.lattice.matrix, pbc=True)


def pymatgen_structure(atoms: Atoms) -> Structure:
    """The way back; atoms keep their order and are not wrapped."""
    from pymatgen.core import Structure

    made = Structure(atoms.cell.array, atoms.get_chemical_symbols(), atoms.positions, coords_are_cartesian=True)
    return with_moments(made, atoms.get_initial_magnetic_moments().tolist()) if atoms.has("initial_magmoms") else made
