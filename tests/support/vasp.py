"""VASP's files for the tests: the genuine ones that ASE brings, and runs of many steps made of a genuine one."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import ase.test
import numpy as np
import pytest

from nzsp_surfaces.engines.vasp.reading.steps import Step
from support.alloy import STUDY

WITH_VASP = STUDY.replace("engine: emt", "engine: vasp")
"""The alloy, with VASP as its engine."""

# Looked for and not imported: it would load every learned potential that it knows, which takes half a minute.
needs_stand_in = pytest.mark.skipif(
    find_spec("vpmdk_core") is None, reason="vpmdk is not installed: pip install 'nzsp-surfaces[test]'"
)

GENUINE = Path(ase.test.__file__).parent / "testdata/vasp"
PRESSED, RESPONSE = GENUINE / "vasprun_pstress.xml", GENUINE / "vasprun_dfpt.xml"
REACHED = b"----- aborting loop because EDIFF is reached -----\n"
MISSED = b"----- aborting loop EDIFF was not reached (unconverged) -----\n"
RELAXED = b" reached required accuracy - stopping structural energy minimisation\n"
TIMING = b" General timing and accounting informations for this job:\n"
STEPS = 12


@cache
def longer(mover: int = 0, allowed: int = STEPS, selective: str = "") -> bytes:
    """The genuine static run, its step repeated with other positions, forces and energies."""
    text = PRESSED.read_text("latin-1").replace('"PSTRESS">      1.0', '"PSTRESS">      0.0')
    tags = f'<i type="int" name="NSW">{allowed:6d}</i><i type="int" name="IBRION">{mover:6d}</i>'
    text = re.sub(r'<i (type="int" )?name="(NSW|IBRION|POTIM)">.*?</i>', "", text)
    text = text.replace('<separator name="ionic" >', f'<separator name="ionic" >{tags}<i name="POTIM">      2.0</i>')
    assert tags in text
    head, step, tail = re.split(r"(?s)( <calculation>.*</calculation>\n)", text)
    if selective:
        place = head.rindex("</structure>")
        head = f"{head[:place]}{selective}{head[place:]}"
    return "".join([head, *(moved(step, number, mover) for number in range(STEPS)), tail]).encode("latin-1")


def moved(step: str, number: int, mover: int) -> str:
    """The second atom elsewhere, other forces; bands in the last step only."""
    if number < STEPS - 1:
        step = step[: step.index("  <eigenvalues>")] + step[step.rindex("</dos>\n") + len("</dos>\n") :]
    step = step.replace(
        "0.25000000       0.25000000       0.25000000", f"{0.25 + 0.01 * number:.8f} " * 2 + "0.25000000"
    )
    step = step.replace("-0.00000000 </v>\n   <v>      -0.00000000", f"{number:.8f} </v>\n   <v>{-number - 0.5:17.8f}")
    step = step.replace("-20.23985977", f"{-20.5 - number:.8f}")
    moving = f'<i name="kinetic">{0.1 + number:17.8f} </i><i name="total">{-18.0 + number:17.8f} </i>'
    before, end, after = step.rpartition("</energy>")
    return f"{before}{moving if mover == 0 else ''}{end}{after}"


def written(folder: Path, content: bytes, name: str = "vasprun.xml") -> Path:
    """A file of that content."""
    (folder / name).write_bytes(content)
    return folder / name


def equal(one: Step, other: Step) -> bool:
    """To the last bit."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in Step.__dataclass_fields__]
    return all(np.array_equal(a, b) for a, b in pairs)


def shifted() -> bytes:
    """Another run of the same atoms: all energies lower."""
    return re.sub(rb"-(\d\d\.\d{8}) <", lambda found: b"-%.8f <" % (float(found[1]) + 1), longer(2, 50))
