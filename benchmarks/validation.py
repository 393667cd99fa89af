"""Published surface energies, orders and shapes beside those of an engine: `make validate` writes docs/validation.md.

    python -m benchmarks.validation [--engine NAME] [CRYSTAL...]
A crystal whose results are there is not computed again. Nothing is scaled, and what was not read is not counted.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml
from pymatgen.core import Lattice, Structure

from benchmarks.crystals import FILE as CRYSTALS
from benchmarks.crystals import ROOT, CrystalEntry
from nzsp_surfaces import load_results
from nzsp_surfaces.base.yaml import read
from nzsp_surfaces.report.read import Results

PUBLISHED, PAGE, RUNS = ROOT / "inputs/published.yaml", ROOT / "docs/validation.md", ROOT / "runs/validation"
Plane = tuple[int, ...]
WITHIN = 0.2
"""Of a published value: magnitudes of other functionals differ by as much."""


@dataclass(frozen=True)
class Value:
    """A surface energy of a plane, J/m²."""

    plane: Plane
    value: float


@dataclass(frozen=True)
class Share:
    """How much of a Wulff shape some planes have together, beside which others."""

    planes: tuple[Plane, ...]
    value: float
    others: tuple[Plane, ...]


@dataclass(frozen=True)
class Claim:
    """What a source says: one of a surface energy, an order, the lowest first, or a share of a shape.

    Attributes:
        read: whether it was seen in its source.
    """

    functional: str
    source: str
    read: bool
    gamma: Value | None = None
    order: tuple[Plane, ...] = ()
    share: Share | None = None

    @property
    def planes(self) -> tuple[Plane, ...]:
        """All planes that it speaks of."""
        shared = (*self.share.planes, *self.share.others) if self.share else ()
        return (*((self.gamma.plane,) if self.gamma else ()), *self.order, *shared)


@dataclass(frozen=True)
class Claims:
    """What inputs/published.yaml holds: claims by crystal."""

    crystals: dict[str, tuple[Claim, ...]]


@dataclass(frozen=True)
class Line:
    """A claim beside what was computed: in words, and whether they agree; None where it cannot be told."""

    crystal: str
    claim: Claim
    published: str
    computed: str
    agrees: bool | None


def main() -> None:
    """Compute what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("crystals", nargs="*")
    parser.add_argument("--engine", default="sevennet-0")
    given = parser.parse_args()
    claims = published()
    for name in given.crystals or list(claims):
        compute(name, claims[name], given.engine)
    PAGE.write_text(page(list(compared(claims, given.engine)), given.engine), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: written")


def published() -> dict[str, tuple[Claim, ...]]:
    """All claims by crystal."""
    return read(PUBLISHED, Claims).crystals


def compute(name: str, claims: Sequence[Claim], engine: str) -> None:
    """Run the study of a crystal's planes, unless it is done."""
    folder = RUNS / engine / name
    if (folder / "results/surface_energies.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    entry = CrystalEntry(**yaml.safe_load(CRYSTALS.read_text(encoding="utf-8"))[name])
    _structure(entry).to(filename=str(folder / "crystal.vasp"), fmt="poscar")
    planes = [list(plane) for plane in dict.fromkeys(plane for claim in claims for plane in claim.planes)]
    material = {"structure": "crystal.vasp", "charges": entry.charges, "mobile": entry.mobile}
    study = {"name": name, "materials": {name: material}, "planes": planes, "engine": engine}
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    call = [sys.executable, "-m", "nzsp_surfaces", "run", str(folder / "study.yaml"), "-o", str(folder / "results")]
    subprocess.run([*call, "--workers", "1"], check=False)


def _structure(entry: CrystalEntry) -> Structure:
    elements = [label.rstrip("0123456789") for label in entry.sites]
    lattice = Lattice.from_parameters(*entry.lattice)
    return Structure.from_spacegroup(entry.group, lattice, elements, list(entry.sites.values()))


def compared(claims: dict[str, tuple[Claim, ...]], engine: str) -> Iterator[Line]:
    """Every claim beside what was computed."""
    for name, own in claims.items():
        folder = RUNS / engine / name / "results"
        results = load_results(folder) if (folder / "surface_energies.json").is_file() else None
        for claim in own:
            yield _line(name, claim, results)


def _line(name: str, claim: Claim, results: Results | None) -> Line:
    gammas = {row.miller: row.gamma for row in results.surface_energies if row.gamma} if results else {}
    if claim.gamma:
        value, wanted = gammas.get(claim.gamma.plane), claim.gamma.value
        close = None if value is None else abs(value - wanted) <= WITHIN * wanted
        return Line(name, claim, f"{_name(claim.gamma.plane)} {wanted:.3f}", f"{value:.3f}" if value else "-", close)
    if claim.share:
        return _share(name, claim, claim.share, results)
    known = [plane for plane in claim.order if plane in gammas]
    pairs = list(itertools.combinations(known, 2))
    right = sum(gammas[one] < gammas[other] for one, other in pairs)
    found = " < ".join(f"{_name(p)} {gammas[p]:.2f}" for p in sorted(known, key=lambda p: gammas[p]))
    words = f"{found}; {right} of {len(pairs)} pairs" if pairs else "-"
    return Line(name, claim, " < ".join(map(_name, claim.order)), words, right == len(pairs) if pairs else None)


def _share(name: str, claim: Claim, share: Share, results: Results | None) -> Line:
    shape = results.wulff.get(name) if results else None
    said = f"{' + '.join(map(_name, share.planes))} {100 * share.value:.0f} % of the area"
    if shape is None:
        return Line(name, claim, said, "-", None)
    found = sum(facet.area_fraction for facet in shape.facets if facet.miller in share.planes)
    return Line(name, claim, said, f"{100 * found:.0f} %", abs(found - share.value) <= WITHIN * share.value)


def _name(plane: Plane) -> str:
    return f"({''.join(map(str, plane))})"


def page(lines: Sequence[Line], engine: str) -> str:
    """docs/validation.md."""
    counted = [line for line in lines if line.claim.read and line.agrees is not None]
    right = sum(bool(line.agrees) for line in counted)
    head = "| crystal | published | functional | source | read | computed | agrees |\n|---|---|---|---|---|---|---|"
    return "\n".join([
        "# Published surfaces beside computed ones",
        "",
        f"`make validate` computes the planes of [published.yaml](../inputs/published.yaml) with {engine}, quick",
        f"profile. Magnitudes count as alike within {100 * WITHIN:.0f} %, the spread of functionals; an order where",
        "every pair that has values is in order. What was not read in its source is shown and not counted; nothing",
        "is scaled.",
        "",
        f"**{right} of {len(counted)}** claims that were read and computed agree.",
        "",
        head,
        *(_row(line) for line in lines),
        "",
    ])  # fmt: skip


def _row(line: Line) -> str:
    agrees = {True: "yes", False: "**no**", None: "not computed"}[line.agrees]
    claim = line.claim
    seen = "yes" if claim.read else "no"
    cells = [line.crystal, line.published, claim.functional, claim.source, seen, line.computed, agrees]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
