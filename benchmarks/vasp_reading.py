"""Reading dynamics beside pymatgen: time and peak memory on a vasprun.xml of 100 atoms as it grows.

And a relaxation whose steps hold eigenvalues, which make up most of such a file.

Times are taken in one process by turns and compared turn by turn, since other work on the machine slows all of a turn;
medians are told. Peak memory is that of a process of its own for each reading, with what it imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

ATOMS, LENGTHS = 100, (1000, 4000, 16000)
PEER_UP_TO = 4000
"""Steps; pymatgen keeps all that it reads."""
SCSTEPS = 8
"""Of each ionic step."""
RELAXATION, POINTS, BANDS = 100, 8, 300
"""Steps of a relaxation, k-points and bands of each spin."""
EDGE = 11.0
"""Å of the cubic cell."""
TURNS = 3

MEASURE = """
import gc, json, resource, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
{imports}
path, readings = Path(sys.argv[1]), [{readings}]
def timed(reading):
    gc.collect()
    began = time.perf_counter()
    assert reading() == {length}
    return time.perf_counter() - began
seconds = [[timed(reading) for reading in readings] for _ in range({turns})]
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
OURS = "from nzsp_surfaces.engines.vasp.reading.steps import Pass, ionic_steps, trace_of"
THEIRS = "from pymatgen.io.vasp import Vasprun"
QUIET = "parse_dos=False, parse_eigen=False, parse_potcar_file=False"
READINGS = {
    "energies": (OURS, "lambda: len(trace_of(Pass(path)))"),
    "positions and forces": (OURS, "lambda: sum(1 for _ in ionic_steps(path))"),
    "pymatgen": (THEIRS, f"lambda: len(Vasprun(path, {QUIET}).ionic_steps)"),
}


def main() -> None:
    """Print seconds, how many times faster than pymatgen, and MB, of each reading at each length."""
    print(f"{'steps':>6} {'file MB':>8}  " + "  ".join(f"{name:>24}" for name in READINGS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vasprun.xml"
        for length in LENGTHS:
            with path.open("w") as file:
                file.writelines(dynamics(length))
            print(_line(path, length), flush=True)
        print(f"a relaxation with eigenvalues of {POINTS} points, {BANDS} bands and two spins:")
        with path.open("w") as file:
            file.writelines(dynamics(RELAXATION, eigenvalues=True))
        print(_line(path, RELAXATION), flush=True)


def _line(path: Path, length: int) -> str:
    names = [name for name in READINGS if length <= PEER_UP_TO or name != "pymatgen"]
    turns, _ = _measured(names, path, length, TURNS)
    cells = []
    for number, name in enumerate(names):
        seconds, (_, peak) = median(turn[number] for turn in turns), _measured([name], path, length, 1)
        ratio = median(turn[-1] / turn[number] for turn in turns) if "pymatgen" in names else float("nan")
        cells.append(f"{seconds:7.2f} s {peak:4.0f} MB {ratio:4.1f}x")
    return f"{length:6d} {path.stat().st_size / 1e6:8.1f}  " + "  ".join(f"{cell:>24}" for cell in cells)


def _measured(names: list[str], path: Path, length: int, turns: int) -> tuple[list[list[float]], float]:
    """Seconds of each reading in each turn, and MB of all."""
    imports = "\n".join(dict.fromkeys(READINGS[name][0] for name in names))
    readings = ", ".join(READINGS[name][1] for name in names)
    script = MEASURE.format(imports=imports, readings=readings, length=length, turns=turns)
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout)
    return seconds, peak


def dynamics(length: int, atoms: int = ATOMS, seed: int = 0, *, eigenvalues: bool = False) -> Iterator[str]:
    """Text of a vasprun.xml, laid out as VASP 6 does, without bands unless they are asked for."""
    generator = np.random.default_rng(seed)
    positions = generator.random((atoms, 3))
    yield _header(atoms, length)
    yield _structure(positions, " ", ' name="initialpos" ')
    for _ in range(length):
        step = _calculation(positions, generator)
        yield step.replace("  <energy>\n", f"{_eigenvalues(generator)}  <energy>\n", 1) if eigenvalues else step
        positions = (positions + generator.normal(scale=1e-3, size=positions.shape)) % 1
    yield _structure(positions, " ", ' name="finalpos" ')
    yield "</modeling>\n"


def _header(atoms: int, length: int) -> str:
    ions = "    <rc><c>Na</c><c>   1</c></rc>\n" * atoms
    kinds = "  PAW_PBE Na_pv 19Sep2006"
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <generator>
  <i name="program" type="string">vasp </i>
  <i name="version" type="string">6.3.0  </i>
 </generator>
 <incar>
  <i type="int" name="IBRION">     0</i>
  <i type="int" name="NSW">{length:6d}</i>
  <i name="POTIM">      2.00000000</i>
 </incar>
 <kpoints>
  <generation param="Gamma">
   <v type="int" name="divisions">       1        1        1 </v>
   <v name="usershift">      0.00000000       0.00000000       0.00000000 </v>
  </generation>
{_array("kpointlist", np.zeros((1, 3)), "  ")}  <varray name="weights" >
   <v>       1.00000000 </v>
  </varray>
 </kpoints>
 <parameters>
  <separator name="electronic" >
   <i name="ENMAX">    400.00000000</i>
   <i type="int" name="NELM">    60</i>
  </separator>
  <separator name="ionic" >
   <i type="int" name="NSW">{length:6d}</i>
   <i type="int" name="IBRION">     0</i>
   <i name="POTIM">      2.00000000</i>
  </separator>
 </parameters>
 <atominfo>
  <atoms>     {atoms} </atoms>
  <types>       1 </types>
  <array name="atoms" >
   <dimension dim="1">ion</dimension>
   <field type="string">element</field>
   <field type="int">atomtype</field>
   <set>
{ions}   </set>
  </array>
  <array name="atomtypes" >
   <dimension dim="1">type</dimension>
   <field type="int">atomspertype</field>
   <field type="string">element</field>
   <field>mass</field>
   <field>valence</field>
   <field type="string">pseudopotential</field>
   <set>
    <rc><c>{atoms:4d}</c><c>Na</c><c>     22.99000000</c><c>      7.00000000</c><c>{kinds:40s}</c></rc>
   </set>
  </array>
 </atominfo>
"""


def _calculation(positions: npt.NDArray[np.float64], generator: np.random.Generator) -> str:
    loops = "".join(_scstep(-400 - generator.random(), number in (0, SCSTEPS - 1)) for number in range(SCSTEPS))
    names = ("e_fr_energy", "e_wo_entrp", "e_0_energy", "kinetic", "lattice kinetic", "nosepot", "nosekinetic", "total")
    forces, stress = generator.normal(size=positions.shape), np.diag([3.0, 2.0, 1.0])
    return "".join(
        [
            " <calculation>\n",
            loops,
            _structure(positions, "  ", ""),
            _array("forces", forces, "  "),
            _array("stress", stress, "  "),
            "  <energy>\n",
            *(f'   <i name="{name}">{-400.0:16.8f} </i>\n' for name in names),
            '  </energy>\n  <time name="totalsc">   33.01   33.12</time>\n </calculation>\n',
        ]
    )


def _eigenvalues(generator: np.random.Generator) -> str:
    """Energy and occupation of each band."""
    points = "".join(_point(number, generator) for number in range(1, POINTS + 1))
    spins = "".join(f'     <set comment="spin {spin}">\n{points}     </set>\n' for spin in (1, 2))
    fields = "".join(f"    <field>{name}</field>\n" for name in ("eigene", "occ"))
    head = '    <dimension dim="1">band</dimension>\n    <dimension dim="2">kpoint</dimension>\n'
    spin = '    <dimension dim="3">spin</dimension>\n'
    body = f"   <array>\n{head}{spin}{fields}    <set>\n{spins}    </set>\n   </array>\n"
    return f"  <eigenvalues>\n{body}  </eigenvalues>\n"


def _point(number: int, generator: np.random.Generator) -> str:
    rows = "".join(f"       <r> {energy:9.4f}    1.0000 </r>\n" for energy in np.sort(generator.normal(0, 9, BANDS)))
    return f'      <set comment="kpoint {number}">\n{rows}      </set>\n'


def _scstep(energy: float, full: bool) -> str:
    """The first and the last name the parts of the energy."""
    parts = ("alphaZ", "ewald", "hartreedc", "XCdc", "pawpsdc", "pawaedc", "eentropy", "bandstr", "atom")
    names = ((*parts,) if full else ()) + ("e_fr_energy", "e_wo_entrp", "e_0_energy")
    values = "".join(f'    <i name="{name}">{energy:16.8f} </i>\n' for name in names)
    times = "".join(f'   <time name="{name}">    3.01    3.01</time>\n' for name in ("diis", "total"))
    return f"  <scstep>\n{times}   <energy>\n{values}   </energy>\n  </scstep>\n"


def _structure(positions: npt.NDArray[np.float64], pad: str, name: str) -> str:
    basis = _array("basis", EDGE * np.eye(3), f"{pad}  ") + f'{pad}  <i name="volume">{EDGE**3:16.8f} </i>\n'
    crystal = f"{pad} <crystal>\n{basis}{_array('rec_basis', np.eye(3) / EDGE, f'{pad}  ')}{pad} </crystal>\n"
    return f"{pad}<structure{name}>\n{crystal}{_array('positions', positions, f'{pad} ')}{pad}</structure>\n"


def _array(name: str, rows: npt.NDArray[np.float64], pad: str) -> str:
    """Each number in 17 columns, eight of them behind the point."""
    number: Callable[[float], str] = "{:17.8f}".format
    body = "".join(f"{pad} <v>{''.join(map(number, row))} </v>\n" for row in rows)
    return f'{pad}<varray name="{name}" >\n{body}{pad}</varray>\n'


if __name__ == "__main__":
    main()
