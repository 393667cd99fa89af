"""A study of many small calculations on a server, what may befall it, and what must hold in the end."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.fireworks.database import RESULTS, database
from support.cluster import submit, worker
from support.crystals import structure
from support.faults import gammas, whole_results
from support.fuzz import TIMES
from support.in_process import runs_in_this_process

NUMBER = TIMES + 1
"""Alloys of each study; three calculations each."""
ROUNDS = 8
"""Of a doctor and a worker, after which a study must have come to its end."""
PATIENCE = 600
"""s for a worker."""


def write_many(folder: Path, number: int) -> Path:
    """A study of so many alloys, each of another size and with three calculations that take moments."""
    folder.mkdir(exist_ok=True)
    lines = []
    for each in range(number):
        crystal = structure("CuAu").copy()
        crystal.scale_lattice(crystal.volume * (1.0 + 0.0003 * each))
        crystal.to(filename=str(folder / f"CuAu{each}.vasp"), fmt="poscar")
        lines.append(f"  M{each}: {{structure: CuAu{each}.vasp, charges: {{Cu: 1, Au: -1}}, mobile: []}}\n")
    (folder / "study.yaml").write_text(
        f"name: many\nmaterials:\n{''.join(lines)}planes: [[1, 1, 0], [1, 0, 1]]\nslabs: {{thickness: 6, vacuum: 8}}\n"
        "engine: emt\nprofiles:\n  quick: {bulk_force: 0.005, slab_force: 0.01}\n"
    )
    return folder / "study.yaml"


def undisturbed(folder: Path, number: int) -> dict[str, float]:
    """The energies of a run of `write_many` that nothing disturbed, J/m²."""
    with runs_in_this_process():
        assert main(["run", str(write_many(folder, number)), "-o", str(folder / "results")]) == 0
    return gammas(folder / "results")


@dataclass
class Siege:
    """A submitted study under attack.

    Attributes:
        study: its file.
        launchpad: of its database.
        calculations: that it has.
        kept: results that were whole when last looked at, and when they were written.
        repeated: how many of these were written again since.
    """

    study: Path
    launchpad: Path
    calculations: int
    kept: dict[Path, int] = field(default_factory=dict)
    repeated: int = 0

    @property
    def work(self) -> Path:
        """The folder of the calculations."""
        return self.study.parent / "work"

    def look(self) -> None:
        """Note what is finished, and what of it was done twice; a damaged file that was set aside may be."""
        found = whole_results(self.work)
        self.repeated += sum(found.get(path, time) != time for path, time in self.kept.items())
        self.kept |= found

    def mend(self) -> None:
        """`nzsp doctor --fix`, for which a worker is lost as soon as it is silent."""
        with patch("fireworks.fw_config.RUN_EXPIRATION_SECS", 0):
            assert main(["doctor", "-l", str(self.launchpad), "--fix"]) in (0, 1)

    def is_finished(self) -> bool:
        """Whether every job is."""
        with database(self.launchpad, reading=True) as known:
            counts = known.counts()
        return bool(counts) and all(set(own) == {"COMPLETED"} for own in counts.values())

    def results(self) -> int:
        """How many the database has."""
        with database(self.launchpad, reading=True) as known:
            return int(known.launchpad.db[RESULTS].count_documents({}))

    def end(self, expected: dict[str, float], folder: Path, collectors: int = 1) -> None:
        """Let doctors and workers finish it: every energy is as expected, nothing was repeated, nothing is missing."""
        for _ in range(ROUNDS):
            self.look()
            if self.is_finished():
                break
            self.mend()
            assert worker(self.launchpad).wait(timeout=PATIENCE) == 0
        self.look()
        assert self.is_finished()
        assert self.repeated == 0
        assert self.results() == self.calculations
        outs = [folder / f"collected{number}" for number in range(collectors)]
        both = [collector(self.study, self.launchpad, out) for out in outs[1:]]
        assert main(["collect", str(self.study), "-l", str(self.launchpad), "-o", str(outs[0])]) == 0
        assert [process.wait(timeout=PATIENCE) for process in both] == [0] * len(both)
        for out in outs:
            assert gammas(out) == pytest.approx(expected, abs=1e-9)


def collector(study: Path, launchpad: Path, out: Path) -> subprocess.Popen[bytes]:
    """`nzsp collect` in a process of its own."""
    return _started("collect", study, "-l", launchpad, "-o", out)


def submitter(study: Path, launchpad: Path) -> subprocess.Popen[bytes]:
    """`nzsp submit` in a process of its own."""
    return _started("submit", study, "-l", launchpad, "-d", study.parent / "work")


def _started(*call: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "nzsp_surfaces", *map(str, call)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def besieged(folder: Path, launchpad: Path, number: int) -> Siege:
    """A study of so many alloys, submitted."""
    study = write_many(folder / "study", number)
    submit(study, launchpad)
    return Siege(study, launchpad, 3 * number)


@contextmanager
def workers(launchpad: Path, number: int, **environment: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Some workers at once; those that still run at the end of the block are killed."""
    running = [worker(launchpad, **environment) for _ in range(number)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def until(siege: Siege, chance: random.Random, seconds: float = 120.0) -> None:
    """Wait for a random moment: until some more calculations are finished than were."""
    wanted = len(whole_results(siege.work)) + chance.randint(1, max(1, siege.calculations // 3))
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(list(siege.work.glob("calculations/*/result.json"))) < wanted:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.3))
