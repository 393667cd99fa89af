"""Published surface energies, orders and shapes beside those of an engine: `make validate` writes docs/validation.md.

    python -m benchmarks.validation [--engine NAME] [CRYSTAL...]

The page tells the default engine's values, and how the claims fare with every other engine that has computed some.
What is kept in benchmarks/results/validation.json is not computed again. Nothing is scaled, and what was not read is
not counted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from textwrap import fill
from typing import Any, cast

import yaml

from benchmarks.crystals import ROOT
from benchmarks.published import Claim, Plane, Share, cells, published
from nzsp_surfaces import load_results

PAGE, RUNS = ROOT / "docs/validation.md", ROOT / "runs/validation"
KEPT = ROOT / "benchmarks/results/validation.json"
DEFAULT = "sevennet-0"
WITHIN = 0.2
"""Of a published value: magnitudes of other functionals differ by as much."""


@dataclass(frozen=True)
class Computed:
    """A plane as it was computed.

    Attributes:
        gamma: J/m²; None where the plane has no slab or its slab did not relax.
        share: of the area of the Wulff shape of all planes that were computed.
    """

    engine: str
    crystal: str
    plane: Plane
    gamma: float | None
    share: float


@dataclass(frozen=True)
class Line:
    """A claim beside what was computed: in words, and whether they agree; None where it cannot be told.

    Attributes:
        kind: of the crystal.
        error: J/m², computed less published; None but for a surface energy.
    """

    crystal: str
    kind: str
    claim: Claim
    published: str
    computed: str
    agrees: bool | None
    error: float | None = None

    @property
    def counted(self) -> bool:
        """Whether it was read and can be told."""
        return self.claim.read and self.agrees is not None


def main() -> None:
    """Compute what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("crystals", nargs="*")
    parser.add_argument("--engine", default=DEFAULT)
    given = parser.parse_args()
    claims = published()
    for name in given.crystals or list(claims):
        if not _known(kept(given.engine), name, claims[name]):
            keep(given.engine, name, compute(name, claims[name], given.engine))
    lines = {engine: list(compared(claims, kept(engine))) for engine in engines()}
    PAGE.write_text(page(lines.pop(DEFAULT), lines), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: written")


def engines() -> tuple[str, ...]:
    """All that have computed something, the default one first."""
    return tuple(dict.fromkeys((DEFAULT, *(row["engine"] for row in _rows()))))


def _rows() -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else [])


def kept(engine: str) -> tuple[Computed, ...]:
    """All planes that an engine has computed."""
    rows = _rows()
    planes = (Computed(**{**row, "plane": tuple(row["plane"])}) for row in rows)
    return tuple(row for row in planes if row.engine == engine)


def _known(rows: Sequence[Computed], name: str, claims: Sequence[Claim]) -> bool:
    planes = {plane for claim in claims for plane in claim.planes}
    return planes <= {row.plane for row in rows if row.crystal == name}


def keep(engine: str, name: str, rows: Sequence[Computed]) -> None:
    """Write the planes of a crystal in the place of those that were there, a line each."""
    others = [row for row in _rows() if (row["engine"], row["crystal"]) != (engine, name)]
    lines = (json.dumps(row) for row in [*others, *map(asdict, rows)])
    KEPT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def compute(name: str, claims: Sequence[Claim], engine: str) -> list[Computed]:
    """Run the study of a crystal's planes."""
    folder, entry = RUNS / engine / name, cells()[name]
    folder.mkdir(parents=True, exist_ok=True)
    entry.structure.to(filename=str(folder / "crystal.vasp"), fmt="poscar")
    planes = list(dict.fromkeys(plane for claim in claims for plane in claim.planes))
    material = {"structure": "crystal.vasp", "charges": entry.charges, "mobile": entry.mobile}
    study = {"name": name, "materials": {name: material}, "planes": [list(p) for p in planes], "engine": engine}
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    call = [sys.executable, "-m", "nzsp_surfaces", "run", str(folder / "study.yaml"), "-o", str(folder / "results")]
    subprocess.run([*call, "--workers", "1"], check=False)
    results = load_results(folder / "results")
    gammas, shape = {row.miller: row.gamma for row in results.surface_energies}, results.wulff.get(name)
    shares = {facet.miller: facet.area_fraction for facet in shape.facets} if shape else {}
    return [Computed(engine, name, p, _rounded(gammas.get(p)), round(shares.get(p, 0.0), 4)) for p in planes]


def _rounded(gamma: float | None) -> float | None:
    return None if gamma is None else round(gamma, 4)


def compared(claims: Mapping[str, tuple[Claim, ...]], rows: Sequence[Computed]) -> Iterator[Line]:
    """Every claim beside what was computed."""
    kinds = {name: entry.kind for name, entry in cells().items()}
    for name, own in claims.items():
        planes = {row.plane: row for row in rows if row.crystal == name and row.gamma is not None}
        for claim in own:
            yield _line(name, kinds[name], claim, planes)


def _line(name: str, kind: str, claim: Claim, planes: Mapping[Plane, Computed]) -> Line:
    gammas = {plane: row.gamma for plane, row in planes.items() if row.gamma is not None}
    if claim.gamma:
        plane, wanted = claim.gamma.plane, claim.gamma.value
        error = gammas[plane] - wanted if plane in gammas else None
        close = None if error is None else abs(error) <= WITHIN * wanted
        found = "-" if error is None else f"{gammas[plane]:.2f}"
        return Line(name, kind, claim, f"{_name(plane)} {wanted:.2f}", found, close, error)
    if claim.share:
        return _share(name, kind, claim, claim.share, planes)
    known = [plane for plane in claim.order if plane in gammas]
    pairs = list(itertools.combinations(known, 2))
    right = sum(gammas[one] < gammas[other] for one, other in pairs)
    order = " < ".join(f"{_name(p)} {gammas[p]:.2f}" for p in sorted(known, key=lambda p: gammas[p]))
    words = f"{order}; {right} of {len(pairs)} pairs" if pairs else "-"
    return Line(name, kind, claim, " < ".join(map(_name, claim.order)), words, right == len(pairs) if pairs else None)


def _share(name: str, kind: str, claim: Claim, share: Share, planes: Mapping[Plane, Computed]) -> Line:
    said = f"{' + '.join(map(_name, share.planes))} {100 * share.value:.0f} % of the area"
    if not planes.keys() >= {*share.planes, *share.others}:
        return Line(name, kind, claim, said, "-", None)
    found = sum(planes[plane].share for plane in share.planes)
    return Line(name, kind, claim, said, f"{100 * found:.0f} %", abs(found - share.value) <= WITHIN * share.value)


def _name(plane: Plane) -> str:
    return f"({''.join(map(str, plane))})"


def page(lines: Sequence[Line], others: Mapping[str, Sequence[Line]]) -> str:
    """docs/validation.md.

    Args:
        lines: of the default engine.
        others: by other engines, of what they have computed.
    """
    kinds = list(dict.fromkeys(line.kind for line in lines))
    return "\n".join([
        "# Published surfaces beside computed ones",
        "",
        f"`make validate` computes the planes of [published.yaml](../inputs/published.yaml) with {DEFAULT}, quick",
        f"profile. A magnitude counts as alike within {100 * WITHIN:.0f} %, the spread of functionals, a share of a",
        "shape likewise, an order where every pair that has values is in order. What was not read in its source is",
        "shown and not counted; nothing is scaled.",
        "",
        _extent(lines),
        "What was computed is kept in [validation.json](../benchmarks/results/validation.json).",
        "",
        *_heading("crystals"),
        *(_summary(kind, [line for line in lines if line.kind == kind and line.counted]) for kind in kinds),
        "",
        fill(f"It fails on {_failing(lines)}.", 128, break_on_hyphens=False),
        "",
        "![Computed against published surface energies](validation.png)",
        "",
        *_beside(lines, others),
        "| crystal | published | functional | source | read | computed | agrees |",
        "|---|---|---|---|---|---|---|",
        *(_row(line) for line in lines),
        "",
    ])  # fmt: skip


def _heading(first: str) -> list[str]:
    columns = [
        first,
        "claims agree",
        "orders, shares",
        "values",
        "mean error",
        "absolute, J/m²",
        "computed : published",
    ]
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _beside(lines: Sequence[Line], others: Mapping[str, Sequence[Line]]) -> Iterator[str]:
    """How other engines fare with the claims that they and the default engine have computed, one table each."""
    for engine, own in others.items():
        both = [(one, other) for one, other in zip(lines, own, strict=True) if one.counted and other.counted]
        crystals = len({one.crystal for one, _ in both})
        yield f"On the {len(both)} claims of {crystals} crystals that {engine} has computed, too:"
        yield ""
        yield from _heading("engine")
        yield _summary(DEFAULT, [one for one, _ in both])
        yield _summary(engine, [other for _, other in both])
        yield ""


def _extent(lines: Sequence[Line]) -> str:
    """Of how many crystals and faces claims were read."""
    read = [line for line in lines if line.claim.read]
    crystals = {line.crystal: line.kind for line in read}
    faces = {(line.crystal, plane) for line in read for plane in line.claim.planes}
    ionic = [name for name, kind in crystals.items() if kind == "ionic"]
    of_ionic = sum(name in ionic for name, _ in faces)
    return f"Read are {len(faces)} faces of {len(crystals)} crystals, {of_ionic} of {len(ionic)} ionic ones among them."


def _summary(what: str, lines: Sequence[Line]) -> str:
    """How claims fare, those of a kind of crystal or those of an engine."""
    errors = [line.error for line in lines if line.error is not None]
    others = [line for line in lines if line.error is None]
    ratios = [1 + line.error / line.claim.gamma.value for line in lines if line.error is not None and line.claim.gamma]
    mean = f"{fmean(errors):+.2f} | {fmean(map(abs, errors)):.2f} | {fmean(ratios):.2f}" if errors else "- | - | -"
    agree = f"{sum(bool(line.agrees) for line in lines)} of {len(lines)}"
    return (
        f"| {what} | {agree} | {sum(bool(line.agrees) for line in others)} of {len(others)} | {len(errors)} | {mean} |"
    )


def _failing(lines: Sequence[Line]) -> str:
    """Crystals with a claim that was read and does not agree, and the planes where it is one of a value."""
    failing = [line for line in lines if line.claim.read and line.agrees is False]
    planes: dict[str, list[str]] = {}
    for line in failing:
        planes.setdefault(line.crystal, []).append(_name(line.claim.gamma.plane) if line.claim.gamma else "(its order)")
    return ", ".join(f"{name} {' '.join(of)}" for name, of in planes.items())


def _row(line: Line) -> str:
    agrees = {True: "yes", False: "**no**", None: "not computed"}[line.agrees]
    claim = line.claim
    seen = "yes" if claim.read else "no"
    cells_ = [line.crystal, line.published, claim.functional, claim.source, seen, line.computed, agrees]
    return f"| {' | '.join(cells_)} |"


if __name__ == "__main__":
    main()
