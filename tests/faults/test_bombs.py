"""Small files that claim to be large: `nzsp import` says so in one line, in bounded memory and time."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from pymatgen.core import Structure

from support.crystals import structure
from support.vasp_folders import write_run, write_vaspout

MEMORY = 3 << 30
"""Bytes of addresses that the command gets; the libraries alone take one of them."""
PATIENCE = 60
"""s."""


def entities(folder: Path) -> None:
    """Each entity is ten of the one before: 10^11 words."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    (folder / "vasprun.xml").write_text(f'<!DOCTYPE m [<!ENTITY l0 "ha">{lines}]><modeling>&l11;</modeling>')


def packed(folder: Path) -> None:
    """4 GB of spaces in 4 MB."""
    blanks = gzip.compress(b" " * (1 << 24))
    (folder / "vasprun.xml.gz").write_bytes(gzip.compress(b"<modeling><incar>") + blanks * 256)


def header(folder: Path) -> None:
    """A genuine run whose header counts 10^9 atoms."""
    crystal: Structure = structure("MgO")
    write_run(folder, crystal, crystal, -1.0)
    path = folder / "vasprun.xml"
    text = path.read_text("latin-1")
    assert "<atominfo>" in text
    more = "<atominfo><atoms>1000000000</atoms><types>1000000000</types>"
    path.write_text(text.replace("<atominfo>", more).replace("<rc><c>4</c>", "<rc><c>1000000000</c>"), "latin-1")


def counted(folder: Path) -> None:
    """vaspout.h5 whose list of types counts 10^9 atoms."""
    write_vaspout(folder / "vaspout.h5", 10**9, 2)


def claimed(folder: Path) -> None:
    """vaspout.h5 whose arrays claim 10^9 atoms, and were never written."""
    write_vaspout(folder / "vaspout.h5", 10**9, 10**9)


REASONS = {
    entities: "declares entities",
    packed: "an element of more than",
    counted: "of other atoms than it names",
    claimed: "claims",
}


def test_no_file_takes_the_memory_of_the_machine(tmp_path: Path) -> None:
    """Each is told with its reason; what a header counts is not believed, since the atoms are listed."""
    for bomb in (*REASONS, header):
        folder = tmp_path / "runs" / bomb.__name__
        folder.mkdir(parents=True)
        bomb(folder)
        assert sum(path.stat().st_size for path in folder.iterdir()) < 1 << 23
    call = [sys.executable, "-m", "nzsp_surfaces", "import", str(tmp_path / "runs"), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        call, preexec_fn=_limited, capture_output=True, text=True, timeout=PATIENCE, env=os.environ | ONE_THREAD
    )
    assert done.returncode in (0, 1), done.stderr
    rows = {Path(row["path"]).name: row for row in json.loads((tmp_path / "out/runs.json").read_text())}
    for bomb, reason in REASONS.items():
        assert reason in rows[bomb.__name__]["reason"]
    assert rows["header"]["formula"] == "MgO"


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
