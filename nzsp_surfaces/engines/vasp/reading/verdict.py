"""What a run of VASP is worth: whether its loops and its relaxation converged, and whether it is a ground state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nzsp_surfaces.engines.vasp.reading.header import Header
from nzsp_surfaces.engines.vasp.reading.witness import Witness

_HONEST = 6
"""VASP of this release and later says where a loop ended because NELM was used up; before, that EDIFF was reached."""
_ROUNDED = 2e-8
"""eV; two energies of eight decimals may be so far from their difference."""
_SLACK = 1.001
"""Forces are printed with as many digits as VASP compares with more."""
_SCREENED = (
    *("GW", "G0W0", "EVGW", "QPGW", "SCGW", "BSE", "TDHF", "TIMEEV", "ACFDT", "RPA", "CHI", "2E4W", "MP2"),
    *("EIGENVAL", "SUBROT", "NONE", "NOTHING"),
)
"""Beginnings of ALGO that look for no ground state: excited states, response, orbitals that stay as they were."""
_MOVERS = {
    5: "finite displacements, whose last geometry is a displaced one",
    6: "finite displacements, whose last geometry is a displaced one",
    40: "a path downhill from a saddle point",
    44: "a search for a saddle point",
}
"""IBRION of runs that end at no minimum."""


@dataclass(frozen=True)
class Verdict:
    """What a run is worth.

    Attributes:
        electronic: the electronic loop of its last step converged.
        ionic: nothing to relax, or relaxed to its limit.
        force: largest force on coordinates that may move, eV/Å.
        excluded: why its energy is not that of a ground state; None where it is.
        reason: in a sentence, why it is no result; None where it is one.
        notes: what is strange about its files and does not change the verdict.
    """

    electronic: bool
    ionic: bool
    force: float
    excluded: str | None
    reason: str | None
    notes: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it is a result that may be used."""
        return self.reason is None


@dataclass(frozen=True)
class Loop:
    """An electronic loop: its number of steps, and the last change of energy in eV where that is known."""

    steps: int
    change: float | None = None


def failed_loops(header: Header, loops: Sequence[Loop], outcar: Witness | None) -> tuple[int, ...]:
    """Numbers of the ionic steps whose electronic loop did not meet its limit.

    VASP's own words count from release 6 on. Before, it says that EDIFF is reached also where NELM was used up, so that
    a loop must have met its limit by its numbers as well.
    """
    told = outcar.loops if outcar and len(outcar.loops) == len(loops) else None
    if told and _release(header) >= _HONEST:
        good = list(told)
    else:
        words = told or (True,) * len(loops)
        good = [said and _met(header, loop) for said, loop in zip(words, loops, strict=True)]
    if outcar and outcar.stopped and good:
        good[-1] = False
    return tuple(number for number, met in enumerate(good) if not met)


def _release(header: Header) -> int:
    """0 where the file does not say."""
    number = header.version.split(".")[0]
    return int(number) if number.isdigit() else 0


def _met(header: Header, loop: Loop) -> bool:
    """By its steps and, where the last change of energy is known, by that: VASP asks more, but not less.

    Nothing tells of a loop that met its limit in the very last step that was allowed, which is rare.
    """
    if header.tag("ML_LMLFF", None):
        return True
    small = abs(float(header.tag("EDIFF", 1e-4))) + _ROUNDED
    return 0 < loop.steps < loop_limit(header) and (loop.change is None or abs(loop.change) <= small)


def loop_limit(header: Header) -> int:
    """NELM."""
    return int(header.tag("NELM", 60))


def allowed_steps(header: Header) -> int:
    """NSW; none where it is negative, as -1."""
    return max(0, int(header.tag("NSW", 0)))


def relaxed(header: Header, steps: int, force: float, outcar: Witness | None) -> bool:
    """Static, or relaxed: as VASP's OUTCAR says, else after fewer steps than allowed and with forces below EDIFFG.

    Fewer steps alone say little, since a soft stop looks the same.
    """
    allowed, mover = allowed_steps(header), int(header.tag("IBRION", -1))
    if allowed == 0 or mover == -1:
        return True
    if mover == 0:
        return False
    # A stand-in for VASP writes OUTCAR without VASP's verdict.
    if outcar is None or header.program.lower() != "vasp":
        limit = force_limit(header)
        return steps < allowed and (limit is None or force <= limit * _SLACK)
    return outcar.relaxed


def force_limit(header: Header) -> float | None:
    """eV/Å; None where EDIFFG is a change of energy."""
    given = header.tag("EDIFFG", None)
    return -float(given) if isinstance(given, int | float) and given < 0 else None


def excluded(header: Header, energy: float) -> str | None:
    """Why the energy in eV of a run is not that of a ground state of its geometry; None where it may be."""
    algorithm = str(header.tag("ALGO", "")).strip().upper()
    charge, images = int(header.tag("ICHARG", 0) or 0), int(header.tag("IMAGES", 0) or 0)
    doubts = (
        (charge >= 10, f"the charge density was kept fixed (ICHARG = {charge})"),
        (images > 0, f"an image of a path (IMAGES = {images})"),
        (header.tag("ML_LMLFF", None), "a learned force field took part (ML_LMLFF)"),
        (algorithm.startswith(_SCREENED), f"ALGO = {algorithm} looks for no ground state"),
        (header.tag("LOPTICS", None), "optical spectra, with settings for empty bands (LOPTICS)"),
        (header.kpoints.get("scheme") == "listgenerated", "k-points along lines, for a band structure"),
        (header.tag("ISMEAR", 1) == -2, "occupations were given, not found (ISMEAR = -2)"),
        (header.tag("IBRION", -1) in _MOVERS, _MOVERS.get(header.tag("IBRION", -1), "")),
        # A stand-in for VASP may count energies from elsewhere.
        (energy > 0 and header.program.lower() == "vasp", f"its energy is positive ({energy:.3f} eV)"),
    )
    return next((words for applies, words in doubts if applies), None)


def electronic_reason(header: Header, loop: Loop) -> str:
    """A sentence about a loop that did not converge."""
    limit, small = loop_limit(header), float(header.tag("EDIFF", 1e-4))
    if loop.steps >= limit:
        left = "" if loop.change is None else f", with a last change of {abs(loop.change):.1e} eV (EDIFF = {small:g})"
        return f"the electronic loop of the last step did not converge: it used up NELM = {limit}{left}"
    return "the electronic loop of the last step did not converge: it was stopped, or no file says that it did"


def ionic_reason(header: Header, steps: int, force: float) -> str:
    """A sentence about a run that did not come to rest."""
    if int(header.tag("IBRION", -1)) == 0:
        return "dynamics, which ends at no minimum"
    limit, allowed = force_limit(header), allowed_steps(header)
    wanted = f" where EDIFFG asks for {limit:g}" if limit else ""
    used = f"all {allowed} steps are used up" if steps >= allowed else f"it ended after {steps} of {allowed} steps"
    return f"not relaxed: {used}, with {force:.3f} eV/Å left{wanted}"
