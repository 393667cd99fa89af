"""The figures of docs/dft.md, films.md, relaxation.md, solid-solution.md and validation.md, from the data that is kept.

    python -m benchmarks.figures

docs/dft.png: surface energies of the paper, ours by PBE, of potentials. docs/calls.png: evaluations of a dear engine
until a slab is relaxed, with a lent Hessian and without. docs/solid-solution.png: mixtures above their ends.
docs/validation.png: surface energies of a potential against published ones. docs/covered.png: planes bare and covered.
docs/films-NZP.png and films-NZS.png: films of one to three layers.
docs/mixed-surfaces.png: surface energies against the composition of a mixture.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullFormatter

from benchmarks.published import published
from benchmarks.validation import WITHIN, Line, compared, kept
from nzsp_surfaces.base.labels import PLANE_PALETTE, formula_mathtext, plane_mathtext
from nzsp_surfaces.report.draw.coverage import draw_coverage
from nzsp_surfaces.report.draw.mixtures import draw_mixture
from nzsp_surfaces.report.draw.style import GREY, INK, figure_of, save
from nzsp_surfaces.report.files import read_rows
from nzsp_surfaces.report.rows.films import FilmSeriesRow
from nzsp_surfaces.report.rows.mixtures import MixtureRow

ROOT = Path(__file__).parents[1]
DOCS, REFERENCE = ROOT / "docs", ROOT / "inputs" / "reference"
RELAXATION = ROOT / "benchmarks" / "results" / "relaxation.json"
PLANES = {"1-102": (1, -1, 0, 2), "10-14": (1, 0, -1, 4), "11-20": (1, 1, -2, 0), "0001": (0, 0, 0, 1)}
FORMULAS = {"NZP": "NaZr2(PO4)3", "NZS": "Na4Zr2(SiO4)3"}
MARKS = "os^vD"

Key = tuple[str, str, str | None]


def draw_levels(ax: Axes, levels: dict[str, dict[Key, float]]) -> None:
    """A column for each surface: the paper as a line, potentials as open marks, our own PBE as full ones."""
    surfaces = list(levels["paper"])
    for number, (name, values) in enumerate((k, v) for k, v in levels.items() if k != "paper"):
        ours = "PBE here" in name
        places = [(surfaces.index(key), value) for key, value in values.items() if key in surfaces]
        colour = INK if ours else PLANE_PALETTE[number % len(PLANE_PALETTE)]
        mark = {"PBE here, relaxed": "D", "PBE here, as it stands": "o", "PBE here, foretold": "P"}.get(name)
        ax.plot(
            *zip(*places, strict=True),
            mark or MARKS[number % len(MARKS)],
            color=colour,
            fillstyle="full" if ours else "none",
            markersize=5,
            label=name,
        )
    ax.plot(range(len(surfaces)), list(levels["paper"].values()), "_", color=GREY, markersize=16, label="paper, PBE")
    ax.set_xticks(range(len(surfaces)), [_label(key) for key in surfaces], fontsize=7)
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower right", ncols=2)


def _label(key: Key) -> str:
    material, plane, film = key
    above = f"\n+ {formula_mathtext(film)}" if film else "\n"
    return f"{plane_mathtext(PLANES[plane])}{above}\n{material}"


def draw_calls(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """Bars of evaluations, slab by slab."""
    places = range(len(rows))
    ax.barh([x + 0.2 for x in places], [r["plain"] for r in rows], height=0.38, color=GREY, label="BFGS")
    lent = [r["preconditioned"] for r in rows]
    ax.barh([x - 0.2 for x in places], lent, height=0.38, color=PLANE_PALETTE[0], label="lent Hessian")
    for x, row in zip(places, rows, strict=True):
        ax.annotate(str(row["preconditioned"]), (row["preconditioned"], x - 0.2), (3, -3), textcoords="offset points")
    ax.set_yticks(places, [row["name"] for row in rows], fontsize=7)
    ax.set_xlabel("evaluations of energy and forces until 0.02 eV/Å")
    ax.invert_yaxis()
    ax.legend(loc="upper right")


def draw_parity(ax: Axes, lines: list[Line]) -> None:
    """Computed against published surface energies, a mark a kind of crystal; alike between the dashes."""
    kinds = dict.fromkeys(line.kind for line in lines)
    for number, kind in enumerate(kinds):
        values = [line.claim.gamma.value for line in lines if line.kind == kind and line.claim.gamma]
        errors = [line.error for line in lines if line.kind == kind and line.error is not None]
        found = [value + error for value, error in zip(values, errors, strict=True)]
        ax.plot(values, found, MARKS[number], color=PLANE_PALETTE[number], fillstyle="none", markersize=5, label=kind)
    for slope, style in ((1, "-"), (1 - WITHIN, "--"), (1 + WITHIN, "--")):
        ax.axline((0.1, 0.1 * slope), (6, 6 * slope), color=GREY, linestyle=style, linewidth=0.7, zorder=0)
    ax.set(xscale="log", yscale="log", xlim=(0.2, 7), ylim=(0.2, 7))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0.2, 0.5, 1, 2, 5]))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(r"published $\gamma$ / J m$^{-2}$")
    ax.set_ylabel(r"computed $\gamma$ / J m$^{-2}$")
    ax.legend(loc="upper left")


def draw_covered(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """An arrow from each bare plane, an open mark, to the covered one, a full one; a colour for each material."""
    materials, planes = (list(dict.fromkeys(row[key] for row in rows)) for key in ("material", "plane"))
    gammas = {_key(row): row["gamma"] for row in rows}
    for (material, plane, film), gamma in gammas.items():
        colour, x = PLANE_PALETTE[materials.index(material)], planes.index(plane) + 0.25 * materials.index(material)
        ax.plot(x, gamma, "o", color=colour, fillstyle="full" if film else "none", markersize=6)
        if film:
            arrow = {"arrowstyle": "->", "color": colour, "shrinkA": 4, "shrinkB": 4}
            ax.annotate("", (x, gamma), (x, gammas[material, plane, None]), arrowprops=arrow)
    for number, material in enumerate(materials):
        ax.plot([], [], "-", color=PLANE_PALETTE[number], linewidth=3, label=formula_mathtext(FORMULAS[material]))
    for words, filled in (("bare", "none"), ("under a layer of Na$_3$PO$_4$", "full")):
        ax.plot([], [], "o", color=GREY, fillstyle=filled, markersize=6, label=words)
    middle = 0.125 * (len(materials) - 1)
    ax.set_xticks([x + middle for x in range(len(planes))], [plane_mathtext(PLANES[plane]) for plane in planes])
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower left", ncols=2)


def draw_mixed(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """A colour for each plane of the ends, a mark for each plane of a mixture that is that one in the ends.

    Lines join their means, each plane as often as it comes among those that are alike in the ends.
    """
    for colour, plane in zip(PLANE_PALETTE, PLANES, strict=False):
        for film, inside, line in ((None, "none", "-"), ("Na3PO4", "full", ":")):
            own = sorted((r["x"], r["gamma"], r["forms"]) for r in rows if (r["plane"], r["film"]) == (plane, film))
            means = {x: _mean([each for each in own if each[0] == x]) for x, _, _ in own}
            ax.plot([x for x, _, _ in own], [g for _, g, _ in own], "o", color=colour, fillstyle=inside, markersize=5)
            ax.plot(list(means), list(means.values()), line, color=colour, linewidth=1.0)
        ax.plot([], [], "-", color=colour, linewidth=3, label=plane_mathtext(PLANES[plane]))
    for words, inside in (("bare", "none"), ("under a layer of Na$_3$PO$_4$", "full")):
        ax.plot([], [], "o", color=GREY, fillstyle=inside, markersize=5, label=words)
    ax.set_xlabel(r"composition $x$")
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower left", ncols=2)


def _mean(rows: list[tuple[float, float, int]]) -> float:
    return sum(gamma * forms for _, gamma, forms in rows) / sum(forms for _, _, forms in rows)


def mixed_rows() -> list[dict[str, Any]]:
    """Surface energies of mixtures and of their ends."""
    ends = {"NZP": 0.0, "NZS": 3.0}
    covered = json.loads((REFERENCE / "films" / "covered.json").read_text())
    of_ends = [row | {"x": ends[row["material"]], "forms": 1} for row in covered]
    return of_ends + list(json.loads((REFERENCE / "mixtures" / "surface_energies.json").read_text()))


def levels() -> dict[str, dict[Key, float]]:
    """All that is kept, by what gave it."""
    found: dict[str, dict[Key, float]] = json_levels(REFERENCE / "potentials.json")
    rows = [row for row in json.loads((REFERENCE / "surface_energies.json").read_text()) if row["engine"] == "gpaw"]
    columns = {"as it stands": "gamma_single_point", "foretold": "gamma", "relaxed": "gamma_relaxed"}
    for words, column in columns.items():
        values = {_key(row): row[column] for row in rows if row.get(column) is not None}
        if values:
            found[f"PBE here, {words}"] = values
    return found


def json_levels(path: Path) -> dict[str, dict[Key, float]]:
    """Surface energies by name; the first is the paper's."""
    rows = json.loads(path.read_text())
    names = list(dict.fromkeys(row["source"] for row in rows))
    return {name: {_key(row): row["gamma"] for row in rows if row["source"] == name} for name in names}


def _key(row: dict[str, Any]) -> Key:
    return row["material"], row["plane"], row["film"]


def main() -> None:
    """Draw all."""
    save(figure_of(draw_levels, levels(), size=(7.5, 3.8)), DOCS / "dft")
    rows = json.loads(RELAXATION.read_text())
    save(figure_of(draw_calls, rows, size=(5.0, 0.6 + 0.42 * len(rows))), DOCS / "calls")
    mixed = read_rows(REFERENCE / "mixtures", MixtureRow)
    save(figure_of(draw_mixture, mixed, size=(4.6, 3.0)), DOCS / "solid-solution")
    lines = [line for line in compared(published(), kept("sevennet-0")) if line.claim.read and line.error is not None]
    save(figure_of(draw_parity, lines, size=(3.8, 3.8)), DOCS / "validation")
    series = read_rows(REFERENCE / "films", FilmSeriesRow)
    for material in FORMULAS:
        own = [row for row in series if row.material == material]
        save(figure_of(draw_coverage, own, size=(4.2, 3.0)), DOCS / f"films-{material}")
    covered = json.loads((REFERENCE / "films" / "covered.json").read_text())
    save(figure_of(draw_covered, covered, size=(4.6, 3.2)), DOCS / "covered")
    save(figure_of(draw_mixed, mixed_rows(), size=(4.6, 3.4)), DOCS / "mixed-surfaces")
    films = [f"films-{material}" for material in FORMULAS]
    for name in ("dft", "calls", "solid-solution", "validation", "covered", "mixed-surfaces", *films):
        (DOCS / f"{name}.svg").unlink()


if __name__ == "__main__":
    main()
