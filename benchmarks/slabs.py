"""Slabs beside pymatgen's SlabGenerator, plane by plane in one process: the paper's planes and those of the table.

The generator is given the bonds of the polyanions, which it must not break; where there are none, nothing. What it
returns is judged by the same certificate as ours. It is stopped after `LIMIT` seconds a plane; its time then counts as
the limit, so that ratios are lower bounds. What has been measured is kept, so that a run that was stopped goes on.
"""

from __future__ import annotations

import json
import math
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from types import FrameType
from typing import TYPE_CHECKING, Any

from benchmarks.crystals import ROOT, described, entries
from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.crystals.bonds import crystal_bonds
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import hkl
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs
from nzsp_surfaces.slabs.survey import every_plane

if TYPE_CHECKING:
    from pymatgen.core import Structure

PAPER = {"NZP": "NaZr2P3O12.cif", "NZS": "Na4Zr2Si3O12.cif"}
PLANES = ((1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1))
OPTIONS = SlabOptions()
LIMIT = 60
"""s a plane."""
KEPT, PAGE = ROOT / "runs/slabs-beside-pymatgen.json", ROOT / "docs/slabs-beside-pymatgen.md"


@dataclass(frozen=True)
class Case:
    """A plane of a material."""

    found: Material
    plane: tuple[int, ...]

    @cached_property
    def distance(self) -> float:
        """Å: what the generator means by thickness, for our thinnest slab: both then have as many layers.

        We ask for it between the outermost atoms as well, so that it may be more than `OPTIONS.thickness`.
        """
        cuts, _ = cut_slabs(self.found.crystal, self.plane, self.found.polyanions, self.found.mobile, OPTIONS)
        repeat = stack(self.found.crystal, self.plane, self.found.polyanions, self.found.mobile).repeat
        return min((cut.top - cut.bottom for cut in cuts), default=OPTIONS.thickness / repeat) * repeat - 0.01


Tool = Callable[[Case], list["Structure"]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one tool returns for a plane.

    Attributes:
        seconds: until all slabs are built.
        slabs: returned.
        good: of them whole, stoichiometric, symmetric and nonpolar.
        atoms: of the smallest good slab; None where there is none.
        stopped: at the limit.
    """

    seconds: float
    slabs: int
    good: int
    atoms: int | None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tools on one plane of a crystal."""

    crystal: str
    plane: tuple[int, ...]
    ours: Result
    theirs: Result

    @property
    def ratio(self) -> float:
        """How much longer the peer takes."""
        return self.theirs.seconds / self.ours.seconds


def main() -> None:
    """Print each plane and write the page."""
    warnings.simplefilter("ignore")
    _warm_up()
    pairs = _kept()
    done = {(pair.crystal, tuple(pair.plane)) for pair in pairs}
    for found, plane in _cases():
        if (found.name, plane) not in done:
            ours, theirs = (_measured(tool, Case(found, plane)) for tool in (_ours, _theirs))
            pairs.append(Pair(found.name, plane, ours, theirs))
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps([asdict(pair) for pair in pairs], indent=1) + "\n")
            print(_line(pairs[-1]), flush=True)
    PAGE.write_text(_page(pairs))
    print(f"geometric mean of the ratios {_mean(pairs):.0f}: {PAGE}")


def _warm_up() -> None:
    """Load on small crystals, one with shared ions, what either tool loads when it is first used."""
    for name in ("periclase", "calcite"):
        found = described(name, entries()[name])
        for tool in (_ours, _theirs):
            tool(Case(found, (1, 1, 1) if name == "periclase" else (0, 0, 0, 1)))


def _kept() -> list[Pair]:
    rows = json.loads(KEPT.read_text()) if KEPT.exists() else []
    return [Pair(r["crystal"], tuple(r["plane"]), Result(**r["ours"]), Result(**r["theirs"])) for r in rows]


def _cases() -> Iterator[tuple[Material, tuple[int, ...]]]:
    for name, file in PAPER.items():
        found = material(name, load_structure(ROOT / "inputs/structures" / file), None, None, None, name)
        yield from ((found, plane) for plane in PLANES)
    for name, entry in entries().items():
        found = described(name, entry)
        yield from ((found, plane) for plane in every_plane(found, 1))


def _measured(tool: Tool, case: Case) -> Result:
    """Time a tool within the limit and judge what it returns."""
    assert case.distance > 0  # Worked out before the clock starts.
    signal.signal(signal.SIGALRM, _stop)
    began = time.perf_counter()
    signal.alarm(LIMIT)
    try:
        slabs, stopped = tool(case), False
    except TimeoutError:
        slabs, stopped = [], True
    finally:
        signal.alarm(0)
    seconds = time.perf_counter() - began
    good = [slab for slab in slabs if _is_good(case.found, slab)]
    return Result(round(seconds, 4), len(slabs), len(good), min((len(s) for s in good), default=None), stopped)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _is_good(found: Material, slab: Structure) -> bool:
    formula = found.crystal.structure.composition.reduced_composition
    units = {round(slab.composition[e] / n, 6) for e, n in formula.items()}
    whole = len(units) == 1 and units.pop().is_integer()
    return whole and certify(slab, found.crystal.charges, found.polyanions, set()).failure is None


def _ours(case: Case) -> list[Structure]:
    found = case.found
    cuts, _ = cut_slabs(found.crystal, case.plane, found.polyanions, found.mobile, OPTIONS)
    return [build(cut, found.crystal, OPTIONS.vacuum) for cut in cuts]


def _theirs(case: Case) -> list[Structure]:
    from pymatgen.core.surface import SlabGenerator

    found, bulk = case.found, _conventional(case.found)
    generator = SlabGenerator(bulk, hkl(case.plane), case.distance, OPTIONS.vacuum, center_slab=True)
    bonds = _polyanion_bonds(found)
    slabs = generator.get_slabs(bonds=dict(bonds), max_broken_bonds=0) if bonds else generator.get_slabs()
    return [_bare(slab.get_orthogonal_c_slab()) for slab in slabs]


def _conventional(found: Material) -> Structure:
    """The conventional cell that the indices refer to, in our orientation."""
    import numpy as np

    conventional = found.crystal.structure.copy()
    return conventional.make_supercell(np.rint(np.linalg.inv(found.crystal.setting)).astype(int))


def _polyanion_bonds(found: Material) -> dict[tuple[str, str], float]:
    """Longest bond of each kind of polyanion, with a margin of a tenth."""
    symbols, longest = found.crystal.symbols, {}
    for polyanion in found.polyanions:
        own = [b.length for b in crystal_bonds(found.crystal) if symbols[b.cation] == polyanion.centre]
        longest[polyanion.centre, polyanion.ligand] = 1.1 * max(own)
    return longest


def _bare(slab: Any) -> Structure:
    """The slab as a plain structure whose atoms are not cut by the cell's border."""
    from pymatgen.core import Structure

    centred = slab.copy()
    centred.translate_sites(range(len(slab)), [0, 0, 0.5 - _middle(slab)])
    return Structure(centred.lattice, [site.specie.symbol for site in centred], centred.frac_coords)


def _middle(slab: Structure) -> float:
    """Middle of the slab along the normal, as a fraction, found from its widest empty stretch."""
    import numpy as np

    heights = np.sort(slab.frac_coords[:, 2] % 1.0)
    empty = np.diff(heights, append=heights[0] + 1.0)
    return float((heights[empty.argmax()] + 0.5 * empty.max() + 0.5) % 1.0)


def _mean(pairs: list[Pair]) -> float:
    return math.exp(sum(math.log(pair.ratio) for pair in pairs) / len(pairs)) if pairs else 0.0


def _line(pair: Pair) -> str:
    return f"{pair.crystal} {plane_name(pair.plane)}: {_cell(pair.ours)} | {_cell(pair.theirs)} | {pair.ratio:.0f}"


def _cell(result: Result) -> str:
    if result.stopped:
        return f"stopped at {LIMIT} s"
    return f"{result.seconds:.3f} s, {result.good} of {result.slabs}, {result.atoms or '-'}"


HEADER = (
    "| crystal | plane | ours: time, good of all, fewest atoms | pymatgen | times faster |\n|---|---|---|---|---|\n"
)
INTRODUCTION = """\
# Slabs beside pymatgen's SlabGenerator

Made by `python -m benchmarks slabs`: both in one process on one core, slabs of as many layers (10 Å at least) and 15 Å
of vacuum. *good*: whole polyanions, stoichiometric, symmetric and nonpolar by the same certificate. The generator is
told which bonds not to break, and is stopped after {limit} s a plane ({stopped} planes), where the ratio is a lower
bound. Times are those of the cuts and structures; what `nzsp slabs` says of each face besides comes on top.

- Geometric mean of the ratios of time: {mean:.0f} over all {count} planes, {paper:.0f} over the paper's eight.
- Planes with a good slab: ours {ours}, pymatgen's {theirs}. Both have one on {both}; ours has fewer atoms on {fewer} of
  these, as many on {equal}, more on {more}.
- Planes where pymatgen has a good slab and ours has none: {missing}.

"""


def _page(pairs: list[Pair]) -> str:
    ours, theirs = ([p for p in pairs if getattr(p, who).good] for who in ("ours", "theirs"))
    both = [p for p in ours if p in theirs]
    differences = [(p.ours.atoms or 0) - (p.theirs.atoms or 0) for p in both]
    missing = [f"{p.crystal} ({plane_name(p.plane)})" for p in theirs if p not in ours]
    introduction = INTRODUCTION.format(
        limit=LIMIT,
        stopped=sum(p.theirs.stopped for p in pairs),
        mean=_mean(pairs),
        count=len(pairs),
        paper=_mean([p for p in pairs if p.crystal in PAPER]),
        ours=len(ours),
        theirs=len(theirs),
        both=len(both),
        fewer=sum(d < 0 for d in differences),
        equal=sum(d == 0 for d in differences),
        more=sum(d > 0 for d in differences),
        missing=", ".join(missing) or "none",
    )
    rows = [
        f"| {p.crystal} | ({plane_name(p.plane)}) | {_cell(p.ours)} | {_cell(p.theirs)} | {p.ratio:.0f} |"
        for p in pairs
    ]
    return introduction + HEADER + "\n".join(rows) + "\n"
