"""Rows about runs that were imported: one for each, used or not, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nzsp_surfaces.report.rows.columns import Cell, Column, Row


@dataclass(frozen=True, kw_only=True)
class RunSource:
    """A run that was found.

    Attributes:
        path: of its folder or file.
        kind: bulk, slab, molecule, chain or other.
        formula: reduced; None where nothing could be read.
        converged: its loops and its relaxation.
        energy: eV, E0.
        force: eV/Å.
        reason: why it is not used; None where it is.
        miller: plane of a slab.
        termination: name of its faces.
        thickness: Å.
        film: formula.
        bulk: path of its reference.
        strain: of its plane against the bulk.
        gamma: J/m², of the slab alone.
        notes: of its energy.
    """

    path: str
    kind: str
    formula: str | None
    converged: bool
    energy: float | None
    force: float | None
    reason: str | None
    miller: tuple[int, ...] | None = None
    termination: str | None = None
    thickness: float | None = None
    film: str | None = None
    bulk: str | None = None
    strain: float | None = None
    gamma: float | None = None
    notes: tuple[str, ...] = ()


found = Column[RunSource]()


@dataclass(frozen=True, kw_only=True)
class RunRow(Row[RunSource]):
    """A run that `nzsp import` found, whether it is used or not."""

    FILE: ClassVar[str] = "runs.json"

    path: str = found(
        "folder, or file where that alone holds a run", of=lambda s: s.path, cell=Cell("path", look="mono")
    )
    kind: str = found("bulk, slab, molecule, chain or other", of=lambda s: s.kind, cell=Cell("kind"))
    formula: str | None = found("reduced formula; null where nothing could be read", of=lambda s: s.formula)
    converged: bool = found(
        "loops and relaxation met their limits, by the program; where that does not tell, by the forces",
        of=lambda s: s.converged,
        cell=Cell("converged"),
    )
    energy: float | None = found(
        "of the cell, E0: without smearing", of=lambda s: s.energy, unit="eV", cell=Cell("energy", 3)
    )
    max_force: float | None = found(
        "largest force that is left", of=lambda s: s.force, unit="eV/Å", cell=Cell("force", 3)
    )
    miller: tuple[int, ...] | None = found("plane of a slab, told from its atoms", of=lambda s: s.miller)
    termination: str | None = found(
        "name of its faces, the same for all thicknesses and cells; two where they differ",
        of=lambda s: s.termination,
        cell=Cell("termination", look="mono"),
    )
    thickness: float | None = found(
        "between the outermost atoms of the crystal", of=lambda s: s.thickness, unit="Å", cell=Cell("thickness", 1)
    )
    film: str | None = found("formula of the film that covers it", of=lambda s: s.film)
    bulk: str | None = found("path of the bulk that it is compared with", of=lambda s: s.bulk)
    strain: float | None = found("of its plane against the bulk, largest relative change", of=lambda s: s.strain)
    gamma: float | None = found(
        "surface energy of this slab alone", of=lambda s: s.gamma, unit="J/m²", cell=Cell("γ", 3)
    )
    used: bool = found("enters the surface energies", of=lambda s: s.reason is None, cell=Cell("used"))
    reason: str | None = found(
        "why it is not used; null where it is", of=lambda s: s.reason, cell=Cell("reason", look="wrap")
    )
    notes: tuple[str, ...] = found("what to know of its energy", of=lambda s: s.notes)


@dataclass(frozen=True)
class ImportSource:
    """An import: the folders that were walked."""

    roots: tuple[str, ...]
    layout: int
    version: str


imported = Column[ImportSource]()


@dataclass(frozen=True, kw_only=True)
class ImportHeader(Row[ImportSource]):
    """What a directory of imported runs was made of; the file claims the directory."""

    FILE: ClassVar[str] = "import.json"

    layout: int = imported("number of the layout of all files", of=lambda s: s.layout)
    version: str = imported("of nzsp_surfaces", of=lambda s: s.version)
    roots: tuple[str, ...] = imported("folders that were walked", of=lambda s: s.roots)
