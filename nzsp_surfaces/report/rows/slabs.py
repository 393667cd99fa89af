"""Rows about slabs: those that were built, the cuts that were rejected, and what a plane offers instead of a slab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nzsp_surfaces.crystals.crystal import file_miller, standard_miller
from nzsp_surfaces.report.rows.columns import Cell, Column, Row
from nzsp_surfaces.slabs.cut import PLAUSIBLE
from nzsp_surfaces.slabs.faces import BrokenBonds, LostCoordination

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.certificate import Certificate
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.alternatives import Alternative
    from nzsp_surfaces.slabs.cut import Rejection, SlabCut
    from nzsp_surfaces.slabs.survey import Surface


@dataclass(frozen=True)
class SlabSource:
    """A slab that was built, and what was found about it.

    Attributes:
        id: of the slab.
        material: that it is cut from.
        surface: what its faces are like.
        certificate: what was checked on its coordinates.
        atoms: of the slab, film included.
        layer_group: symbol and number.
        structure: path of its POSCAR within the directory.
        film, film_units: that cover it.
        on, units_beneath: the film on which that one lies.
    """

    id: str
    material: Material
    surface: Surface
    certificate: Certificate
    atoms: int
    layer_group: str
    structure: str
    film: str | None = None
    film_units: int = 0
    on: str | None = None
    units_beneath: int = 0

    @property
    def cut(self) -> SlabCut:
        """The slab's choice of sites."""
        return self.surface.cut


slab = Column[SlabSource]()


@dataclass(frozen=True, kw_only=True)
class SlabRow(Row[SlabSource]):
    """A slab as it was cut, and covered where it carries a film; the best first within a plane."""

    FILE: ClassVar[str] = "slabs.json"

    id: str = slab("name of the slab, as in the names of its files", of=lambda s: s.id)
    identity: str = slab("the same however the bulk was written down", of=lambda s: s.surface.identity)
    material: str = slab("name in the study", of=lambda s: s.material.name)
    miller: tuple[int, ...] = slab("plane, on the conventional cell", of=lambda s: s.cut.miller)
    miller_standard: tuple[int, ...] = slab(
        "the same plane on spglib's standard cell; nothing where that was not written",
        of=lambda s: standard_miller(s.material.crystal, s.cut.miller),
        earlier=(),
    )
    miller_file: tuple[int, ...] = slab(
        "the same plane on the file's cell, be it primitive or a supercell; nothing where that was not written",
        of=lambda s: file_miller(s.material.crystal, s.cut.miller),
        earlier=(),
    )
    film: str | None = slab("name in the study; null for a bare slab", of=lambda s: s.film)
    n_atoms: int = slab("atoms of the slab", of=lambda s: s.atoms, cell=Cell("atoms"))
    n_formula_units: int = slab(
        "formula units of the material", of=lambda s: s.cut.formula_units, cell=Cell("formula units")
    )
    n_film_units: int = slab(
        "formula units of the film, both faces together", of=lambda s: s.film_units, cell=Cell("film units", zero="–")
    )
    area: float = slab("area of one face", of=lambda s: round(s.certificate.area, 6), unit="Å²", cell=Cell("area", 1))
    thickness: float = slab(
        "from the lowest to the highest atom",
        of=lambda s: round(s.certificate.thickness, 6),
        unit="Å",
        cell=Cell("thickness", 1),
    )
    vacuum: float = slab(
        "between the slab and its image", of=lambda s: round(s.certificate.vacuum, 6), unit="Å", cell=Cell("vacuum", 1)
    )
    position: float = slab(
        "of the lower cut within the repeat, along the normal", of=lambda s: s.cut.position, unit="Å"
    )
    symmetric: bool = slab(
        "an operation turns the slab over", of=lambda s: s.certificate.symmetric, cell=Cell("symmetric")
    )
    layer_group: str = slab("symbol and number of the layer group", of=lambda s: s.layer_group)
    dipole: float = slab(
        "moment of the formal charges along the normal, per area",
        of=lambda s: round(s.certificate.dipole, 9) + 0.0,
        unit="e/Å",
        cell=Cell("dipole", 3),
    )
    tasker: str | None = slab("Tasker's type: I, II or III; null without charges", of=lambda s: s.surface.tasker)
    surface_coordination: dict[str, int] = slab(
        "lowest coordination of each cation of the framework",
        of=lambda s: s.certificate.coordination,
        cell=Cell("coordination"),
    )
    broken_bonds_per_area: float = slab(
        "broken bonds of the framework on one face",
        of=lambda s: round(s.cut.broken, 6),
        unit="Å⁻²",
        cell=Cell("broken bonds", 3),
    )
    broken_valence_per_area: float = slab(
        "bond valence that one face has lost", of=lambda s: round(s.cut.valence, 6), unit="v.u. Å⁻²"
    )
    broken_bonds: tuple[BrokenBonds, ...] = slab(
        "bonds lost by pair of elements: number and bond valence, per Å² of one face",
        of=lambda s: tuple(_rounded_bonds(each) for each in s.surface.broken),
    )
    lost_coordination: tuple[LostCoordination, ...] = slab(
        "ions of a face that lack neighbours: site, coordination in the bulk and at the surface, number",
        of=lambda s: s.surface.lost,
    )
    mobile_per_area: dict[str, float] = slab(
        "mobile ions within 2 Å of the cut, on one face",
        of=lambda s: {element: round(density, 6) for element, density in s.surface.mobile.items()},
        unit="Å⁻²",
    )
    shared: str | None = slab("which mobile ions of the cut stay on each face", of=lambda s: s.cut.shared)
    termination: int = slab("number of the termination, from 1", of=lambda s: s.cut.termination)
    arrangement: int = slab("number of the way of sharing the mobile ions, from 1", of=lambda s: s.cut.arrangement)
    n_arrangements: int = slab("ways of sharing that there are, up to symmetry", of=lambda s: s.cut.n_arrangements)
    electrostatic: float = slab(
        "electrostatic energy of the arrangement, which ranks it", of=lambda s: round(s.cut.electrostatic, 6)
    )
    plausible: bool = slab(
        f"formal charges put it no more than {PLAUSIBLE:g} J/m² above the best way of sharing at the same cut",
        of=lambda s: s.cut.plausible,
        earlier=True,
    )
    n_plausible: int = slab("ways of sharing that are plausible", of=lambda s: s.cut.n_plausible, earlier=0)
    structure: str = slab("POSCAR within the directory; a CIF lies beside it", of=lambda s: s.structure)
    on: str | None = slab(
        "film on which that one lies; null where it lies on the slab itself", of=lambda s: s.on, earlier=None
    )
    n_units_beneath: int = slab(
        "formula units of that film, both faces together", of=lambda s: s.units_beneath, earlier=0
    )


def _rounded_bonds(bonds: BrokenBonds) -> BrokenBonds:
    return BrokenBonds(bonds.cation, bonds.anion, round(bonds.count, 6), round(bonds.valence, 6))


@dataclass(frozen=True)
class RejectedSource:
    """A cut of a material that is not computed."""

    material: str
    rejection: Rejection


rejected = Column[RejectedSource]()


@dataclass(frozen=True, kw_only=True)
class RejectedRow(Row[RejectedSource]):
    """A cut or a film that is not computed, with the reason."""

    FILE: ClassVar[str] = "rejected.json"

    material: str = rejected("name in the study", of=lambda s: s.material)
    miller: tuple[int, ...] = rejected("plane, on the conventional cell", of=lambda s: s.rejection.miller)
    position: float = rejected(
        "of the lower cut within the repeat, along the normal",
        of=lambda s: s.rejection.position,
        unit="Å",
        cell=Cell("position", 3, unit=""),
    )
    reason: str = rejected("why it is not computed", of=lambda s: s.rejection.reason, cell=Cell("reason", look="wrap"))


@dataclass(frozen=True)
class AlternativeSource:
    """A slab that gives no surface energy by itself.

    Attributes:
        id: of the slab.
        material: name.
        alternative: what it is.
        certificate: what was checked on its coordinates.
        atoms: of the slab.
        structure: path of its POSCAR within the directory.
    """

    id: str
    material: str
    alternative: Alternative
    certificate: Certificate
    atoms: int
    structure: str


other = Column[AlternativeSource]()


@dataclass(frozen=True, kw_only=True)
class AlternativeRow(Row[AlternativeSource]):
    """What a plane without a stoichiometric, symmetric and nonpolar slab offers instead."""

    FILE: ClassVar[str] = "alternatives.json"

    id: str = other("name of the slab, as in the names of its files", of=lambda s: s.id)
    material: str = other("name", of=lambda s: s.material)
    miller: tuple[int, ...] = other("plane, on the conventional cell", of=lambda s: s.alternative.miller)
    kind: str = other("symmetric: off stoichiometry; cleaved: with unlike faces", of=lambda s: s.alternative.kind)
    n_atoms: int = other("atoms of the slab", of=lambda s: s.atoms)
    n_formula_units: int = other("whole formula units of the material", of=lambda s: s.alternative.formula_units)
    excess: dict[str, int] = other("ions of each element beyond these", of=lambda s: s.alternative.excess)
    over: str = other("the same as a formula", of=lambda s: s.alternative.over, earlier="")
    shared: str = other(
        "which mobile ions near a cut stay on each face, so that there is no charge",
        of=lambda s: s.alternative.shared,
        earlier="",
    )
    charge: float = other("formal charge of the slab", of=lambda s: round(s.alternative.charge, 6), unit="e")
    dipole: float = other(
        "moment of the formal charges along the normal, per area",
        of=lambda s: round(s.alternative.dipole, 9) + 0.0,
        unit="e/Å",
    )
    area: float = other("area of one face", of=lambda s: round(s.certificate.area, 6), unit="Å²")
    thickness: float = other(
        "from the lowest to the highest atom", of=lambda s: round(s.certificate.thickness, 6), unit="Å"
    )
    symmetric: bool = other("an operation turns the slab over", of=lambda s: s.certificate.symmetric)
    broken_valence_per_area: float = other(
        "bond valence of all bonds cut, per area of one face",
        of=lambda s: round(s.alternative.valence, 6),
        unit="v.u. Å⁻²",
    )
    energy: str = other("what its energy gives, as a formula", of=lambda s: s.alternative.energy)
    structure: str = other("POSCAR within the directory; a CIF lies beside it", of=lambda s: s.structure)
