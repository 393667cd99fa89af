"""The page of a study: one HTML file that opens without a network.

Only the files of a results directory are read, so the page can be written again at any time, from any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.base.labels import plane_colours
from nzsp_surfaces.report.compare import Comparison, comparison_csv
from nzsp_surfaces.report.files import file_name, write_json, write_rows
from nzsp_surfaces.report.markup import drawing, environment
from nzsp_surfaces.report.papers import papers
from nzsp_surfaces.report.read import Results, load_results
from nzsp_surfaces.report.rows.comparison import ComparisonRow
from nzsp_surfaces.report.rows.study import ProfileUsed
from nzsp_surfaces.report.sections.base import Section, sections

if TYPE_CHECKING:
    from jinja2 import Environment

    from nzsp_surfaces.energies.wulff import WulffShape


@dataclass(frozen=True)
class _Written:
    """A section that has something to show.

    Attributes:
        title: its heading.
        body: what its template made of it.
        scenes: pictures to turn, for page.js.
    """

    title: str
    body: Markup
    scenes: Mapping[str, Any]


def write_report(directory: Path) -> Path:
    """Write report.html, and beside it what a paper takes, into a results directory; return the page's path.

    Raises:
        UserError: the directory holds no results, or a file in it is damaged.
    """
    from nzsp_surfaces.report.draw.scenes import plotly_script

    results, templates = load_results(directory), environment()
    written = {name: _written(templates, name, section, results) for name, section in sections().items()}
    shown = {name: section for name, section in written.items() if section}
    scenes = {name: section.scenes for name, section in shown.items() if section.scenes}
    page = templates.get_template("report.html").render(
        results=results, profile=_profile(results), sections=shown.values(), scenes=scenes, plotly=plotly_script()
    )
    for name, text in papers(results).items():
        write_atomically(directory / name, text)
    write_atomically(directory / "report.html", page)
    return directory / "report.html"


def write_shapes(shapes: Mapping[str, WulffShape], directory: Path) -> Path:
    """Write Wulff shapes as wulff.json, pictures (PNG and SVG) and a page to turn them; return the page's path."""
    from nzsp_surfaces.report.draw.pictures import save_shape
    from nzsp_surfaces.report.draw.scenes import plotly_script
    from nzsp_surfaces.report.sections.shapes import shapes_shown

    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / "wulff.json", {name: shape.as_dict() for name, shape in shapes.items()})
    colours = plane_colours(facet.miller for shape in shapes.values() for facet in shape.facets)
    for name, shape in shapes.items():
        save_shape(shape, colours, directory, file_name(name))
    shown = shapes_shown(shapes, colours)
    template = environment().get_template("wulff.html")
    page = template.render(shown=shown, scenes={"shapes": shown.scenes}, plotly=plotly_script())
    write_atomically(directory / "wulff.html", page)
    return directory / "wulff.html"


def write_comparison(comparison: Comparison, directory: Path) -> Path:
    """Write comparison.json, comparison.csv, a picture and comparison.html; return the page's path."""
    from nzsp_surfaces.report.draw.compared import draw_compared
    from nzsp_surfaces.report.draw.scenes import plotly_script
    from nzsp_surfaces.report.draw.style import figure_of, save
    from nzsp_surfaces.report.sections.shapes import shapes_shown

    directory.mkdir(parents=True, exist_ok=True)
    write_rows(directory, ComparisonRow, [ComparisonRow.made_from(surface) for surface in comparison.surfaces])
    write_atomically(directory / "comparison.csv", comparison_csv(comparison))
    size = (max(5.0, 1.5 + 0.62 * len(comparison.surfaces)), 3.6)
    figure = figure_of(draw_compared, comparison, size=size)
    save(figure, directory / "pictures" / "comparison")
    colours = plane_colours([surface.miller for surface in comparison.surfaces])
    shown = shapes_shown(comparison.shapes, colours)
    page = (
        environment()
        .get_template("comparison.html")
        .render(
            comparison=comparison,
            picture=drawing(figure_of(draw_compared, comparison, size=size), "compared-"),
            shown=shown,
            scenes={"shapes": shown.scenes},
            plotly=plotly_script(),
        )
    )
    write_atomically(directory / "comparison.html", page)
    return directory / "comparison.html"


def _written(templates: Environment, name: str, section: Section, results: Results) -> _Written | None:
    shown = section.show(results)
    if shown is None:
        return None
    body = templates.get_template(f"sections/{name}.html").render(shown=shown)
    return _Written(section.title, Markup(body), shown.scenes)


def _profile(results: Results) -> ProfileUsed | None:
    """The profile as the run says it, or at least its name."""
    if results.provenance:
        return results.provenance.profile
    return ProfileUsed(results.study.profile, "", {}) if results.study else None
