"""Pictures of slabs as they were cut: from the side and from above, with what the cuts broke."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.image import imread
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.report.draw.cut_pictures import cut_figure, group_mathtext, write_cut_pictures
from nzsp_surfaces.report.draw.cut_scene import panels
from nzsp_surfaces.report.draw.cut_view import CutView, cut_view
from nzsp_surfaces.report.draw.slab_view import slab_view
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.faces import lost_bonds
from nzsp_surfaces.slabs.survey import Surface, survey_plane
from support.crystals import ionic, slabs_of, structure

Plane = tuple[int, ...]

CUTS: list[tuple[str, Plane]] = [
    ("calcite", (1, 0, -1, 4)),
    ("NZP", (1, -1, 0, 2)),
    ("MgO", (1, 0, 0)),
    ("SrTiO3", (1, 1, 0)),
    ("Cu", (1, 1, 1)),
    ("sheets", (0, 0, 0, 1)),
]


@cache
def named(name: str) -> Material:
    """A material; the sheets of CdI2's type are held together by no bond."""
    if name == "sheets":
        sites = {"Ti": (0, 0, 0), "S": (1 / 3, 2 / 3, 0.25)}
        sheets = Structure.from_spacegroup("P-3m1", Lattice.hexagonal(3.41, 5.7), list(sites), list(sites.values()))
        return material("TiS2", sheets, None, None, None, "TiS2")
    return material(name, structure(name), None, None, None, name)


@cache
def first(name: str, plane: Plane) -> Surface:
    """The best slab of a plane."""
    return survey_plane(named(name), plane, SlabOptions()).surfaces[0]


@cache
def seen(name: str, plane: Plane) -> CutView:
    """Its picture's content."""
    return cut_view(first(name, plane), named(name))


def fractions(view: CutView, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Within the cell of the picture; the plane's periods are whole numbers."""
    return np.asarray(points @ np.linalg.inv(view.slab.cell))


@pytest.mark.parametrize(("name", "plane"), CUTS)
def test_every_lost_bond_is_a_stub(name: str, plane: Plane) -> None:
    """There are as many stubs as lost bonds; each begins where its atom is drawn and is as long as the bond."""
    whole, cut, view = named(name), first(name, plane).cut, seen(name, plane)
    lost = lost_bonds(stack(whole.crystal, plane, whole.polyanions, whole.mobile), np.array(cut.in_plane), cut.sites)
    assert view.stubs.atoms == tuple(b.kept for b in lost)
    assert np.allclose(view.stubs.starts, view.slab.positions[list(view.stubs.atoms)].reshape(-1, 3))
    assert np.linalg.norm(view.stubs.vectors, axis=1) == pytest.approx([b.bond.length for b in lost])
    assert bool(lost) == (name != "sheets")


@pytest.mark.parametrize(("name", "plane"), CUTS)
def test_stubs_point_to_what_is_gone_and_sticks_to_what_is_there(name: str, plane: Plane) -> None:
    """No atom of the slab or its periodic images is where a stub points; an atom is where each stick ends."""
    view = seen(name, plane)
    atoms = fractions(view, view.slab.positions[: view.slab.n_cell])
    for arms, there in ((view.stubs, False), (view.sticks, True)):
        gaps = fractions(view, arms.starts + arms.vectors)[:, None] - atoms[None]
        gaps[..., :2] -= np.rint(gaps[..., :2])
        nearest = np.linalg.norm(gaps @ view.slab.cell, axis=2).min(axis=1, initial=np.inf)
        assert np.all((nearest < 1e-3) == there)


@pytest.mark.parametrize(("name", "plane"), [("MgO", (1, 0, 0)), ("Cu", (1, 1, 1))])
def test_stubs_cross_the_cuts_where_units_are_single_atoms(name: str, plane: Plane) -> None:
    """Every atom lies between the two cuts, and every lost neighbour beyond the nearer one."""
    view = seen(name, plane)
    low, high = view.cuts
    heights, ends = view.slab.positions[:, 2], (view.stubs.starts + view.stubs.vectors)[:, 2]
    assert low < heights.min() < heights.max() < high
    assert np.all((ends < low) | (ends > high))


@pytest.mark.parametrize(("name", "plane"), CUTS)
def test_the_framework_lies_between_the_cuts(name: str, plane: Plane) -> None:
    """The centres of framework units lie between the cuts, or on them where a layer is shared; vacuum lies beyond."""
    whole, view = named(name), seen(name, plane)
    charges, elements = whole.crystal.charges, np.array(view.slab.symbols[: view.slab.n_cell])
    centres = [e for e in charges if charges[e] >= 0 and e not in whole.mobile]
    heights = view.slab.positions[: view.slab.n_cell, 2]
    low, high = view.cuts
    assert low - 0.05 <= heights[np.isin(elements, centres)].min()
    assert heights[np.isin(elements, centres)].max() <= high + 0.05
    assert low + high == pytest.approx(view.slab.height, abs=1e-3)
    assert max(abs(low), abs(high - view.slab.height)) < 2.5


@pytest.mark.parametrize(("name", "plane"), CUTS)
def test_polyhedra_and_sticks_end_at_balls(name: str, plane: Plane) -> None:
    """In both panels every corner of a polyhedron is a ball, no atom is drawn twice, and all is inside the frame."""
    for panel in panels(seen(name, plane)):
        balls = np.array([position for _, position in panel.scene.balls])
        apart = np.linalg.norm(balls[:, None] - balls[None], axis=2) + 9 * np.eye(len(balls))
        assert apart.min() > 0.5
        points = [*(c for p in panel.scene.polyhedra for c in p.corners), *(s[2] for s in panel.scene.sticks)]
        for point in points:
            assert np.linalg.norm(balls - point, axis=1).min() < 1e-3
        assert np.all((balls[:, [0, 2]] > panel.low) & (balls[:, [0, 2]] < panel.high))


def test_both_panels_show_the_surface_cell() -> None:
    """The top view holds the outline of the surface cell, and the side view is as wide."""
    view = seen("NZP", (1, -1, 0, 2))
    corners = np.array([0 * view.plane[0], *view.plane, view.plane.sum(axis=0)])[:, :2]
    side, top = panels(view)
    assert np.all((corners > top.low) & (corners < top.high))
    assert side.low[0] < corners[:, 0].min() < corners[:, 0].max() < side.high[0]


@pytest.mark.parametrize(("name", "plane"), CUTS)
def test_everything_drawn_has_a_place(name: str, plane: Plane) -> None:
    """All lines, patches and letters have finite coordinates, and the two cuts are lines across the side view."""
    side, top = cut_figure(first(name, plane), named(name)).axes
    for ax in (side, top):
        assert np.all(np.isfinite(np.concatenate(list(vertices(ax)))))
        assert np.all(np.isfinite([*ax.get_xlim(), *ax.get_ylim()]))
    levels = [float(np.asarray(line.get_ydata(), dtype=float)[0]) for line in side.lines]
    assert sorted(levels) == pytest.approx(seen(name, plane).cuts)
    assert side.get_ylim()[0] < min(levels) < max(levels) < side.get_ylim()[1]
    assert {text.get_text() for text in top.texts} >= {"$a$", "$b$", "5 Å"}


def vertices(ax: Axes) -> list[npt.NDArray[np.float64]]:
    """(n, 2) of every artist in data coordinates."""
    collections = [c for c in ax.collections if isinstance(c, PatchCollection | LineCollection)]
    paths = [np.asarray(path.vertices, dtype=float) for c in collections for path in c.get_paths()]
    lines = [np.asarray(line.get_xydata(), dtype=float) for line in ax.lines]
    return [*paths, *lines, *(np.array([text.get_position()], dtype=float) for text in ax.texts)]


def test_legend_names_the_elements_and_the_marks() -> None:
    """Every element, the cuts, and broken bonds where there are any."""
    for name, plane, marks in (("calcite", (1, 0, -1, 4), 5), ("sheets", (0, 0, 0, 1), 3)):
        legend = cut_figure(first(name, plane), named(name)).axes[1].get_legend()
        assert legend is not None
        assert len(legend.get_texts()) == marks


def test_title_says_what_was_broken() -> None:
    """Formula, plane, termination, broken bond valence, Tasker's type and layer group stand above the picture."""
    surface = first("calcite", (1, 0, -1, 4))
    text = " ".join(t.get_text() for t in cut_figure(surface, named("calcite")).texts)
    for part in ("CaCO$_{3}$", r"$(10\bar{1}4)$", "termination 1", f"{surface.cut.valence:.4f}", "type I"):
        assert part in text
    assert group_mathtext("p-3m1 (72)") == r"$p\bar{3}m1$"


def test_the_turn_takes_every_bond_along() -> None:
    """What `turn` makes of the vectors between neighbours is what is drawn, up to lattice translations."""
    slab = build(slabs_of("NZP", (1, -1, 0, 2))[0][0], ionic("NZP"), 10.0)
    view = slab_view(slab)
    vectors = (slab.cart_coords - slab.cart_coords[0]) @ view.turn - (view.positions - view.positions[0])[: len(slab)]
    shifts = vectors @ np.linalg.inv(view.cell)
    assert np.allclose(shifts, np.rint(shifts), atol=1e-6)


def test_charges_tell_sulphate_from_sulphide() -> None:
    """With charges S in barium sulphate is the centre of a tetrahedron; without, it passes for an anion."""
    sites = {"Ba": (0, 0, 0), "S": (0.5, 0.5, 0.5), "O": (0.65, 0.65, 0.65)}
    sulphate = Structure.from_spacegroup("P-43m", Lattice.cubic(5.7), list(sites), list(sites.values()))
    assert not slab_view(sulphate).polyhedra
    assert [p.centre for p in slab_view(sulphate, {"Ba": 2, "S": 6, "O": -2}).polyhedra] == ["S"]


def test_pictures_are_written_under_the_slabs_names(tmp_path: Path) -> None:
    """PNG and SVG of every slab lie in the folder of pictures."""
    found = [survey_plane(named("MgO"), plane, SlabOptions()) for plane in ((1, 0, 0), (1, 1, 0))]
    written = list(write_cut_pictures(named("MgO"), found, tmp_path))
    assert len(written) == sum(len(plane.surfaces) for plane in found)
    assert written[0] == (tmp_path / "pictures/MgO_100_t1a1.png", tmp_path / "pictures/MgO_100_t1a1.svg")
    assert imread(written[0][0]).shape[1] > 500
    assert "<svg" in written[0][1].read_text()


def test_the_command_draws_on_request(tmp_path: Path) -> None:
    """`--pictures` draws each slab that is listed; without it there is no such folder."""
    structure("MgO").to(filename=str(tmp_path / "MgO.cif"))
    given = ["slabs", str(tmp_path / "MgO.cif"), "--plane", "1,0,0", "-o"]
    assert main([*given, str(tmp_path / "plain")]) == 0
    assert main([*given, str(tmp_path / "drawn"), "--pictures"]) == 0
    assert not (tmp_path / "plain/pictures").exists()
    assert sorted(p.name for p in (tmp_path / "drawn/pictures").iterdir()) == ["MgO_100_t1a1.png", "MgO_100_t1a1.svg"]
