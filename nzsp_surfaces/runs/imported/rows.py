"""A row for every run that was found, used or not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nzsp_surfaces.report.rows.imported import RunRow, RunSource
from nzsp_surfaces.runs.imported.bulks import Bulk, unlike
from nzsp_surfaces.runs.imported.judging import Judged
from nzsp_surfaces.runs.imported.reading import Read

TIE = 1e-4
"""eV a formula unit, within which two bulks are equally low."""
NO_SURFACE = {
    "molecule": "a molecule: it has no surface",
    "chain": "a chain: it has no surface",
}


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What is known of all runs.

    Attributes:
        twins: path of a copy -> path of the run that counts.
        slabs: judged, by path.
        bulks: that are results, the lowest of each formula first.
        unfit: path of a bulk -> why it is no reference.
        used: paths of bulks that an energy refers to.
        force: eV/Å, below which a run counts where no program says that it converged.
    """

    twins: Mapping[str, str]
    slabs: Mapping[str, Judged]
    bulks: Sequence[Bulk]
    unfit: Mapping[str, str]
    used: frozenset[str]
    force: float

    def row(self, read: Read, *, judged: bool) -> RunRow:
        """The row of a run.

        Args:
            judged: whether its program tells if it converged.
        """
        found = self.slabs.get(read.path)
        converged = read.energy is not None and read.reason is None
        source = RunSource(
            path=read.path,
            kind=read.kind,
            formula=read.formula,
            converged=converged and (judged or (read.force or 0.0) <= self.force),
            energy=read.energy,
            force=read.force,
            reason=self._reason(read),
        )
        return RunRow.made_from(source if found is None else _with_slab(source, found))

    def _reason(self, read: Read) -> str | None:
        if read.path in self.twins:
            return f"the same run as {self.twins[read.path]}"
        if read.path in self.slabs:
            return self.slabs[read.path].reason
        if read.reason or read.kind != "bulk":
            return read.reason or NO_SURFACE.get(read.kind, "nothing to be used")
        return self.unfit.get(read.path) or self._idle(read)

    def _idle(self, read: Read) -> str | None:
        """Why a bulk that is a result is no reference of an energy; None where it is one."""
        if read.path in self.used:
            return None
        own = next(bulk for bulk in self.bulks if bulk.read.path == read.path)
        lower = [bulk for bulk in self.bulks if bulk.read.path in self.used and bulk.formula == own.formula]
        for other in lower:
            if unlike(own.run, other.run) is None:
                above = read.energy_per_unit - other.read.energy_per_unit
                if abs(above) <= TIE:
                    return f"as low as {other.read.path}, which is used"
                if above > 0:
                    return f"{1000 * above:.1f} meV a formula unit above {other.read.path}, which is used"
        return "no slab that it may be compared with is among these runs"


def _with_slab(source: RunSource, found: Judged) -> RunSource:
    slab, energy = found.slab, found.energy
    told = replace(
        source,
        bulk=found.bulk.read.path if found.bulk else None,
        film=found.film.formula if found.film else None,
        gamma=energy.gamma if energy else None,
        notes=found.notes,
    )
    if slab is None:
        return told
    return replace(told, miller=slab.miller, termination=slab.termination, thickness=slab.thickness, strain=slab.strain)
