"""A film of several amounts is as many films; what a film says is checked where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.study.bundle import pack, unpack

TABLE_1 = Path(__file__).parents[2] / "inputs" / "table1.yaml"


def study_file(folder: Path, **film: object) -> Path:
    """Table 1's study with (1-102) of one material and a changed film."""
    keys = yaml.safe_load(TABLE_1.read_text()) | {"planes": [[1, -1, 0, 2]], "published": []}
    keys["materials"] = {"NZP": keys["materials"]["NZP"]}
    for part in (*keys["materials"].values(), *keys["films"].values()):
        part["structure"] = str(TABLE_1.parent / part["structure"])
    plain = {name: value for name, value in keys["films"]["Na3PO4"].items() if name != "layers"}
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(keys | {"films": {"Na3PO4": plain | film}}))
    return path


def test_a_series_is_a_film_for_each_amount(tmp_path: Path) -> None:
    """With one reference between them, and more of the compound in each."""
    plan = make_plan(load_study(study_file(tmp_path, units=[1, 2, 3])))
    slabs = [slab for slab in plan.slabs if slab.film]
    assert [(slab.film.name, slab.film_units) for slab in slabs if slab.film] == [
        ("Na3PO4-1u", 2), ("Na3PO4-2u", 4), ("Na3PO4-3u", 6)
    ]  # fmt: skip
    assert len({plan.references[slab.film.name] for slab in slabs if slab.film}) == 1


def test_one_amount_of_a_series_is_computed_as_if_alone(tmp_path: Path) -> None:
    """The same keys, whatever the film is called."""
    series = make_plan(load_study(study_file(tmp_path, layers=[1, 2])))
    alone = make_plan(load_study(study_file(tmp_path, layers=1)))
    assert {task.key for task in alone.tasks} <= {task.key for task in series.tasks}
    assert len(series.tasks) > len(alone.tasks)


def test_all_ways_compete_for_one_entry(tmp_path: Path) -> None:
    """Grown and melted, each with its own starts; the grown film's are as without the others."""
    plan = make_plan(load_study(study_file(tmp_path, layers=1, way="all")))
    entry = next(entry for entry in plan.entries if entry.film)
    names = [slab.id for slab in plan.slabs if slab.film]
    assert names == ["NZP_1-102_Na3PO4", "NZP_1-102_Na3PO4_melted"]
    assert len(entry.candidates) == 2 * len(names)
    alone = make_plan(load_study(study_file(tmp_path, layers=1)))
    assert {task.key for task in alone.tasks} <= {task.key for task in plan.tasks}


def test_a_series_travels_in_a_bundle(tmp_path: Path) -> None:
    """What is unpacked elsewhere is the same study."""
    study = load_study(study_file(tmp_path, layers=[1, 2]))
    assert unpack(pack(study), tmp_path / "there").identity == study.identity


@pytest.mark.parametrize(
    ("film", "message"),
    [
        ({"layers": 0}, "'layers' must be positive"),
        ({"layers": [1, 0]}, "'layers' must be positive"),
        ({"units": []}, "'units' must be positive"),
        ({"units": [2, 2]}, "'units' has a number twice"),
        ({"units": 2, "layers": 2}, "'units' stands instead of 'layers'"),
        ({"way": "sprayed"}, "way"),
    ],
)
def test_a_mistake_in_a_film_is_told_in_a_line(tmp_path: Path, film: dict[str, object], message: str) -> None:
    """With the file and the line."""
    with pytest.raises(UserError, match=message) as error:
        load_study(study_file(tmp_path, **film))
    assert "study.yaml:" in str(error.value)
    assert "\n" not in str(error.value)
