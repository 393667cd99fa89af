"""The runner for one machine: a pool of processes that works through a plan, resumable at any moment."""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.runs.store import Store
from nzsp_surfaces.runs.work import bench
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks.base import Outcome, Result, Task, carry_out
from nzsp_surfaces.tasks.plan import Plan

log = logging.getLogger(__name__)

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a running task. `text` says the force or the temperature."""

    task: str
    step: int
    text: str


@dataclass(frozen=True)
class Watcher:
    """Told what happens; the command line shows it.

    Attributes:
        started, stepped, finished, failed: called with the task, a step, a result, or a task and a reason.
    """

    started: Callable[[Task], None]
    stepped: Callable[[Progress], None]
    finished: Callable[[Task, Result], None]
    failed: Callable[[Task, str], None]


def run_plan(study: Study, plan: Plan, store: Store, workers: int, watcher: Watcher) -> Outcome:
    """Compute what is not on disk yet; the longest chains first, `workers` tasks at a time.

    Raises:
        UserError: a worker process died; finished results and checkpoints stay.
    """
    outcome = Outcome()
    for task in plan.tasks:
        result = store.result(task)
        if result is not None:
            outcome.results[task.id] = result
            outcome.repeated += 1
            watcher.finished(task, result)
    waiting = [t for t in sorted(plan.tasks, key=lambda t: -plan.urgency[t.id]) if t.id not in outcome.results]
    if waiting:
        _work(study, plan, store, workers, watcher, outcome, waiting)
    return outcome


def _work(
    study: Study, plan: Plan, store: Store, workers: int, watcher: Watcher, outcome: Outcome, waiting: list[Task]
) -> None:
    context = multiprocessing.get_context("spawn")
    steps: Any = context.Queue()
    workers = min(workers, len(waiting))
    with _pinned_threads(), ProcessPoolExecutor(workers, context, _start_worker, (study, plan, store, steps)) as pool:
        running: dict[Future[Result], Task] = {}
        try:
            while waiting or running:
                _submit(pool, workers, waiting, running, outcome, watcher)
                done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                _drain(steps, watcher)
                for future in done:
                    _collect(running.pop(future), future, outcome, watcher)
        except BaseException:
            _stop(pool)
            raise


def _submit(
    pool: ProcessPoolExecutor,
    workers: int,
    waiting: list[Task],
    running: dict[Future[Result], Task],
    outcome: Outcome,
    watcher: Watcher,
) -> None:
    """Start the most urgent tasks whose parents are done; pass failures on to children."""
    for task in list(waiting):
        lost = [p for p in task.parents if p in outcome.failures]
        if lost:
            waiting.remove(task)
            outcome.failures[task.id] = f"needs {lost[0]}, which failed"
            watcher.failed(task, outcome.failures[task.id])
        elif len(running) < workers and all(p in outcome.results for p in task.parents):
            waiting.remove(task)
            parents = {p: outcome.results[p] for p in task.parents}
            running[pool.submit(_carry_out, task.id, parents)] = task
            watcher.started(task)


def _collect(task: Task, future: Future[Result], outcome: Outcome, watcher: Watcher) -> None:
    try:
        result = future.result()
    except BrokenProcessPool as error:
        raise UserError(
            f"{task.id}: a worker process was killed, perhaps for lack of memory; start again to go on, "
            "with fewer --workers if it happens twice"
        ) from error
    except OSError:
        raise
    except Exception as error:
        log.debug("%s failed", task.id, exc_info=error)
        outcome.failures[task.id] = str(error).splitlines()[0] if str(error) else type(error).__name__
        watcher.failed(task, outcome.failures[task.id])
        return
    outcome.results[task.id] = result
    outcome.computed += 1
    watcher.finished(task, result)


def _drain(steps: Any, watcher: Watcher) -> None:
    while True:
        try:
            watcher.stepped(steps.get_nowait())
        except queue.Empty:
            return


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers at once; what they have in flight is on disk up to the last step."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


class _pinned_threads:  # noqa: N801 - reads as a statement
    """One thread a worker: the numeric libraries of a child read these variables when they start."""

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True)
class _Workplace:
    """What a worker process keeps between tasks."""

    study: Study
    plan: Plan
    store: Store
    steps: Any


_here: list[_Workplace] = []


def _start_worker(study: Study, plan: Plan, store: Store, steps: Any) -> None:
    """Pin threads, watch the parent, and remember the study."""
    import signal

    from nzsp_surfaces.base.log import follow_environment

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow_environment()
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    _here[:] = [_Workplace(study, plan, store, steps)]


def _leave_with_parent(parent: int) -> None:
    """A worker whose parent was killed has nobody to work for."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _carry_out(name: str, parents: dict[str, Result]) -> Result:
    here = _here[0]
    task = here.plan.by_id[name]
    folder = here.store.made_folder(task)

    def report(step: int, text: str) -> None:
        here.steps.put(Progress(name, step, text))

    log.info("%s begins in %s", name, folder)
    result = carry_out(task, bench(here.plan, task, parents, here.study.engines, {}, folder, report))
    here.store.save(task, result)
    log.info("%s is done, %.1f s", name, result.seconds)
    return result
