"""A series is several results and one fit: no member of it wins over the others."""

from __future__ import annotations

import pytest

from nzsp_surfaces import load_study
from nzsp_surfaces.runs.local import Watcher, run_plan
from nzsp_surfaces.runs.store import Store
from nzsp_surfaces.slabs.cut import SlabCut
from nzsp_surfaces.slabs.cutting import cut_slabs
from nzsp_surfaces.slabs.series import thickness_series
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks import bulk
from nzsp_surfaces.tasks.bare import BARE, BareInputs
from nzsp_surfaces.tasks.base import Outcome, Subject
from nzsp_surfaces.tasks.building import arrangements, slab_building
from nzsp_surfaces.tasks.draft import Draft, Entry
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.table import EvaluatedEntry, evaluate
from support.alloy import write

PLANE = (1, 0, 1)


def planned(study: Study, cuts: tuple[SlabCut, ...]) -> Plan:
    """The bulk, a slab of each thickness, and one entry that they decide together."""
    draft, (material,) = Draft(study), study.materials
    bulk.plan(draft)
    parent, building = draft.bulks[material.name], slab_building(draft, material)
    slabs = [BareInputs(building, arrangements((cut,)), 1, draft.slab_relaxation) for cut in cuts]
    subject = Subject(material.name, PLANE)
    series = tuple(
        draft.add(BARE, subject, slab, number=number, parents=(parent,), atoms=len(cuts[0].sites))
        for number, slab in enumerate(slabs, start=1)
    )
    entry = Entry(material.name, PLANE, None, candidates=(), needs=(parent,), series=series)
    return Plan(tuple(draft.tasks), (entry,), (), bulks=draft.bulks)


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Outcome]:
    """Three thicknesses of the alloy's close-packed plane, relaxed with EMT."""
    folder = tmp_path_factory.mktemp("series")
    study = load_study(write(folder))
    (material,) = study.materials
    found, _ = cut_slabs(material.crystal, PLANE, material.polyanions, material.mobile, study.settings.slabs)
    cuts = thickness_series(found[0], material.crystal, material.polyanions, material.mobile, 3)
    plan = planned(study, cuts)
    watcher = Watcher(*[lambda *_: None] * 4)
    return plan, run_plan(study, plan, Store(folder / "results"), 1, watcher)


def row(plan: Plan, outcome: Outcome) -> EvaluatedEntry:
    """The only entry."""
    return evaluate(plan, plan.entries[0], outcome.results, outcome.failures)


def test_the_fit_of_a_thickness_series_is_its_surface_energy(computed: tuple[Plan, Outcome]) -> None:
    """The fit counts, not the lowest member; all members lie near it, since the slabs are thick enough."""
    found = row(*computed)
    assert found.best is not None
    assert found.best is found.fit
    assert found.best.energy is not None
    members = [candidate.energy.gamma for candidate in found.candidates if candidate.energy]
    assert len(members) == 3
    assert found.best.energy.gamma not in members
    assert members == pytest.approx([found.best.energy.gamma] * 3, abs=0.02)
    assert found.best.energy.formula_units == max(c.energy.formula_units for c in found.candidates if c.energy)


def test_a_series_with_a_member_missing_has_no_value(computed: tuple[Plan, Outcome]) -> None:
    """It says how many are there."""
    plan, outcome = computed
    last = plan.entries[0].series[-1]
    found = row(plan, Outcome({name: result for name, result in outcome.results.items() if name != last}))
    assert found.best is None
    assert found.reason == "2 of 3 thicknesses are computed"
