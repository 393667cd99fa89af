from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Polygon
from pymatgen.core.structure import Structure

from nzsp_surfaces.base.labels import (
    PLANE_PALETTE,
    formula_html,
    formula_mathtext,
    plane_colours,
    plane_html,
    plane_mathtext,
    plane_unicode,
)
from nzsp_surfaces.energies.wulff import WulffShape, wulff_shape
from nzsp_surfaces.report.draw.bars import draw_energies
from nzsp_surfaces.report.draw.diagram import draw_diagram
from nzsp_surfaces.report.draw.reservoirs import draw_terminations
from nzsp_surfaces.report.draw.scenes import plotly_script, shape_scene, slab_data
from nzsp_surfaces.report.draw.shapes import draw_shape
from nzsp_surfaces.report.draw.slab_view import slab_view
from nzsp_surfaces.report.draw.slabs import draw_slab
from nzsp_surfaces.report.draw.style import figure_of, save
from nzsp_surfaces.report.draw.traces import draw_trace
from nzsp_surfaces.report.read import Results, load_results
from nzsp_surfaces.report.traces import read_trace
from support.results import PLANES, PUBLISHED, energies, nzp, toy_slab, write_results


@pytest.fixture(scope="module")
def slab() -> Structure:
    """Something to draw."""
    return toy_slab(nzp())


@pytest.fixture(scope="module")
def shape() -> WulffShape:
    """NZP's, from Table 1."""
    return wulff_shape(nzp(), zip(PLANES, PUBLISHED["NZP"], strict=True))


@pytest.fixture
def ax() -> Axes:
    """Plain axes."""
    return Figure().subplots()


def test_negative_indices_carry_a_bar() -> None:
    """(1-102) is written with a bar over the second 1 in every notation."""
    assert plane_mathtext((1, -1, 0, 2)) == r"$(1\bar{1}02)$"
    assert plane_html((1, -1, 0, 2)) == '<span class="hkl">(1<span class="bar">1</span>02)</span>'
    assert plane_unicode((1, -1, 0, 2)) == "(11\u030502)"


def test_long_indices_are_kept_apart() -> None:
    """(1 0 -1 10) must not read as (1 0 -1 1 0)."""
    assert plane_mathtext((1, 0, -1, 10)) == r"$(1\,0\,\bar{1}\,10)$"


def test_formula_digits_are_lowered() -> None:
    """Digits after an element or a bracket are subscripts; markup in a name is escaped."""
    assert formula_mathtext("NaZr2(PO4)3") == "NaZr$_{2}$(PO$_{4}$)$_{3}$"
    assert formula_html("Na3PO4<b>") == "Na<sub>3</sub>PO<sub>4</sub>&lt;b&gt;"


def test_planes_keep_their_colour() -> None:
    """The first planes of a list have different colours, and repeating a plane does not use one up."""
    colours = plane_colours([PLANES[0], PLANES[0], *PLANES])
    assert list(colours) == PLANES
    assert list(colours.values()) == list(PLANE_PALETTE[:4])


def test_bars_are_as_high_as_the_energies(ax: Axes) -> None:
    """One computed and one published bar for each surface, at their values, from zero."""
    bars = energies("NZP")
    draw_energies(ax, bars)
    heights = sorted(patch.get_height() for patch in ax.patches)  # type: ignore[attr-defined]
    assert heights == sorted([*(b.gamma for b in bars), *(b.gamma_published for b in bars)])  # type: ignore[type-var]
    assert ax.get_ylim()[0] == 0


def test_missing_value_is_said_and_not_drawn(ax: Axes) -> None:
    """A surface that failed keeps its place with a note instead of a bar."""
    first, second = energies("NZP")[:2]
    draw_energies(ax, [replace(first, gamma=None, gamma_published=None), replace(second, gamma_published=None)])
    assert len(ax.patches) == 1
    assert any(text.get_text() == "no value" for text in ax.texts)
    assert len(ax.get_xticks()) == 2


def test_unconverged_value_is_marked(ax: Axes) -> None:
    """A value that is not converged carries a star, explained in the legend."""
    draw_energies(ax, [replace(energies("NZP")[0], converged=False)])
    legend = ax.get_legend()
    assert legend is not None
    assert "not converged" in [text.get_text() for text in legend.get_texts()]
    assert "0.66*" in [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("view", [(10.0, 5.0), (40.0, 20.0), (200.0, -60.0)])
def test_visible_faces_of_a_convex_body_tile_its_outline(
    ax: Axes, shape: WulffShape, view: tuple[float, float]
) -> None:
    """The faces drawn add up to the area of the outline of all corners: none is missing, none overlaps."""
    from scipy.spatial import ConvexHull

    draw_shape(ax, shape, view=view)
    faces = [patch.get_xy()[:-1] for patch in ax.patches if isinstance(patch, Polygon)]
    drawn = sum(ConvexHull(face).volume for face in faces)
    assert drawn == pytest.approx(ConvexHull(np.vstack(faces)).volume, rel=1e-6)


def test_legend_gives_the_share_of_each_form(ax: Axes, shape: WulffShape) -> None:
    """Every plane is listed with its share, the absent ones with 0."""
    draw_shape(ax, shape)
    legend = ax.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert len(labels) == 4
    assert labels[2] == r"$\{11\bar{2}0\}$  0.0 %"


def test_view_keeps_every_atom_and_distance(slab: Structure) -> None:
    """Turning a slab upright changes neither the atoms nor the distances between them."""
    view = slab_view(slab)
    assert list(view.symbols[: view.n_cell]) == [site.specie.symbol for site in slab]
    upright = Structure(
        view.cell, list(view.symbols[: view.n_cell]), view.positions[: view.n_cell], coords_are_cartesian=True
    )
    assert np.allclose(upright.distance_matrix, slab.distance_matrix, atol=1e-6)


def test_view_does_not_part_a_slab_that_crosses_the_cell(slab: Structure) -> None:
    """A slab that leaves the cell on one side and enters on the other is shown in one piece."""
    shifted = slab.copy()
    shifted.translate_sites(range(len(shifted)), [0, 0, 0.8], to_unit_cell=True)
    assert slab_view(shifted).height == pytest.approx(slab_view(slab).height)


def test_polyhedra_of_the_bulk_are_whole() -> None:
    """In NaZr2(PO4)3 every P has a tetrahedron of 4 triangles and every Zr an octahedron of 8, facing outwards."""
    polyhedra = slab_view(nzp()).polyhedra
    sizes = {(p.centre, len(p.corners), len(p.faces)) for p in polyhedra}
    assert sizes == {("P", 4, 4), ("Zr", 6, 8)}
    assert len(polyhedra) == 30
    for p in polyhedra:
        first, second, third = np.moveaxis(p.corners[p.faces] - p.corners.mean(axis=0), 1, 0)
        assert np.all(np.einsum("ij,ij->i", first, np.cross(second, third)) > 0)


def test_slab_picture_shows_the_slab_and_little_vacuum(ax: Axes, slab: Structure) -> None:
    """The picture spans the slab and 3 Å on either side, not the whole vacuum; heights are counted within the slab."""
    draw_slab(ax, slab)
    low, high = ax.get_ylim()
    assert low == -3
    assert high == pytest.approx(slab_view(slab).height + 3)


def test_trace_is_read_with_its_units(tmp_path: Path, ax: Axes) -> None:
    """Times in fs are drawn in ps; thinning keeps at most the wanted number of points, in order."""
    path = tmp_path / "t.csv"
    path.write_text(
        "time_fs,temperature_K,potential_energy_eV\n" + "".join(f"{2 * n},{500 + n},-8\n" for n in range(100))
    )
    trace = read_trace(path, 500)
    draw_trace(ax, trace)
    assert np.max(np.asarray(ax.lines[0].get_xdata(), dtype=float)) == pytest.approx(0.198)
    thin = trace.thinned(30)
    assert len(thin.time) <= 30
    assert np.all(np.diff(thin.time) > 0)


def potentials(tmp_path: Path) -> Results:
    """Results with chemical potentials."""
    return load_results(write_results(tmp_path))


def test_conditions_of_oxygen_stand_where_they_put_its_potential(tmp_path: Path, ax: Axes) -> None:
    """Those that lie in the picture; of another element's potential they say nothing."""
    found = potentials(tmp_path)
    far = replace(found.conditions[0], absolute=-9.0)
    unknown = replace(found.conditions[0], absolute=None)
    colours, gas = plane_colours(PLANES), [*found.conditions, far, unknown]
    draw_terminations(ax, found.terminations, colours=colours, conditions=gas)
    (above,) = ax.child_axes
    assert [text.get_text() for text in above.get_xticklabels()] == ["900 K, 0.2 bar"]
    assert above.get_xticks().tolist() == [-5.98]
    other = Figure().subplots()
    sodium = [replace(row, element="Na") for row in found.terminations]
    draw_terminations(other, sodium, colours=colours, conditions=gas)
    assert not other.child_axes


def test_a_diagram_shows_the_lowest_termination_at_each_point(tmp_path: Path, ax: Axes) -> None:
    """A point is where its potentials are; what is not stable is no colour, and what is nowhere lowest has no name."""
    (row,) = potentials(tmp_path).diagrams
    draw_diagram(ax, replace(row, terminations=(*row.terminations, "Na")))
    (image,) = ax.images
    shown = image.get_array()
    assert shown is not None
    assert np.array_equal(np.ma.getmaskarray(shown), [[n is None for n in line] for line in row.lowest])
    assert list(image.get_extent()) == [-7.5, -4.5, -3.5, -0.5]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["stoichiometric", "O over", "not stable"]


def test_saved_pictures_are_png_and_svg_and_repeatable(tmp_path: Path, shape: WulffShape) -> None:
    """`save` writes both formats, makes the folder, and writes the same SVG twice."""
    paths = [save(figure_of(draw_shape, shape), tmp_path / "new" / name) for name in "ab"]
    assert imread(paths[0][0]).shape[0] > 500
    assert paths[0][1].read_text() == paths[1][1].read_text()


def test_scene_has_a_mesh_for_each_visible_form(shape: WulffShape) -> None:
    """Three of the four forms appear on NZP's shape, and each face with n corners is n - 2 triangles."""
    meshes = [trace for trace in shape_scene(shape)["data"] if trace["type"] == "mesh3d"]
    assert len(meshes) == 3
    triangles = sum(len(polygon) - 2 for facet in shape.facets for polygon in facet.polygons)
    assert sum(len(mesh["i"]) for mesh in meshes) == triangles


def test_slab_data_holds_every_atom_once(slab: Structure) -> None:
    """The page's atoms are those of the cell and the images that complete polyhedra."""
    data = slab_data(slab)
    assert sum(len(kind["xyz"]) for kind in data["atoms"]) == len(slab_view(slab).symbols) >= len(slab)


def test_plotly_can_stand_in_a_script_element() -> None:
    """The script of plotly holds no closing tag that would end the element early."""
    assert "</script" not in plotly_script().lower()
