"""Keys know all that a recipe reads: equal content has one key, and every change of content another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, make_dataclass, replace
from functools import cache, singledispatch
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pymatgen.core import Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.content import FOR_PEOPLE, content, digest
from nzsp_surfaces.engines.vasp.settings import default_settings
from nzsp_surfaces.study.further import AnnealKeys, ConvergeKeys, PotentialKeys
from nzsp_surfaces.study.mixtures import MixtureKeys, mixtures_of, segregations_of
from nzsp_surfaces.tasks.base import Task, task_key
from nzsp_surfaces.tasks.plan import Plan

TABLE_1 = Path(__file__).parents[2] / "inputs" / "table1.yaml"
STACKED = TABLE_1.with_name("sodium.yaml")
"""Sodium on sodium phosphate on NaSICON."""
KINDS = (
    *("bulk", "reference", "screen", "bare", "placement", "anneal", "quench", "alike"),
    *("thickness", "vacuum", "termination", "search"),
    *("bare-anneal", "bare-alike", "beneath", "hops", "film-hops"),
    *("cutoff", "cutoff-bulk", "kpoints", "kpoints-bulk"),
    *("configuration", "composed", "swaps", "mixture", "segregation"),
)


def study_file(folder: Path, **changes: Any) -> Path:
    """Table 1's study with one plane, changed, in a folder of its own."""
    keys = yaml.safe_load(TABLE_1.read_text()) | {"planes": [[1, -1, 0, 2]], "published": []}
    for part in (*keys["materials"].values(), *keys["films"].values()):
        part["structure"] = str(TABLE_1.parent / part["structure"])
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(keys | changes))
    return path


def keys_of(path: Path) -> dict[str, str]:
    """Keys by id, of the quick profile."""
    return {task.id: task.key for task in make_plan(load_study(path)).tasks}


@cache
def table1() -> Plan:
    """The plan of Table 1's study, with all that its keys may ask for, hops, a search, and films on films."""
    study = load_study(TABLE_1)
    converge, potentials = (
        ConvergeKeys((2, 3), (10.0, 20.0), cutoff=(400.0, 500.0), kpoints=(10.0, 20.0)),
        PotentialKeys("Na", {}),
    )
    ends = {material.name: material.crystal for material in study.materials}
    asked: dict[str, Any] = {"draws": 4, "tried": 2, "relaxed": 1, "swaps": 1, "segregation": ((1, -1, 0, 2),)}
    keys = MixtureKeys(ends=tuple(ends), x=(0.5, 0.25), **asked)
    mixtures = mixtures_of({"NaSICON": keys}, ends, TABLE_1)
    segregations = segregations_of({"NaSICON": keys}, ends, TABLE_1)
    settings = replace(study.settings, converge=converge, potentials=potentials, anneal=AnnealKeys())
    hopping = replace(study.profile, jumps=2, hops=2)
    plan = make_plan(replace(study, settings=settings, mixtures=mixtures, segregations=segregations, profile=hopping))
    searched = make_plan(replace(study, profile=replace(study.profile, search=8)))
    searches = (task for task in searched.tasks if task.kind == "search")
    return replace(plan, tasks=(*plan.tasks, *searches, *make_plan(load_study(STACKED)).tasks))


def example(kind: str) -> Task:
    """A task of a kind, one whose inputs have no part missing."""
    return next(task for task in reversed(table1().tasks) if task.kind == kind)


@singledispatch
def changed(value: Any) -> Iterator[Any]:
    """Values that differ from one in a single place: here, of a dataclass in one of its fields."""
    yield from changed_parts(value)


@changed.register
def _(value: Structure) -> Iterator[Any]:
    moved = value.copy()
    moved.translate_sites([0], [0.01, 0.0, 0.0])
    yield moved


@changed.register(bool)
def _(value: bool) -> Iterator[Any]:
    yield not value


@changed.register(int)
@changed.register(float)
@changed.register(np.ndarray)
def _(value: Any) -> Iterator[Any]:
    yield value + 1


@changed.register(type(None))
def _(_value: None) -> Iterator[Any]:
    yield 1.0


@changed.register
def _(value: str) -> Iterator[Any]:
    yield value + "x"


@changed.register
def _(value: frozenset) -> Iterator[Any]:  # type: ignore[type-arg]
    yield value | {"Xe"}


@changed.register
def _(value: dict) -> Iterator[Any]:  # type: ignore[type-arg]
    yield {name: part if number else next(changed(part)) for number, (name, part) in enumerate(value.items())}


@changed.register
def _(value: tuple) -> Iterator[Any]:  # type: ignore[type-arg]
    if value:
        yield (*value[:-1], next(changed(value[-1])))
    yield value[:-1] if value else (0,)


DERIVED = {"space_group", "number", "operations"}
"""Of a crystal: they follow from its structure."""


def changed_parts(value: Any) -> Iterator[Any]:
    """A dataclass with one field changed, for each field that is not for people alone."""
    for part in fields(value):
        if part.metadata.get("content", True) and part.name not in (DERIVED if hasattr(value, "space_group") else ()):
            yield from (replace(value, **{part.name: other}) for other in changed(getattr(value, part.name)))


def test_every_kind_of_task_is_tried() -> None:
    """The kinds of Table 1 and its series are those that this module knows."""
    assert {task.kind for task in table1().tasks} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_of_any_input_is_another_key(kind: str) -> None:
    """Whatever a recipe is given, down to the last field, enters the key."""
    task, engines = example(kind), load_study(TABLE_1).engines
    parents = tuple(table1().by_id[name].key for name in task.parents)
    assert task_key(task.recipe, task.inputs, parents, engines) == task.key
    others = list(changed_parts(task.inputs))
    keys = {task_key(task.recipe, other, parents, engines) for other in others}
    assert len(keys) == len(others) >= 1
    assert task.key not in keys


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_of_a_parent_or_of_an_engine_is_another_key(kind: str) -> None:
    """A result holds for what it went on from, and for the engine that gave it."""
    task, engines = example(kind), load_study(TABLE_1).engines
    parents = tuple(table1().by_id[name].key for name in task.parents)
    assert task_key(task.recipe, task.inputs, (*parents, "another"), engines) != task.key
    assert task_key(task.recipe, task.inputs, parents, load_study(TABLE_1, engine="emt").engines) != task.key


def test_another_seed_is_another_shake_of_every_bare_slab(tmp_path: Path) -> None:
    """Cuts are shaken by the seed, so no slab of one seed may be taken for that of another; crystals are the same."""
    one, other = keys_of(study_file(tmp_path)), keys_of(study_file(tmp_path, seed=2))
    same = {name for name in one if one[name] == other[name]}
    assert same == {"NZP/bulk", "NZS/bulk", "Na3PO4/reference/0"}


def test_other_charges_are_other_films(tmp_path: Path) -> None:
    """A film's cations are placed by the formal charges of the crystal that they cover."""
    halved = {"Na": 0.5, "Zr": 2.0, "P": 2.5, "O": -1.0}
    materials = yaml.safe_load(study_file(tmp_path).read_text())["materials"]
    one = keys_of(study_file(tmp_path))
    materials["NZP"]["charges"] = halved
    other = keys_of(study_file(tmp_path, materials=materials))
    covered = {name for name in one if name.startswith("NZP/1-102/Na3PO4/")}
    assert len(covered) > 5
    assert not {name for name in covered if one[name] == other.get(name)}


@pytest.mark.parametrize(
    ("change", "task"),
    [({"max_steps": 399}, "Na3PO4/reference/0"), ({"slab_force": 0.06}, "NZS/1-102/screen/1")],
)
def test_what_bounds_a_relaxation_enters_its_key(tmp_path: Path, change: dict[str, Any], task: str) -> None:
    """Steps of a film's reference; the force at which a screening may end early."""
    quick = {"slab_force": 0.05, "relaxed": 1, "starts": 1, "placements": 2, "references": 1}
    one, other = (keys_of(study_file(tmp_path, profiles={"quick": profile})) for profile in (quick, quick | change))
    assert one[task] != other[task]


def test_two_films_of_one_compound_share_their_tasks(tmp_path: Path) -> None:
    """A plan holds each content once; the ids of both films find it, and both have a reference."""
    films = yaml.safe_load(study_file(tmp_path).read_text())["films"]
    plan = make_plan(load_study(study_file(tmp_path, films=films | {"again": films["Na3PO4"]})))
    keys = [task.key for task in plan.tasks]
    assert len(set(keys)) == len(keys)
    assert not [task for task in plan.tasks if "again" in task.id]
    assert plan.references["again"] == plan.references["Na3PO4"]
    assert plan.by_id["again/reference/1"] is plan.by_id["Na3PO4/reference/1"]
    entries = {entry.id: entry for entry in plan.entries}
    assert entries["NZP_1-102_again"].candidates == entries["NZP_1-102_Na3PO4"].candidates


@dataclass(frozen=True)
class _Settings:
    """Something that identifies results."""

    force: float = 0.1
    about: str = field(default="", metadata=FOR_PEOPLE)


def test_a_new_field_at_its_default_leaves_identities_as_they_are() -> None:
    """So do words for people; another value of the new field does not."""
    grown = make_dataclass("Grown", [("stress", float, field(default=0.5))], bases=(_Settings,), frozen=True)
    assert digest(content(_Settings(0.2))) == digest(content(grown(0.2))) == digest(content(grown(0.2, "slow")))
    assert digest(content(grown(0.2))) != digest(content(grown(0.2, stress=0.6)))


def test_settings_at_their_defaults_leave_a_study_as_it_is(tmp_path: Path) -> None:
    """Words for people, and keys that say what holds anyway."""
    plain = load_study(study_file(tmp_path)).identity
    said = {"timestep": 2.0, "seed": 1, "slabs": {"vacuum": 15.0}, "reference": "", "name": "another"}
    assert load_study(study_file(tmp_path, **said)).identity == plain
    assert load_study(study_file(tmp_path, timestep=1.0)).identity != plain


def test_defaults_of_vasp_stay_out_of_its_keys(tmp_path: Path) -> None:
    """A folder of settings that repeats the defaults changes no key; a setting that differs changes some."""
    (tmp_path / "vasp").mkdir()
    settings = tmp_path / "vasp" / "slab.yaml"
    settings.write_text(f"kind: slab\nincar: {{NELM: {default_settings('slab').incar['NELM']}}}\n")
    one = keys_of(study_file(tmp_path, engine="vasp"))
    assert keys_of(study_file(tmp_path, engine="vasp", vasp="vasp")) == one
    settings.write_text("kind: slab\nincar: {NELM: 99}\n")
    other = keys_of(study_file(tmp_path, engine="vasp", vasp="vasp"))
    assert {name for name in one if one[name] == other[name]} >= {"NZP/bulk", "Na3PO4/reference/0"}
    assert one["NZP/1-102/bare/1"] != other["NZP/1-102/bare/1"]


def test_what_has_no_content_cannot_enter_a_key() -> None:
    """A path would identify a machine, not a result."""
    with pytest.raises(TypeError, match="no content"):
        content({"file": Path("here")})
