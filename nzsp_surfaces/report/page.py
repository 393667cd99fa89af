"""The page of a study: one HTML file that opens without a network.

Only the files of a results directory are read, so the page can be written again at any time, from any machine.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import CAVEAT, formula_html, plane_colours, plane_html
from nzsp_surfaces.crystals.crystal import pymatgen_structure
from nzsp_surfaces.energies.wulff import WulffShape
from nzsp_surfaces.report.draw import plots
from nzsp_surfaces.report.draw.scenes import plotly_script, shape_scene, slab_data

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pymatgen.core.structure import Structure

Entry = dict[str, Any]

DFT_ENGINES = frozenset({"vasp", "gpaw", "cp2k"})
"""Engines whose values are the number itself; all others are potentials."""
STAGES = ("start", "annealed", "quenched", "relaxed")
TRACE_POINTS = 400


@dataclass(frozen=True, slots=True)
class Results:
    """What a results directory holds; a missing file is an empty list or mapping."""

    directory: Path
    study: Entry
    provenance: Entry
    wulff: Entry
    surface_energies: list[Entry]
    slabs: list[Entry]
    rejected: list[Entry]
    bulk: list[Entry]
    candidates: list[Entry]
    films: list[Entry]
    dynamics: list[Entry]

    @classmethod
    def read(cls, directory: Path) -> Results:
        """All result files of a directory.

        Raises:
            UserError: no such directory, no results in it, or a file that is not what it should be.
        """
        if not directory.is_dir():
            raise UserError(f"{directory}: no such directory; give the directory that nzsp run wrote")
        tables = {name: _read(directory / f"{name}.json", dict) for name in ("study", "provenance", "wulff")}
        names = ("surface_energies", "slabs", "rejected", "bulk", "candidates", "films", "dynamics")
        lists = {name: _read(directory / f"{name}.json", list) for name in names}
        if not (lists["surface_energies"] or lists["slabs"] or tables["wulff"]):
            raise UserError(f"{directory}: holds no results; run 'nzsp run STUDY -o {directory}' first")
        return cls(directory, **tables, **lists)


def write_report(directory: Path) -> Path:
    """Write ``report.html`` into a results directory and return its path.

    Raises:
        UserError: the directory holds no results, or a file in it is damaged.
    """
    results = Results.read(directory)
    page = environment().get_template("report.html").render(context(results))
    return _write(directory / "report.html", page)


def write_shapes(shapes: Mapping[str, WulffShape], directory: Path) -> Path:
    """Write Wulff shapes as ``wulff.json``, pictures (PNG and SVG) and a page to turn them; return the page's path."""
    directory.mkdir(parents=True, exist_ok=True)
    entries = {name: shape.as_dict() for name, shape in shapes.items()}
    _write(directory / "wulff.json", json.dumps(entries, indent=1) + "\n")
    colours = plane_colours(facet.miller for shape in shapes.values() for facet in shape.facets)
    for name, shape in shapes.items():
        figure = plots.figure_of(plots.draw_shape, shape, size=(3.4, 3.6), colours=colours)
        plots.save(figure, directory / "pictures" / ("wulff-" + re.sub(r"[^\w.+-]+", "_", name)))
    page = environment().get_template("wulff.html").render(plotly=plotly_script(), **_shapes(entries, colours))
    return _write(directory / "wulff.html", page)


def environment() -> Environment:
    """The templates, with every string escaped and the filters of `labels`."""
    from jinja2 import ChainableUndefined, Environment, PackageLoader

    env = Environment(
        loader=PackageLoader("nzsp_surfaces", "report/templates"), autoescape=True, undefined=ChainableUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.filters |= {
        "plane": _plane,
        "formula": _formula,
        "number": number,
        "counts": counts,
        "duration": duration,
    }
    env.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "sort_keys": False}
    return env


def context(results: Results) -> Entry:
    """Everything the template shows."""
    colours = plane_colours(entry["miller"] for entry in results.surface_energies or results.slabs)
    pictured = _pictured(results)
    return {
        "results": results,
        "name": results.study.get("name") or results.directory.resolve().name,
        "profile": _profile(results),
        "findings": findings(results.surface_energies),
        "caveat": CAVEAT if _uses_potential(results.surface_energies) else "",
        "bars": _energies_picture(results.surface_energies, colours),
        "colours": {str(list(plane)): colour for plane, colour in colours.items()},
        "films": film_stages(results.films),
        "traces": [(row, _trace_picture(results.directory, row, f"t{n}-")) for n, row in enumerate(results.dynamics)],
        "slabs": {entry["id"]: entry for entry in results.slabs},
        "gallery": [(entry, _slab_picture(structure)) for entry, structure in pictured],
        "slab_scenes": {str(n): slab_data(structure) for n, (_, structure) in enumerate(pictured)},
        "stages": STAGES,
        "study_text": json.dumps(results.study, indent=2, ensure_ascii=False),
        "plotly": plotly_script(),
        **_shapes(results.wulff, colours),
    }


def findings(energies: Sequence[Entry]) -> list[Markup]:
    """What the values say, a line each: the order of the planes, the effect of films, the distance to the paper."""
    lines = []
    known = [entry for entry in energies if entry.get("gamma") is not None]
    for material in dict.fromkeys(entry["material"] for entry in known):
        own = [entry for entry in known if entry["material"] == material]
        bare = [entry for entry in own if not entry.get("film")]
        lines += [_order_line(material, bare)] if len(bare) > 1 else []
        lines += [line for film in own if film.get("film") for line in _film_lines(film, bare)]
    return lines + _distance_lines(known)


def film_stages(films: Sequence[Entry]) -> list[Entry]:
    """One row for each face of each film, with its coordination at every stage side by side."""
    rows: dict[tuple[str, str], Entry] = {}
    for entry in films:
        row = rows.setdefault((str(entry.get("id")), str(entry.get("face"))), {**entry, "stages": {}})
        row["stages"][entry.get("stage")] = entry
    return list(rows.values())


def number(value: object, digits: int = 2) -> str:
    """A number with a true minus sign, a dash where there is none."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def counts(coordination: Sequence[int]) -> str:
    """[6, 6, 5] -> '6 (2×), 5 (1×)'."""
    tally = sorted(Counter(coordination).items(), reverse=True)
    return ", ".join(f"{value} ({n}×)" for value, n in tally) or "–"


def duration(seconds: float | None) -> str:
    """Wall time as a reader would say it."""
    if not isinstance(seconds, (int, float)):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _plane(miller: Sequence[int]) -> Markup:
    return Markup(plane_html(miller) if miller else "–")


def _formula(text: str) -> Markup:
    return Markup(formula_html(text) if text else "–")


def _write(path: Path, text: str) -> Path:
    """Replace a file at once, so that a reader or a crash never meets half of it."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    return unfinished.replace(path)


def _read(path: Path, kind: type) -> Any:
    if not path.is_file():
        return kind()
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); write it again with nzsp run") from error
    if not isinstance(value, kind):
        raise UserError(f"{path}: holds no {'list' if kind is list else 'mapping'}; write it again with nzsp run")
    return value


def _profile(results: Results) -> Entry:
    profile = results.provenance.get("profile") or results.study.get("profile") or {}
    return profile if isinstance(profile, dict) else {"name": profile}


def _uses_potential(energies: Iterable[Entry]) -> bool:
    return any(str(entry.get("engine", "")).lower() not in DFT_ENGINES for entry in energies)


def _order_line(material: str, bare: Sequence[Entry]) -> Markup:
    computed = sorted(bare, key=lambda entry: float(entry["gamma"]))
    order = Markup(" &lt; ").join(_plane(entry["miller"]) for entry in computed)
    line = Markup("<b>{}</b>: {}").format(material, order)
    if any(entry.get("gamma_published") is None for entry in bare):
        return line
    published = sorted(bare, key=lambda entry: float(entry["gamma_published"]))
    if published == computed:
        return line + ", the published order"
    order = Markup(" &lt; ").join(_plane(entry["miller"]) for entry in published)
    return line + Markup("; published: {}").format(order)


def _film_lines(film: Entry, bare: Sequence[Entry]) -> list[Markup]:
    own = [entry for entry in bare if entry["miller"] == film["miller"]]
    return [
        Markup("<b>{}</b>: {} {} γ of {} from {} to {} J/m²").format(
            film["material"], _formula(film["film"]),
            "lowers" if film["gamma"] < entry["gamma"] else "raises",
            _plane(film["miller"]), number(entry["gamma"]), number(film["gamma"]),
        )
        for entry in own
    ]  # fmt: skip


def _distance_lines(known: Sequence[Entry]) -> list[Markup]:
    ratios = [entry["gamma"] / entry["gamma_published"] for entry in known if entry.get("gamma_published")]
    if not ratios:
        return []
    mean, low, high = sum(ratios) / len(ratios), min(ratios), max(ratios)
    text = Markup("Computed over published: {} on average, {} to {} over {} values")
    return [text.format(number(mean), number(low), number(high), len(ratios))]


def _shapes(wulff: Mapping[str, Entry], colours: Mapping[tuple[int, ...], str] | None = None) -> Entry:
    """Shapes for the template: name, material, film, entry and still picture; and the scenes for the script."""
    colours = colours or plane_colours(facet["miller"] for entry in wulff.values() for facet in entry["facets"])
    rows, scenes = [], {}
    for n, (name, entry) in enumerate(wulff.items()):
        shape = WulffShape.from_dict(entry)
        drawn = any(facet.polygons for facet in shape.facets)
        still = _picture(plots.figure_of(_bare_shape, shape, size=(3, 3), colours=colours), f"w{n}-") if drawn else ""
        if drawn:
            scenes[str(n)] = shape_scene(shape, colours)
        material, _, film = name.partition("+")
        rows.append({"id": n, "material": material, "film": film, "shape": shape, "still": still})
    return {"shapes": rows, "shape_scenes": scenes, "colours_of": colours}


def _bare_shape(ax: Axes, shape: WulffShape, **options: Any) -> None:
    """Without the legend, for the table stands beside it."""
    plots.draw_shape(ax, shape, **options)
    _without_legend(ax)


def _bare_slab(ax: Axes, structure: Structure) -> None:
    """Small: no axis and no legend, for the viewer has them."""
    plots.draw_slab(ax, structure, width=12.0, vacuum=1.5)
    _without_legend(ax)
    ax.set_axis_off()


def _without_legend(ax: Axes) -> None:
    if legend := ax.get_legend():
        legend.remove()


def _pictured(results: Results) -> list[tuple[Entry, Structure]]:
    """Slabs with a structure: the relaxed ones where there are energies, else those that were cut."""
    entries = [entry for entry in results.surface_energies if entry.get("structure")] or results.slabs
    paths = [(entry, results.directory / str(entry.get("structure", ""))) for entry in entries]
    return [(entry, _structure(path)) for entry, path in paths if path.is_file()]


def _structure(path: Path) -> Structure:
    """From POSCAR through ASE, whose import costs a tenth of pymatgen's."""
    from ase.io import read

    try:
        return pymatgen_structure(read(path, format="vasp"))
    except Exception as error:  # readers raise whatever comes
        raise UserError(f"{path}: cannot be read as POSCAR ({error}); write it again with nzsp run") from error


def _energies_picture(energies: Sequence[Entry], colours: Mapping[tuple[int, ...], str]) -> Markup | str:
    if not any(entry.get("gamma") is not None for entry in energies):
        return ""
    bars = [plots.EnergyBar.from_entry(entry) for entry in energies]
    width = max(4.0, 1.2 + 0.62 * len(bars))
    return _picture(plots.figure_of(plots.draw_energies, bars, size=(width, 3.3), colours=colours), "bars-")


def _slab_picture(structure: Structure) -> str:
    """A side view as the address of an image."""
    image = plots.png_image(plots.figure_of(_bare_slab, structure, size=(2.2, 2.8)), dpi=140)
    return "data:image/png;base64," + base64.b64encode(image).decode("ascii")


def _trace_picture(directory: Path, entry: Entry, prefix: str) -> Markup | str:
    path = directory / str(entry.get("trace", ""))
    if not path.is_file():
        return ""
    trace = plots.Trace.read(path, float(entry.get("temperature") or 0.0)).thinned(TRACE_POINTS)
    return _picture(plots.figure_of(plots.draw_trace, trace, size=(4.2, 2.5)), prefix)


def _picture(figure: Figure, prefix: str) -> Markup:
    """A drawing to stand in the page: names of its parts made unique, ink and paper taken from the page."""
    svg = plots.svg_image(figure)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", svg)
    svg = svg.replace("#222222", "currentColor").replace("#ffffff", "var(--paper)")
    return Markup(re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL))
