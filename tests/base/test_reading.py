"""Strict reading: what is written comes back, everything else is one line with the place."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean, read, read_text


class Face(Enum):
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Slabs:
    thickness: float = 12.0
    vacuum: float = 15.0
    cells: int = 1

    def __post_init__(self) -> None:
        if self.thickness <= 0:
            raise ValueError(f"thickness must be above 0 Å, not {self.thickness}")
        if self.vacuum > 10 * self.thickness:
            raise ValueError("much vacuum, little slab:\nchange one of them")


@dataclass(frozen=True, slots=True)
class Material:
    structure: Path
    polyanion: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    materials: dict[str, Material]
    planes: tuple[tuple[int, int, int, int], ...]
    slabs: Slabs = field(default_factory=Slabs)
    profile: Literal["quick", "paper"] = "quick"
    face: Face = Face.TOP
    spin: bool = False
    references: tuple[float, ...] = ()


GOOD = """\
materials:
  NZP: {structure: structures/NZP.cif, polyanion: PO4}
planes: [[1, -1, 0, 2], [0, 0, 0, 1]]
slabs:
  thickness: 14
  vacuum: 1.5e1
face: bottom
references: [0.69, 1]
"""


def plan(text: str) -> Plan:
    """The text, read as if it stood in inputs/plan.yaml."""
    return read_text(text, Plan, Path("inputs/plan.yaml"))


def message(text: str) -> str:
    """The one line with which the text is refused."""
    with pytest.raises(UserError) as caught:
        plan(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_written_comes_back() -> None:
    """Each annotation gets its own type, and paths start from the file."""
    assert plan(GOOD) == Plan(
        materials={"NZP": Material(Path("inputs/structures/NZP.cif"), "PO4")},
        planes=((1, -1, 0, 2), (0, 0, 0, 1)),
        slabs=Slabs(14.0, 15.0),
        face=Face.BOTTOM,
        references=(0.69, 1.0),
    )
    assert isinstance(plan(GOOD).slabs.thickness, float)


def test_formulas_and_exponents_are_read_as_a_chemist_writes_them() -> None:
    """NO is nitric oxide, not false; 1e-3 is a number, not text; 010 is ten."""
    text = GOOD.replace("PO4", "NO").replace("0.69", "1e-3").replace("[0, 0, 0, 1]", "[0, 0, 0, 010]")
    read_back = plan(text)
    assert read_back.materials["NZP"].polyanion == "NO"
    assert read_back.references[0] == 1e-3
    assert read_back.planes[1][3] == 10


class Quoted(str):
    """Text that PyYAML writes in quotes."""


yaml.SafeDumper.add_representer(
    Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.text())
@example(0.0, 0, "0E0")
def test_numbers_and_texts_survive_a_round_trip(number: float, integer: int, text: str) -> None:
    """Written by PyYAML and read back, every finite number, integer and text is the same.

    The text is put in quotes: 0E0 is text for PyYAML, which follows YAML 1.1, and a number here, as in YAML 1.2.
    """
    material = {"structure": "a.cif", "polyanion": "PO4", "note": Quoted(text)}
    written: dict[str, Any] = {"materials": {"NZP": material}, "planes": [[integer, 0, 0, 1]], "references": [number]}
    result = plan(yaml.safe_dump(written))
    assert (result.references[0], result.planes[0][0], result.materials["NZP"].note) == (number, integer, text)


scalars = st.none() | st.booleans() | st.integers() | st.text()
documents = st.recursive(scalars, lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8)


@given(documents)
def test_any_other_document_is_refused_in_one_line(document: object) -> None:
    """Whatever stands in the file, the reader ends with one line that names it."""
    assert message(yaml.safe_dump(document, allow_unicode=True)).startswith("inputs/plan.yaml:")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("thickness", "thicknes", ":5: unknown key 'thicknes' in 'slabs'; did you mean 'thickness'?"),
        ("thickness", "THICKNESS", ":5: unknown key 'THICKNESS' in 'slabs'; did you mean 'thickness'?"),
        ("thickness", "colour", ":5: unknown key 'colour' in 'slabs'; known: thickness, vacuum, cells"),
        ("polyanion: PO4", "anion: PO4", ":2: unknown key 'anion' in 'materials.NZP'; did you mean 'polyanion'?"),
        (", polyanion: PO4", "", ":2: missing key 'polyanion' in 'materials.NZP'"),
        ("planes: [[1, -1, 0, 2], [0, 0, 0, 1]]\n", "", ":1: missing key 'planes'"),
        ("thickness: 14", "thickness: thick", ":5: 'slabs.thickness' must be a number, not 'thick'"),
        ("thickness: 14", "thickness: .inf", ":5: 'slabs.thickness' must be a number, not '.inf'"),
        ("thickness: 14", "thickness: 1e999", ":5: 'slabs.thickness' must be a number, not 1e999"),
        ("thickness: 14", "thickness: true", ":5: 'slabs.thickness' must be a number, not true"),
        ("thickness: 14", "thickness:", ":5: 'slabs.thickness' must be a number, not nothing"),
        ("thickness: 14", "thickness: -2", ":5: slabs: thickness must be above 0 Å, not -2.0"),
        ("vacuum: 1.5e1", "vacuum: 900", ":4: slabs: much vacuum, little slab: change one of them"),
        ("vacuum: 1.5e1", "cells: 1.0", ":6: 'slabs.cells' must be an integer, not 1.0"),
        ("vacuum: 1.5e1", "cells: false", ":6: 'slabs.cells' must be an integer, not false"),
        ("vacuum: 1.5e1", "thickness: 3", ":6: key 'thickness' given twice, first in line 5"),
        ("polyanion: PO4", "polyanion: 4",
         ":2: 'materials.NZP.polyanion' must be text (in quotes if it looks like a number), not 4"),
        ("-1, 0, 2]", "0, 2]", ":3: 'planes (item 1)' must have 4 entries, not 3"),
        ("[1, -1, 0, 2]", "7", ":3: 'planes (item 1)' must be a list, not 7"),
        ("NZP: {", "12: {", ":2: a key must be text, not 12; put it in quotes if it is meant as text"),
        ("face: bottom", "face: botom", ":7: unknown value 'botom' of 'face'; did you mean 'bottom'?"),
        ("face: bottom", "profile: fast", ":7: unknown value 'fast' of 'profile'; known: quick, paper"),
        ("face: bottom", "spin: yes", ":7: 'spin' must be true or false, not 'yes'"),
        ("face: bottom", "face: [top]", ":7: 'face' must be one of top, bottom, not a list"),
        ("face: bottom", "face: !!python/name:os.system x", ":7: unknown value 'x' of 'face'; known: top, bottom"),
        ("face: bottom", "face: {", ":9: not YAML: while parsing a flow mapping (from line 7), "
                                    "expected ',' or '}', but got '<stream end>'"),
        ("face: bottom", "face: \x07", ":7: not YAML: unprintable character #x0007"),
        ("face: bottom", "---",
         ":7: not YAML: expected a single document in the stream (from line 1), but found another document"),
    ],
)  # fmt: skip
def test_every_error_names_the_line_and_the_key(old: str, new: str, expected: str) -> None:
    """A mistake is reported at its own line, with the key's full name and the nearest known word."""
    assert old in GOOD
    assert message(GOOD.replace(old, new)) == "inputs/plan.yaml" + expected


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n"])
def test_an_empty_file_is_refused_with_the_known_keys(text: str) -> None:
    """Nothing in the file: the message lists what could stand there."""
    assert message(text) == (
        "inputs/plan.yaml: the file is empty; known keys: materials, planes, slabs, profile, face, spin, references"
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing file, directory and wrong encoding: one line with the path."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(GOOD.encode() + "# Quérel".encode("latin-1"))
    for path, expected in [
        (tmp_path / "none.yaml", ": cannot read: No such file or directory"),
        (tmp_path, ": cannot read: Is a directory"),
        (latin, ":9: not UTF-8 text"),
    ]:
        with pytest.raises(UserError) as caught:
            read(path, Plan)
        assert str(caught.value).startswith(f"{path}{expected}")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Editors on Windows begin UTF-8 files with a mark; the same study comes out, with paths beside the file."""
    path = tmp_path / "plan.yaml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert read(path, Plan).materials["NZP"].structure == tmp_path / "structures/NZP.cif"


def test_endless_nesting_is_refused() -> None:
    """A file made to exhaust the stack is one line too."""
    assert "nested too deeply" in message("[" * 1000)


@given(st.lists(st.text(min_size=3), min_size=1, unique=True), st.data())
def test_a_known_word_is_nearest_to_itself(known: list[str], data: st.DataObject) -> None:
    """Whatever the case it is written in, a known word leads back to one that differs in case only."""
    word = data.draw(st.sampled_from(known))
    suggestion = did_you_mean(word, known).removeprefix("did you mean '").removesuffix("'?")
    assert suggestion.casefold() == word.casefold()
