"""The part of CP2K's input that is the same for every structure; ASE adds cell and coordinates."""

from __future__ import annotations

from collections.abc import Mapping

from nzsp_surfaces.engines.cp2k.settings import BASIS_FILES, POTENTIAL_FILE, Cp2kSettings

DIAGONALISATION = """
&DIAGONALIZATION
  ALGORITHM STANDARD
&END DIAGONALIZATION
&MIXING
  METHOD BROYDEN_MIXING
  ALPHA {alpha}
  NBROYDEN 8
&END MIXING"""
TRANSFORMATION = """
&OT
  MINIMIZER CG
  PRECONDITIONER FULL_ALL
  ENERGY_GAP 0.08
&END OT
&OUTER_SCF
  EPS_SCF {eps_scf}
  MAX_SCF 3
&END OUTER_SCF"""

WAYS: Mapping[str, str] = {
    "diagonalisation": DIAGONALISATION.format(alpha=0.4),
    "diagonalisation, a tenth of the new density mixed in": DIAGONALISATION.format(alpha=0.1),
    "ot": TRANSFORMATION,
}
"""Ways to a self-consistent density, in the order in which they are tried.

Measured on NaZr2(PO4)3: Broyden mixing is converged after 11 steps in bulk and 19 in a slab; orbital transformation
with DIIS and FULL_ALL is at 7e-3 after 13. A step costs the same, since most of it goes into the density's grid.
"""

INPUT = """
&FORCE_EVAL
  &DFT
    {files}
    &MGRID
      REL_CUTOFF {rel_cutoff}
    &END MGRID
    &QS
      EPS_DEFAULT {eps_default}
      EXTRAPOLATION USE_PREV_WF
    &END QS
    &SCF
      SCF_GUESS RESTART
      EPS_SCF {eps_scf}
      {way}
      &PRINT
        &RESTART
          BACKUP_COPIES 0
        &END RESTART
        &RESTART_HISTORY OFF
        &END RESTART_HISTORY
      &END PRINT
    &END SCF
  &END DFT
  &SUBSYS
    {kinds}
  &END SUBSYS
&END FORCE_EVAL
"""


def template(settings: Cp2kSettings, valences: Mapping[str, int], way: str, folder: str) -> str:
    """CP2K's input without cell, coordinates and cutoff.

    Args:
        valences: electrons by element.
        way: name of one of `WAYS`.
        folder: of CP2K's data.
    """
    files = f"BASIS_SET_FILE_NAME {folder}/{BASIS_FILES[settings.basis]}\nPOTENTIAL_FILE_NAME {folder}/{POTENTIAL_FILE}"
    kinds = [_kind(element, settings.basis, electrons) for element, electrons in valences.items()]
    return INPUT.format(
        files=files,
        rel_cutoff=settings.rel_cutoff,
        eps_default=settings.eps_default,
        eps_scf=settings.eps_scf,
        way=WAYS[way].format(eps_scf=settings.eps_scf),
        kinds="\n".join(kinds),
    )


def _kind(element: str, basis: str, electrons: int) -> str:
    return f"&KIND {element}\nBASIS_SET {basis}-q{electrons}\nPOTENTIAL GTH-PBE-q{electrons}\n&END KIND"
