"""What a Firework does: carry one task of a study out, or work out one of its surface energies."""

from __future__ import annotations

import logging
import socket
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fireworks import FiretaskBase, Firework, FWAction, Workflow

from nzsp_surfaces.base.errors import OutOfTime
from nzsp_surfaces.base.log import follow_environment
from nzsp_surfaces.compat.fireworks import forget_earlier_launches, take_nothing_more
from nzsp_surfaces.report.write import entry_row
from nzsp_surfaces.runs.fireworks.database import Database
from nzsp_surfaces.runs.fireworks.embedded import hold_for_life
from nzsp_surfaces.runs.store import Store, alone
from nzsp_surfaces.runs.work import bench
from nzsp_surfaces.study.bundle import unpack
from nzsp_surfaces.tasks.base import Result, Task, carry_out
from nzsp_surfaces.tasks.draft import Entry
from nzsp_surfaces.tasks.plan import Plan, make_plan
from nzsp_surfaces.tasks.spread import spreads
from nzsp_surfaces.tasks.table import EvaluatedEntry, evaluate

if TYPE_CHECKING:
    from nzsp_surfaces.energies.spread import Spread
    from nzsp_surfaces.study.study import Study


log = logging.getLogger(__name__)

SPEC = ("nzsp", "_priority", "_add_launchpad_and_fw_id", "_add_fworker", "_category", "_queueadapter")
"""What a calculation's Firework says, or a user added for the queue; FireWorks adds more when it runs."""


class CarryOut(FiretaskBase):
    """Carry one task of a study out, unless some study has its result already."""

    _fw_name = "{{nzsp_surfaces.runs.fireworks.tasks.CarryOut}}"
    required_params = ["study", "task", "key", "folder"]  # noqa: RUF012 (FireWorks reads a list)

    def run_task(self, fw_spec: dict[str, Any]) -> FWAction:
        """Compute, going on from an earlier launch's checkpoints, and store the result.

        A result that an earlier launch left on disk, because the database was gone by then, is not computed again.
        """
        follow_environment("INFO")
        database = _database(self)
        study, plan = _study(database, self["study"])
        task = replace(plan.by_id[self["task"]], key=self["key"])
        store = Store(Path(self["folder"]))
        with alone(store.folder(task)) as folder:
            if database.finished([task.key]):
                log.info("%s is known already", task.id)
                return known_already()
            result = store.result(task)
            if result is None:
                parents = _results(database, store, _keyed(plan, fw_spec, task.parents))
                worker = fw_spec.get("_fw_env") or {}
                log.info("%s begins in %s", task.id, folder)
                try:
                    result = carry_out(task, bench(plan, task, parents, study.engines, worker, folder, _say))
                except OutOfTime as pause:
                    return self._going_on(fw_spec, pause)
                store.save(task, result)
                log.info("%s is done, %.1f s", task.id, result.seconds)
            return FWAction(stored_data=database.keep_result(task, result, folder, socket.gethostname()))

    def _going_on(self, fw_spec: dict[str, Any], pause: OutOfTime) -> FWAction:
        """The same again in another job; this job's worker takes nothing more, since its time is over."""
        take_nothing_more(self.fworker)
        spec = {name: fw_spec[name] for name in SPEC if name in fw_spec}
        rest = Firework([CarryOut(**self.to_dict())], spec=spec, name=self["task"])
        return FWAction(stored_data={"paused": str(pause)}, detours=[rest])


class Evaluate(FiretaskBase):
    """Work out the surface energy of one entry of a study from what has been computed."""

    _fw_name = "{{nzsp_surfaces.runs.fireworks.tasks.Evaluate}}"
    required_params = ["study", "entry"]  # noqa: RUF012 (FireWorks reads a list)

    def run_task(self, fw_spec: dict[str, Any]) -> FWAction:
        """Store the entry, with its value or with the reason why it has none."""
        follow_environment("INFO")
        database = _database(self)
        study, plan = _study(database, self["study"])
        return evaluated(database, study, plan, fw_spec)


def known_already() -> FWAction:
    """How a calculation's job ends whose result some study has."""
    return FWAction(stored_data={"known": True})


def evaluated(database: Database, study: Study, plan: Plan, fw_spec: dict[str, Any]) -> FWAction:
    """Store the entry that a job is about, with its value or with the reason why it has none."""
    about = fw_spec["nzsp"]
    entry = next(e for e in plan.entries if e.id == about["task"])
    tasks = [replace(plan.by_id[name], key=key) for name, key in about["keys"].items()]
    found = evaluate(plan, entry, database.results(tasks), {})
    row = entry_row(study, found, _spread(database, study, plan, found))
    database.keep_entry(row)
    return FWAction(stored_data={"gamma": row.gamma, "reason": row.reason})


def _spread(database: Database, study: Study, plan: Plan, evaluated: EvaluatedEntry) -> Spread | None:
    """What leaves a surface energy open; None where series are still to tell it, since a part would be missing."""
    if study.settings.converge is not None:
        return None
    entry, bulk = evaluated.entry, plan.bulks[evaluated.entry.material]
    wanted = {bulk, *(t.id for t in plan.tasks if _of_plane(t, entry))}
    keys = database.submitted_keys(study.identity, {bulk} | jobs_about(plan, wanted - {bulk}))
    results = database.results(replace(plan.by_id[name], key=keys[name]) for name in sorted(wanted & keys.keys()))
    return spreads(plan, (evaluated,), (), results).get(entry.id)


def jobs_about(plan: Plan, tasks: set[str]) -> set[str]:
    """Ids of the jobs that say the keys of some tasks: their own, and those that wait for them.

    To read every job of a large study for each of its entries would take its server hours.
    """
    waiting = {task.id for task in plan.tasks if not tasks.isdisjoint(task.parents)}
    return tasks | waiting | {entry.id for entry in plan.entries if not tasks.isdisjoint(entry.tasks)}


def _of_plane(task: Task, entry: Entry) -> bool:
    return (task.subject.material, task.subject.miller) == (entry.material, entry.miller)


def workflows(study: Study, plan: Plan, folder: Path, finished: set[str]) -> list[Workflow]:
    """The plan of a study; what has a result already is left out.

    What hangs together is one workflow, usually a material with its planes: each step of FireWorks reads and writes a
    workflow whole, so that a single one with 10,000 jobs would cost seconds a step.

    Args:
        folder: for checkpoints and results, seen by every worker.
        finished: content identities that have a result.
    """
    links = _links(study, plan, folder, finished)
    metadata = {"nzsp": {"study": study.identity, "name": study.name, "folder": str(folder)}}
    return [
        Workflow(part, {work: links[work] for work in part if links[work]}, name=study.name, metadata=metadata)
        for part in _parts(links)
    ]


def _links(study: Study, plan: Plan, folder: Path, finished: set[str]) -> dict[Firework, list[Firework]]:
    """All Fireworks of a study, each with those that wait for it."""
    open_tasks = [task for task in plan.tasks if task.key not in finished]
    works = {task.id: _work(study, plan, task, folder) for task in open_tasks}
    links: dict[Firework, list[Firework]] = {work: [] for work in works.values()}
    for task in open_tasks:
        for name in (parent for parent in task.parents if parent in works):
            links[works[name]].append(works[task.id])
    for entry in plan.entries:
        work = _evaluation(study, plan, entry)
        for name in (n for n in entry.tasks if n in works):
            links[works[name]].append(work)
        links[work] = []
    return links


def _parts(links: dict[Firework, list[Firework]]) -> list[list[Firework]]:
    """The Fireworks in groups that no link connects; the order stays."""
    group = {work: [work] for work in links}
    for parent, kids in links.items():
        for kid in kids:
            small, large = sorted((group[parent], group[kid]), key=len)
            if small is not large:
                large += small
                group |= dict.fromkeys(small, large)
    order = {work: number for number, work in enumerate(links)}
    return [sorted(part, key=order.__getitem__) for part in {id(part): part for part in group.values()}.values()]


def _work(study: Study, plan: Plan, task: Task, folder: Path) -> Firework:
    about = {"study": study.identity, "task": task.id, "kind": task.kind, "key": task.key}
    keys = {name: plan.by_id[name].key for name in task.parents}
    wants = {"_priority": int(plan.urgency[task.id]), "_add_launchpad_and_fw_id": True, "_add_fworker": True}
    spec = {"nzsp": about | {"keys": keys}, **wants}
    doing = CarryOut(study=study.identity, task=task.id, key=task.key, folder=str(folder))
    return Firework([doing], spec=spec, name=task.id)


def _evaluation(study: Study, plan: Plan, entry: Entry) -> Firework:
    keys = {name: plan.by_id[name].key for name in entry.tasks}
    about = {"study": study.identity, "task": entry.id, "kind": "evaluate", "key": None, "keys": keys}
    # An entry whose tasks failed has a reason, which is a result too.
    spec = {"nzsp": about, "_allow_fizzled_parents": True, "_add_launchpad_and_fw_id": True}
    return Firework([Evaluate(study=study.identity, entry=entry.id)], spec=spec, name=entry.id)


def _keyed(plan: Plan, fw_spec: dict[str, Any], names: tuple[str, ...]) -> list[Task]:
    """Tasks under the content identities with which they were submitted: another machine may round otherwise."""
    return [replace(plan.by_id[name], key=fw_spec["nzsp"]["keys"][name]) for name in names]


def _results(database: Database, store: Store, tasks: list[Task]) -> dict[str, Result]:
    """Results of tasks; from the folder where the database lost one.

    Raises:
        RuntimeError: one is nowhere.
    """
    found = database.results(tasks)
    for task in (task for task in tasks if task.id not in found):
        result = store.result(task)
        if result is None:
            raise RuntimeError(f"{task.id}: its result is damaged or gone; 'nzsp doctor --fix' has it computed again")
        found[task.id] = result
    return found


def _database(task: FiretaskBase) -> Database:
    launchpad = getattr(task, "launchpad", None)
    if launchpad is None:
        raise RuntimeError("FireWorks' offline mode is not supported: workers must reach the database")
    hold_for_life(launchpad)
    forget_earlier_launches(launchpad)
    return Database(launchpad)


def _study(database: Database, identity: str) -> tuple[Study, Plan]:
    """The study and its plan, worked out once in a process."""
    if identity not in _known:
        with TemporaryDirectory() as folder:
            study = unpack(database.study(identity), Path(folder))
        _known[identity] = study, make_plan(study)
    return _known[identity]


_known: dict[str, tuple[Study, Plan]] = {}


def _say(step: int, text: str) -> None:
    """Progress goes to the log of the queue job."""
    print(f"step {step}, {text}", file=sys.stderr, flush=True)
