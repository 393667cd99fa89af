from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli.wulff import command
from nzsp_surfaces.crystals.by_hand import GROUPS, crystal_of_class
from nzsp_surfaces.energies.construction import smallest_hkl
from nzsp_surfaces.energies.particles import particle
from nzsp_surfaces.energies.supported import supported_shape
from nzsp_surfaces.energies.tables import PlaneEnergy, read_energies, read_table, shapes_of_table
from nzsp_surfaces.energies.wulff import WulffShape, capped_energies, wulff_shape
from support.crystals import structure
from support.results import COMPUTED, PLANES, PUBLISHED, nzp

PRIMITIVE = nzp().get_primitive_structure()
TABLE_1 = list(zip(PLANES, PUBLISHED["NZP"], strict=True))


@pytest.fixture(scope="module")
def crystal() -> Structure:
    """NaZr2(PO4)3."""
    return nzp()


@pytest.fixture(scope="module")
def calcite() -> Structure:
    """CaCO3, of the same space group."""
    sites = [(0, 0, 0), (0, 0, 0.25), (0.257, 0, 0.25)]
    return Structure.from_spacegroup("R-3c", Lattice.hexagonal(4.99, 17.06), ["Ca", "C", "O"], sites)


@pytest.fixture(scope="module")
def gold() -> Structure:
    """Face-centred cubic."""
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.08), ["Au"], [(0, 0, 0)])


def visible(shape: WulffShape) -> dict[tuple[int, ...], int]:
    """Number of faces of each form that appears."""
    return {facet.miller: len(facet.polygons) for facet in shape.facets if facet.polygons}


def test_forms_have_the_faces_of_the_crystals_point_group(crystal: Structure) -> None:
    """-3m gives {1-102} six faces, {10-14} and {11-20} six, {0001} two; 6/mmm would double the first two."""
    shape = wulff_shape(crystal, TABLE_1)
    assert shape.point_group == "-3m"
    assert [facet.n_faces for facet in shape.facets] == [6, 6, 6, 2]


def test_nzp_of_table_1_is_a_truncated_rhombohedron(crystal: Structure) -> None:
    """With Table 1's energies {1-102} covers well under 85 %; a construction with the lattice's symmetry gives 95 %."""
    fractions = {facet.miller: facet.area_fraction for facet in wulff_shape(crystal, TABLE_1).facets}
    assert 0.75 < fractions[1, -1, 0, 2] < 0.85
    assert fractions[1, 0, -1, 4] > 0.1
    assert fractions[1, 1, -2, 0] == 0
    assert sum(fractions.values()) == pytest.approx(1)


def test_obverse_and_reverse_rhombohedra_are_different_planes(crystal: Structure) -> None:
    """(1-102) and (10-12) are not equivalent in R-3c: taking one for the other changes the shape."""
    right = wulff_shape(crystal, TABLE_1)
    wrong = wulff_shape(crystal, [((1, 0, -1, 2), 0.69), *TABLE_1[1:]])
    assert wrong.facets[0].area_fraction - right.facets[0].area_fraction > 0.1


def test_calcite_cleavage_rhombohedron_has_six_faces(calcite: Structure) -> None:
    """Calcite's {10-14} alone bounds a rhombohedron of six faces."""
    shape = wulff_shape(calcite, [((1, 0, -1, 4), 0.6)])
    assert visible(shape) == {(1, 0, -1, 4): 6}


def test_single_form_covers_everything(crystal: Structure) -> None:
    """Only {1-102}: a rhombohedron of six equal faces with fraction 1, whose mean gamma is the form's."""
    shape = wulff_shape(crystal, [((1, -1, 0, 2), 0.69)])
    assert visible(shape) == {(1, -1, 0, 2): 6}
    assert shape.facets[0].area_fraction == pytest.approx(1)
    assert shape.mean_gamma == pytest.approx(0.69)


def test_cube_has_six_square_faces(gold: Structure) -> None:
    """{100} of a cubic crystal bounds a cube: six faces of four corners, volume (2 gamma)^3."""
    shape = wulff_shape(gold, [((1, 0, 0), 0.5)])
    assert [len(polygon) for polygon in shape.facets[0].polygons] == [4] * 6
    assert shape.volume == pytest.approx(1.0)


def test_plane_that_only_touches_is_absent(gold: Structure) -> None:
    """{110} at sqrt(2) times {100} meets the cube in its edges: no area, no polygon."""
    shape = wulff_shape(gold, [((1, 0, 0), 1.0), ((1, 1, 0), 2**0.5)])
    assert visible(shape) == {(1, 0, 0): 6}
    assert (shape.facets[1].area_fraction, shape.facets[1].n_faces) == (0, 12)


def test_any_cell_of_the_crystal_gives_the_same_shape(crystal: Structure) -> None:
    """Indices refer to the conventional cell: primitive cells, supercells and turned axes change nothing."""
    expected = [facet.area_fraction for facet in wulff_shape(crystal, TABLE_1).facets]
    turned = Structure(crystal.lattice.matrix[:, [2, 0, 1]], crystal.species, crystal.frac_coords)
    for cell in (crystal.get_primitive_structure(), turned, crystal.get_primitive_structure() * (2, 1, 1)):
        assert [facet.area_fraction for facet in wulff_shape(cell, TABLE_1).facets] == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(
    gammas=st.lists(st.floats(0.3, 2.0), min_size=4, max_size=4),
    factor=st.floats(1e-4, 1e4),
)
def test_shape_does_not_depend_on_the_unit(gammas: list[float], factor: float) -> None:
    """Multiplying every gamma by one factor leaves the fractions and multiplies mean gamma and, cubed, the volume."""
    crystal = PRIMITIVE
    shape = wulff_shape(crystal, zip(PLANES, gammas, strict=True))
    scaled = wulff_shape(crystal, zip(PLANES, [factor * gamma for gamma in gammas], strict=True))
    fractions = [facet.area_fraction for facet in shape.facets]
    assert [facet.area_fraction for facet in scaled.facets] == pytest.approx(fractions, abs=1e-6)
    assert scaled.mean_gamma == pytest.approx(factor * shape.mean_gamma)
    assert scaled.volume == pytest.approx(factor**3 * shape.volume)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.3, 2.0), min_size=4, max_size=4))
def test_faces_close_the_shape(gammas: list[float]) -> None:
    """The area vectors of a closed surface sum to zero, and the flux of x through it is three times its volume."""
    shape = wulff_shape(PRIMITIVE, zip(PLANES, gammas, strict=True))
    polygons = [np.array(polygon) for facet in shape.facets for polygon in facet.polygons]
    areas = [0.5 * np.cross(p, np.roll(p, -1, axis=0)).sum(axis=0) for p in polygons]
    assert np.allclose(np.sum(areas, axis=0), 0, atol=1e-6)
    flux = sum(float(p[0] @ area) for p, area in zip(polygons, areas, strict=True))
    assert flux == pytest.approx(3 * shape.volume, rel=1e-5)


def test_faces_lie_at_the_distance_gamma_along_outward_normals(crystal: Structure) -> None:
    """Every corner of a face has the projection gamma on the face's normal, which points away from the centre."""
    for facet in wulff_shape(crystal, TABLE_1).facets:
        for polygon in map(np.array, facet.polygons):
            area = np.cross(polygon, np.roll(polygon, -1, axis=0)).sum(axis=0)
            assert np.allclose(polygon @ area / np.linalg.norm(area), facet.gamma)


def test_shape_survives_json(crystal: Structure) -> None:
    """Reading back an entry of wulff.json gives the shape again, to the digits that are kept."""
    shape = wulff_shape(crystal, TABLE_1)
    back = WulffShape.from_dict(json.loads(json.dumps(shape.as_dict())))
    assert [f.area_fraction for f in back.facets] == [f.area_fraction for f in shape.facets]
    assert np.allclose(back.facets[0].polygons, shape.facets[0].polygons, atol=1e-6)


def test_film_stands_in_for_the_bare_plane() -> None:
    """A film's energy replaces the bare one on its plane, even where one is written (0003) and the other (0001)."""
    bare: dict[tuple[int, ...], float] = {(1, -1, 0, 2): 0.7, (0, 0, 0, 1): 0.9}
    assert capped_energies(bare, {(0, 0, 0, 3): 0.4}) == {(1, -1, 0, 2): 0.7, (0, 0, 0, 1): 0.4}


def test_indices_of_one_plane_reduce_to_the_smallest() -> None:
    """(0003) and (0001) have one normal; signs are kept."""
    assert smallest_hkl((0, 0, 0, 3)) == (0, 0, 1)
    assert smallest_hkl((2, -2, 0, 4)) == (1, -1, 2)


@pytest.mark.parametrize(
    ("energies", "message"),
    [
        ([((0, 0, 0, 1), 0.9)], "enclose no volume"),
        ([((1, 1, -2, 0), 0.9)], "enclose no volume"),
        ([], "enclose no volume"),
        ([*TABLE_1, ((0, 0, 0, 3), 0.9)], "given twice"),
        ([*TABLE_1, ((0, 1, -1, 2), 0.9)], "equivalent"),
        ([((1, -1, 0, 2), 0.0)], "above 0"),
        ([((1, -1, 0, 2), -0.1)], "above 0"),
        ([((1, -1, 0, 2), float("nan"))], "above 0"),
        ([((1, -1, 1, 2), 0.7)], r"-\(h \+ k\)"),
        ([((0, 0, 0, 0), 0.7)], "zero"),
    ],
)
def test_impossible_tables_are_refused(
    crystal: Structure, energies: list[tuple[tuple[int, ...], float]], message: str
) -> None:
    """Planes that bound nothing, planes given twice and energies that are none end in one line that says so."""
    with pytest.raises(UserError, match=message):
        wulff_shape(crystal, energies)


def test_polar_form_alone_is_open() -> None:
    """In point group 6mm {10-11} is a cone without a base; with (000-1) it closes."""
    sites = [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.382)]
    wurtzite = Structure.from_spacegroup("P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], sites)
    with pytest.raises(UserError, match="enclose no volume"):
        wulff_shape(wurtzite, [((1, 0, -1, 1), 1.0)])
    closed = wulff_shape(wurtzite, [((1, 0, -1, 1), 1.0), ((0, 0, 0, -1), 1.5)])
    assert visible(closed) == {(1, 0, -1, 1): 6, (0, 0, 0, -1): 1}


def write(path: Path, text: str) -> Path:
    """The path, now with that text."""
    path.write_text(text, encoding="utf-8")
    return path


def test_json_yaml_and_csv_are_one_table(tmp_path: Path) -> None:
    """The same rows in three formats read as the same energies."""
    rows = [{"miller": [1, -1, 0, 2], "gamma": 0.69}, {"miller": [0, 0, 0, 1], "gamma": 0.97}]
    as_json = write(tmp_path / "a.json", json.dumps(rows))
    as_yaml = write(
        tmp_path / "a.yaml", "- {miller: [1, -1, 0, 2], gamma: 0.69}\n- {miller: [0, 0, 0, 1], gamma: 0.97}\n"
    )
    as_csv = write(tmp_path / "a.csv", "miller, gamma\n1 -1 0 2, 0.69\n0 0 0 1, 0.97\n")
    expected = (PlaneEnergy((1, -1, 0, 2), 0.69), PlaneEnergy((0, 0, 0, 1), 0.97))
    assert read_energies(as_json) == read_energies(as_yaml) == read_energies(as_csv) == expected


def test_rows_of_a_study_give_bare_and_capped_shapes(tmp_path: Path, crystal: Structure) -> None:
    """Rows with a film give a second shape, and the lowered plane covers more of it; rows that failed are left out."""
    bare = [
        {"material": "NZP", "miller": m, "film": None, "gamma": g} for m, g in zip(PLANES, COMPUTED["NZP"], strict=True)
    ]
    film = {"material": "NZP", "miller": PLANES[0], "film": "Na3PO4", "gamma": 0.41}
    failed = {"material": "NZP", "miller": PLANES[1], "film": "Na3PO4", "gamma": None, "reason": "not converged"}
    table = write(tmp_path / "surface_energies.json", json.dumps([*bare, film, failed]))
    shapes = shapes_of_table(read_energies(table), crystal)
    assert list(shapes) == ["NZP", "NZP+Na3PO4"]
    assert shapes["NZP+Na3PO4"].facets[0].area_fraction > shapes["NZP"].facets[0].area_fraction


def test_shape_without_material_is_named_by_formula(crystal: Structure) -> None:
    """Without a column material the key is the reduced formula of the structure."""
    assert list(shapes_of_table([PlaneEnergy((1, -1, 0, 2), 0.7)], crystal)) == ["NaZr2(PO4)3"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "direction,gamma\n1 -1 0 2,0.69\n", "row 1: needs 'miller'"),
        ("a.csv", "miller,gamma (erg/cm2)\n1 -1 0 2,690\n", "unit 'erg/cm2'"),
        ("a.csv", "miller,gamma\n1 -1 0 2,690\n0 0 0 1,970\n", r"gamma \(mJ/m\^2\)"),
        ("a.csv", "miller,gamma\n1 -1 0 2,0.043\n0 0 0 1,0.061\n", r"gamma \(eV/A\^2\)"),
        ("a.csv", "miller,gamma\n1 -1 0 2,high\n", "row 1: gamma is 'high'"),
        ("a.csv", "miller,gamma\n1 -1 0.5 2,1\n", "row 1: miller"),
        ("a.csv", "miller,gamma\n1 -1 1 2,1\n", "row 1: .*h \\+ k"),
        ("a.csv", "miller,gamma\n", "no rows"),
        ("a.json", "[{", "not JSON"),
        ("a.json", '{"miller": [0, 0, 0, 1]}', "no rows"),
        ("a.json", '[{"miller": [1, -1, 0, 2], "gamma": null}]', "row 1: gamma is None"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.doc", "", "unknown kind"),
        ("a.txt", "", "no rows"),
    ],
)
def test_bad_tables_name_the_row(tmp_path: Path, name: str, text: str, message: str) -> None:
    """A bad table ends in one line with the file, the row and what is wrong."""
    with pytest.raises(UserError, match=message) as error:
        read_energies(write(tmp_path / name, text))
    assert "\n" not in str(error.value)
    assert name in str(error.value)


PLAIN = "miller,gamma\n1 -1 0 2,0.69\n1 0 -1 4,0.86\n0 0 0 1,0.97\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "# from a paper\nMiller; gamma (J/m^2)\n1 -1 0 2;0,69\n1 0 -1 4;0,86\n0 0 0 1;0,97\n"),
        ("a.tsv", "hkl\tsurface energy\n(1 -1 0 2)\t0.69\n(1 0 -1 4)\t0.86\n(0 0 0 1)\t0.97\n"),
        ("a.txt", "plane;E_surf [mJ/m²]\n1 -1 0 2;690\n1 0 -1 4;860\n0 0 0 1;970\n"),
        ("a.csv", "hkl,γ (meV/Å^2)\n1 -1 0 2,43.066413\n1 0 -1 4,53.676979\n0 0 0 1,60.542639\n"),
        ("a.csv", "miller,gamma\n1 -1 0 2,0.69\n1 -1 0 2,0.75\n1 0 -1 4,0.9\n1 0 -1 4,0.86\n0 0 0 1,0.97\n"),
        ("a.json", '[{"Miller": [1, -1, 0, 2], "gamma (J/m2)": 0.69}, {"Miller": [1, 0, -1, 4], "gamma (J/m2)": 0.86},'
                   ' {"Miller": [0, 0, 0, 1], "gamma (J/m2)": 0.97}]'),
    ],
)  # fmt: skip
def test_tables_as_people_write_them_are_the_plain_table(tmp_path: Path, name: str, text: str) -> None:
    """Separators, decimal commas, comments, other names and units, several terminations: the same energies."""
    plain = read_energies(write(tmp_path / "plain.csv", PLAIN))
    found = read_energies(write(tmp_path / name, text))
    assert [row.miller for row in found] == [row.miller for row in plain]
    assert [row.gamma for row in found] == pytest.approx([row.gamma for row in plain], abs=1e-6)


def test_how_a_table_was_understood_is_told(tmp_path: Path) -> None:
    """The columns, the unit, and which of several terminations counts."""
    text = "hkl;E_surf (mJ/m2)\n1 -1 0 2;690\n1 -1 0 2;750\n"
    first, second = read_table(write(tmp_path / "a.csv", text)).told
    assert first == "miller from 'hkl', gamma from 'E_surf (mJ/m2)', in mJ/m2"
    assert "(1 -1 0 2): the lowest of 2 values counts, 0.69 J/m²" in second


def test_command_writes_shape_pictures_and_page(tmp_path: Path, crystal: Structure) -> None:
    """`nzsp wulff` leaves wulff.json, PNG, SVG and a page without a single address to load from."""
    structure, table = tmp_path / "POSCAR", tmp_path / "e.csv"
    crystal.to(filename=str(structure), fmt="poscar")
    write(table, "miller,gamma\n1 -1 0 2,0.69\n1 0 -1 4,0.86\n0 0 0 1,0.97\n1 1 -2 0,1.15\n")
    result = CliRunner().invoke(command, [str(table), "--structure", str(structure), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    shapes = json.loads((tmp_path / "out" / "wulff.json").read_text(encoding="utf-8"))
    facets = shapes["NaZr2(PO4)3"]["facets"]
    assert [(facet["miller"], facet["n_faces"]) for facet in facets][3] == ([1, 1, -2, 0], 6)
    assert facets[3]["area_fraction"] == 0
    assert {path.suffix for path in (tmp_path / "out" / "pictures").iterdir()} == {".png", ".svg"}
    assert "<script src" not in (tmp_path / "out" / "wulff.html").read_text(encoding="utf-8")


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """A workbook with these cells."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.save(path)
    return path


def test_a_workbook_is_the_plain_table(tmp_path: Path) -> None:
    """Of several sheets the first counts, or the one that is named; empty lines and columns are passed over."""
    lines: list[list[object]] = [
        [],
        ["hkl", "", "gamma (mJ/m^2)"],
        ["1 -1 0 2", "x", 690],
        [],
        ["0 0 0 1", None, 970.0],
    ]
    path = workbook(tmp_path / "a.xlsx", {"PBE": lines, "notes": [["none"]]})
    for sheet in (None, "PBE"):
        energies = {row.miller: row.gamma for row in read_table(path, sheet).energies}
        assert energies == pytest.approx({(1, -1, 0, 2): 0.69, (0, 0, 0, 1): 0.97})
    with pytest.raises(UserError, match="no sheet 'LDA'; its sheets are PBE, notes"):
        read_table(path, "LDA")
    with pytest.raises(UserError, match="cannot be read as a workbook"):
        read_table(write(tmp_path / "b.xlsx", "miller,gamma\n"))


def test_a_cell_and_a_point_group_give_the_shape_of_the_crystal(crystal: Structure) -> None:
    """A shape needs no atoms: cell and class are enough."""
    by_hand = crystal_of_class((8.8045, 8.8045, 22.7585, 90, 90, 120), "-3m")
    shares = [[facet.area_fraction for facet in wulff_shape(given, TABLE_1).facets] for given in (by_hand, crystal)]
    assert shares[0] == pytest.approx(shares[1])


@pytest.mark.parametrize("group", GROUPS)
def test_each_crystal_class_has_its_own_symmetry(group: str) -> None:
    """The structure that stands for a class has its space group and no more."""
    systems = {"m-3": (5, 5, 5), "23": (5, 5, 5), "432": (5, 5, 5), "-43m": (5, 5, 5), "m-3m": (5, 5, 5)}
    lengths = systems.get(group, (5, 5, 7) if set(group) & set("346") else (5, 6, 7))
    angles = (90, 90, 120) if set(group) & set("36") and group not in systems else (90, 90, 90)
    angles = {"1": (80, 95, 105), "-1": (80, 95, 105), "2": (90, 100, 90), "m": (90, 100, 90)}.get(group, angles)
    found = crystal_of_class((*lengths, *angles), group).get_space_group_info()[0]
    assert found == f"P{group}"


@pytest.mark.parametrize(
    ("cell", "group", "message"),
    [
        ((5, 6, 7, 90, 90, 90), "m-3m", "cannot have the point group m-3m"),
        ((5, 5, 7, 90, 90, 90), "-3m", "cannot have the point group -3m1"),
        ((5, 5, 7, 170, 20, 90), "1", "encloses no volume"),
        ((5, 5, 5, 90, 90, 90), "5m", "is not known; write one of"),
    ],
)
def test_a_cell_that_contradicts_its_class_is_refused(cell: tuple[float, ...], group: str, message: str) -> None:
    """No shape is made of a symmetry that the metric forbids."""
    with pytest.raises(UserError, match=message):
        crystal_of_class(cell, group)


CUBE = [((1, 0, 0), 1.0)]


def height(shape: WulffShape) -> float:
    """From the substrate to the top."""
    z = np.array([corner[2] for facet in shape.facets for polygon in facet.polygons for corner in polygon])
    return float(z.max() - z.min())


@pytest.mark.parametrize("energy", [-0.6, -0.2, 0.0, 0.3, 0.9])
def test_a_cube_on_a_substrate_is_cut_at_the_interface_energy(gold: Structure, energy: float) -> None:
    """Winterbottom: the base lies at the distance of the interface energy below the centre, the top at gamma above."""
    shape = supported_shape(gold, CUBE, (1, 0, 0), energy)
    assert height(shape) == pytest.approx(1.0 + energy)
    assert shape.interface is not None
    assert shape.volume == pytest.approx(4 * (1.0 + energy))
    assert shape.interface.area_fraction == pytest.approx(4 / (4 + 4 + 8 * (1 + energy)))
    assert sum(facet.area_fraction for facet in (*shape.facets, shape.interface)) == pytest.approx(1.0)
    assert WulffShape.from_dict(json.loads(json.dumps(shape.as_dict()))).interface is not None


def test_without_adhesion_a_crystal_keeps_its_shape(crystal: Structure) -> None:
    """At an interface energy just below the free face's the shape is the free one, whatever the axes."""
    free = wulff_shape(crystal, TABLE_1)
    lying = supported_shape(crystal, TABLE_1, (1, -1, 0, 2), 0.69 - 1e-6)
    assert lying.volume == pytest.approx(free.volume, rel=1e-4)
    assert lying.mean_gamma == pytest.approx(free.mean_gamma, rel=1e-4)


def test_a_rhombohedron_lies_on_its_face(crystal: Structure) -> None:
    """The face of contact is turned to the substrate in a crystal whose axes are not Cartesian ones."""
    shape = supported_shape(crystal, TABLE_1, (1, -1, 0, 2), 0.1)
    assert shape.interface is not None
    z = np.array(shape.interface.polygons[0])[:, 2]
    assert np.allclose(z, -0.1, atol=1e-6)
    assert height(shape) == pytest.approx(0.79, abs=1e-6)


@pytest.mark.parametrize(("energy", "message"), [(1.0, "keeps its free shape"), (-1.0, "as a film"), (np.nan, "keeps")])
def test_a_crystal_that_does_not_touch_or_wets_is_refused(gold: Structure, energy: float, message: str) -> None:
    """Beyond these bounds there is no particle on the substrate."""
    with pytest.raises(UserError, match=message):
        supported_shape(gold, CUBE, (1, 0, 0), energy)


def test_a_particle_holds_about_as_many_atoms_as_asked(gold: Structure) -> None:
    """A cube of gold: whole layers, near the number."""
    made = particle(gold, CUBE, 2000)
    assert 0.7 * 2000 < len(made) < 1.3 * 2000
    spans = np.ptp(made.positions, axis=0)
    assert np.allclose(spans, spans[0])


MGO = "miller,gamma\n1 0 0,0.9\n1 1 0,2.0\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--structure", "mgo.cif"], "(1 0 0)  0.900 J/m²  100.0 %  6 faces"),
        (["--cell", "4.21,4.21,4.21,90,90,90", "--point-group", "m-3m"], "(1 0 0)  0.900 J/m²  100.0 %  6 faces"),
        (["--structure", "mgo.cif", "--substrate-plane", "1,0,0", "--interface-energy", "-0.1"], "on the substrate"),
        (["--structure", "mgo.cif", "--atoms", "500"], "stoichiometric"),
    ],
)
def test_the_command_knows_every_construction(tmp_path: Path, options: list[str], said: str) -> None:
    """Free or on a substrate, of a file or by hand, with atoms or without."""
    structure("MgO").to(filename=str(tmp_path / "mgo.cif"))
    table = write(tmp_path / "e.csv", MGO)
    given = [str(tmp_path / word) if word == "mgo.cif" else word for word in options]
    result = CliRunner().invoke(command, [str(table), *given, "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert said in result.output
    assert (tmp_path / "out" / "wulff.html").exists()
    assert list((tmp_path / "out").glob("particle-*.xyz")) == (
        [tmp_path / "out/particle-MgO.xyz"] * ("--atoms" in options)
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give either"),
        (["--structure", "x.cif", "--cell", "4,4,4,90,90,90"], "give either"),
        (["--cell", "4,4,4,90,90,90"], "belong together"),
        (["--cell", "4,4,4,90,90", "--point-group", "mmm"], "six positive numbers"),
        (["--cell", "4,4,4,90,90,90", "--point-group", "m-3m", "--atoms", "100"], "--structure"),
        (["--cell", "4,4,4,90,90,90", "--point-group", "m-3m", "--substrate-plane", "1,0,0"], "belong together"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, options: list[str], said: str) -> None:
    """One line that says what to give."""
    table = write(tmp_path / "e.csv", MGO)
    result = CliRunner().invoke(command, [str(table), *options, "-o", str(tmp_path / "out")])
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}"
    assert not (tmp_path / "out").exists()
