"""Studies that leave the database for nodes without one, and come back: a results directory carries them both ways."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nzsp_surfaces.runs.fireworks.jobs import Job
from nzsp_surfaces.runs.fireworks.tasks import evaluated, known_already

if TYPE_CHECKING:
    from nzsp_surfaces.runs.fireworks.database import Database
    from nzsp_surfaces.runs.store import Store
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Result, Task
    from nzsp_surfaces.tasks.plan import Plan


@dataclass(frozen=True)
class Submitted:
    """A study, and the jobs that a database has of it; it may have none.

    Attributes:
        known: the database.
        study: the study.
        plan: of the study.
    """

    known: Database
    study: Study
    plan: Plan

    def results(self) -> dict[str, Result]:
        """What the database has of the study, by task id, whatever study it was computed for."""
        return self.known.results(self._tasks())

    def take_in(self, store: Store) -> tuple[int, int]:
        """Keep what a directory has computed, and finish the jobs that nothing is left to do for.

        Returns:
            How many results the database did not have before, and how many jobs were finished.
        """
        tasks = self._tasks()
        there = self.known.finished([task.key for task in tasks])
        new = [task for task in tasks if task.key not in there]
        return sum(self._kept(store, new)), self._finish()

    def _tasks(self) -> list[Task]:
        """The tasks under the keys with which they were submitted: another machine may round otherwise."""
        return [replace(task, key=self._keys.get(task.id, task.key)) for task in self.plan.tasks]

    @cached_property
    def _keys(self) -> dict[str, str]:
        return self.known.submitted_keys(self.study.identity)

    def _kept(self, store: Store, tasks: Iterable[Task]) -> Iterator[bool]:
        """Whether the directory had a result, of each task."""
        for task in tasks:
            own = self.plan.by_id[task.id]
            result = store.result(own)
            if result is not None:
                self.known.keep_result(task, result, store.folder(own), socket.gethostname())
            yield result is not None

    def _finish(self) -> int:
        """Finish one job after the other as those before it are; what runs or waits in a queue ends by itself."""
        there = self.known.finished(list(self._keys.values()))
        for job in self._done("FIZZLED", there):
            self.known.launchpad.rerun_fw(job.fw_id)
        number = 0
        while done := self._done("READY", there):
            number += sum(self._finished(job) for job in done)
        return number

    def _done(self, state: str, there: set[str]) -> list[Job]:
        """Jobs in a state whose result is known, or that wait for nothing but to be evaluated."""
        jobs = self.known.jobs(self.study.identity, (state,))
        return [job for job in jobs if self._keys.get(job.task) in there or (job.kind, state) == ("evaluate", "READY")]

    def _finished(self, job: Job) -> bool:
        """Do what a worker would, which finds the result known; False where a worker was quicker."""
        from fireworks import FWorker

        firework, launch = self.known.launchpad.checkout_fw(FWorker("collected"), job.folder or "", fw_id=job.fw_id)
        if firework is None:
            return False
        evaluates = job.kind == "evaluate"
        action = evaluated(self.known, self.study, self.plan, firework.spec) if evaluates else known_already()
        self.known.launchpad.complete_launch(launch, action)
        return True
