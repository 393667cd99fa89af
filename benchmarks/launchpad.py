"""How long submitting, `nzsp status` and `nzsp query` take as a database fills, and what a step of FireWorks costs.

The jobs are made by the functions that submit a study, so the documents are those that a real study leaves; nothing is
computed. Two shapes: a study of many materials, which becomes many workflows, and a single large workflow.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.crystals import ROOT
from nzsp_surfaces.base.content import digest
from nzsp_surfaces.cli.main import main as nzsp
from nzsp_surfaces.report.write import entry_row
from nzsp_surfaces.runs.fireworks.database import ENTRIES, Database, database
from nzsp_surfaces.runs.fireworks.tasks import workflows
from nzsp_surfaces.study.bundle import pack
from nzsp_surfaces.study.study import Study, load_study
from nzsp_surfaces.tasks.bare import BARE
from nzsp_surfaces.tasks.base import Subject, Task
from nzsp_surfaces.tasks.bulk import BULK
from nzsp_surfaces.tasks.draft import Entry
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.table import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (100, 1_000, 10_000, 50_000)
SINGLE = (10, 100, 1_000, 10_000)
"""Calculations of the single workflow whose steps are timed."""
PER_MATERIAL, PER_ENTRY = 101, 4
STUDY = """\
name: made up
materials:
  CuAu: {structure: CuAu.vasp, charges: {Cu: 1, Au: -1}, mobile: []}
planes: [[1, 1, 0]]
engine: emt
"""
PICTURE, PAGE = ROOT / "docs/databases.png", ROOT / "docs/databases.md"
BEGIN, END = "<!-- figures of benchmarks/launchpad.py -->\n", "<!-- end of the figures -->\n"


@dataclass(frozen=True, slots=True)
class Point:
    """Times at one size of the database, s.

    Attributes:
        calculations: in the database.
        submit: `workflows` and their way into the database.
        status: of all studies.
        status_study: of the one study, with its first jobs.
        query: `nzsp query`, the table.
        query_csv: `nzsp query --format csv`, all entries.
    """

    calculations: int
    submit: float
    status: float
    status_study: float
    query: float
    query_csv: float


def main() -> None:
    """Print the figures, draw the curve and write both into the page of the databases."""
    server = tests_server("2g")
    if server is None:
        return
    with tempfile.TemporaryDirectory() as name, server.serving(Path(name)) as address:
        folder = Path(name)
        study = made_up_study(folder)
        points = [_point(study, folder, address, size) for size in SIZES]
        steps = [_step(study, folder, address, size) for size in SINGLE]
        winner = _explained(launchpad_of(folder, address, SIZES[-1]), study)
    _draw(points, steps)
    text = PAGE.read_text() if PAGE.is_file() else BEGIN + END
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(before + BEGIN + _page(points, steps, winner) + END + after)
    print(f"{winner}\ncurve: {PICTURE}, {PAGE}")


def tests_server(memory: str) -> Any:
    """The server of the tests, which holds everything in memory; None, with the reason, where there is none."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support import server

    os.environ.setdefault("NZSP_TEST_SERVER_MEMORY", memory)
    if why := server.why_none():
        print(why)
        return None
    return server


def made_up_study(folder: Path) -> Study:
    """Of one crystal; its name and engine are all that is used of it."""
    from pymatgen.core import Lattice, Structure

    structure = Structure(Lattice.tetragonal(2.8, 3.7), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    structure.to(filename=str(folder / "CuAu.vasp"), fmt="poscar")
    (folder / "study.yaml").write_text(STUDY)
    return load_study(folder / "study.yaml", "quick", None)


def made_up_plan(size: int, per_material: int) -> Plan:
    """Materials with a bulk and slabs, four of which compete for each entry."""
    tasks: list[Task] = []
    entries: list[Entry] = []
    for material in range(max(1, round(size / per_material))):
        name = f"M{material}"
        bulk = Task(BULK, Subject(name), None, None, (), digest([size, name]), "emt", 1.0)
        tasks.append(bulk)
        for plane in range((per_material - 1) // PER_ENTRY):
            where, content = (plane, 1, 0), [size, name, plane]
            slabs = [
                Task(BARE, Subject(name, where), i, None, (bulk.id,), digest([*content, i]), "emt", 2.0)
                for i in range(PER_ENTRY)
            ]
            tasks += slabs
            entries.append(Entry(name, where, None, tuple(task.id for task in slabs)))
    return Plan(tuple(tasks), tuple(entries), ())


def launchpad_of(folder: Path, address: dict[str, Any], size: int) -> Path:
    """The launchpad file of a database for so many calculations."""
    import yaml

    path = folder / f"launchpad_{size}.yaml"
    path.write_text(yaml.safe_dump(address | {"name": f"bench_{size}"}))
    return path


def _point(study: Study, folder: Path, address: dict[str, Any], size: int) -> Point:
    launchpad, plan = launchpad_of(folder, address, size), made_up_plan(size, PER_MATERIAL)
    with database(launchpad) as known:
        known.prepare()
        known.keep_study(pack(study))
        submit = timed(lambda: known.add(workflows(study, plan, folder, set())))
        carry_on(known)
        keep_entries(known, study, plan)
    asked = [
        timed(lambda call=call: quietly([*call, "-l", str(launchpad)]))  # type: ignore[misc]
        for call in (["status"], ["status", str(study.path)], ["query"], ["query", "--format", "csv"])
    ]
    point = Point(len(plan.tasks), submit, *asked)
    print(_cells(point), flush=True)
    return point


def carry_on(known: Database) -> None:
    """Half of the jobs are finished, some run, failed or are ready, in FireWorks' own documents."""
    from fireworks import FWAction, FWorker, Launch
    from pymongo import UpdateOne

    rows = list(known.launchpad.fireworks.find({}, {"fw_id": 1}))
    states = {row["fw_id"]: _state(row["fw_id"]) for row in rows}
    failure = FWAction(stored_data={"_exception": {"_stacktrace": "ValueError: no convergence"}})
    launches = []
    for number, state in states.items():
        if state not in ("WAITING", "READY"):
            action = failure if state == "FIZZLED" else FWAction()
            launch = Launch(
                "RUNNING", "/scratch", FWorker(), "host", "ip", launch_id=number, fw_id=number, action=action
            )
            launch.state = state
            launches.append(launch.to_db_dict())
    known.launchpad.launches.insert_many(launches)
    launched = {row["fw_id"] for row in launches}
    changes = [
        UpdateOne({"fw_id": number}, {"$set": {"state": state, "launches": [number] if number in launched else []}})
        for number, state in states.items()
    ]
    known.launchpad.fireworks.bulk_write(changes, ordered=False)


def _state(number: int) -> str:
    marks = {0: "FIZZLED", 1: "RUNNING", 2: "RUNNING", 3: "READY"}
    return marks.get(number % 1000, "COMPLETED" if number % 2 else "WAITING")


def keep_entries(known: Database, study: Study, plan: Plan) -> None:
    """A surface energy for each entry of a plan."""
    blank = entry_row(study, evaluate(plan, plan.entries[0], {}, {}))
    rows = [
        replace(blank, id=e.id, material=e.material, miller=e.miller, gamma=1.0, reason=None, area=30.0)
        for e in plan.entries
    ]
    for row in rows[:100]:
        known.keep_entry(row)
    if rows[100:]:
        known.launchpad.db[ENTRIES].insert_many([row.to_json() for row in rows[100:]])


def _step(study: Study, folder: Path, address: dict[str, Any], size: int) -> tuple[int, float]:
    """Seconds that FireWorks takes to hand one job of a single workflow out."""
    from fireworks import FWorker

    with database(launchpad_of(folder, address, -size)) as known:
        known.prepare()
        (whole,) = workflows(study, made_up_plan(size, size), folder, set())
        known.add([whole])
        seconds = timed(lambda: known.launchpad.checkout_fw(FWorker(), "/scratch"))
    print(f"one workflow of {len(whole.fws)} jobs: {seconds:.3f} s to hand a job out", flush=True)
    return len(whole.fws), seconds


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def quietly(call: list[str]) -> None:
    """A command that ends well, its output thrown away."""
    with redirect_stdout(io.StringIO()):
        assert nzsp(call) == 0


def _explained(launchpad: Path, study: Study) -> str:
    """The index that the server takes for the jobs of a study."""
    from pymongo.errors import PyMongoError

    with database(launchpad) as known:
        query = {"spec.nzsp.study": study.identity, "state": "FIZZLED"}
        try:
            plan = known.launchpad.fireworks.find(query).sort("fw_id", 1).explain()["queryPlanner"]["winningPlan"]
        except (PyMongoError, KeyError):
            return "This server offers no `explain`, so the winning index is not known here; mongod does."
    while "indexName" not in plan and "inputStage" in plan:
        plan = plan["inputStage"]
    return (
        f"Winning plan for the failed jobs of a study: {plan.get('stage')} {plan.get('indexName', 'without an index')}."
    )


def _draw(points: list[Point], steps: list[tuple[int, float]]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    numbers = [point.calculations for point in points]
    for name, words in WORDS.items():
        left.loglog(numbers, [getattr(point, name) for point in points], "o-", label=words)
    left.axhline(1.0, color="0.7", linewidth=0.8)
    left.set(xlabel="calculations in the database", ylabel="time, s")
    left.legend(frameon=False, fontsize=7)
    right.loglog(*zip(*steps, strict=True), "o-", color="C7")
    right.set(xlabel="jobs of one workflow", title="FireWorks handing one job out")
    figure.savefig(PICTURE, dpi=150)


WORDS = {
    "submit": "submit",
    "status": "status",
    "status_study": "status STUDY",
    "query": "query",
    "query_csv": "query as CSV",
}


def _cells(point: Point) -> str:
    return " | ".join([str(point.calculations), *(f"{getattr(point, name):.2f}" for name in WORDS)])


def _page(points: list[Point], steps: list[tuple[int, float]], winner: str) -> str:
    head = f"| calculations | {' | '.join(f'{words}, s' for words in WORDS.values())} |\n|{'---|' * (len(WORDS) + 1)}\n"
    rows = "".join(f"| {_cells(point)} |\n" for point in points)
    lines = "".join(f"| {size} | {seconds:.2f} |\n" for size, seconds in steps)
    again = "| jobs of one workflow | FireWorks hands one out, s |\n|---|---|\n"
    return f"\n![time against the size of the database]({PICTURE.name})\n\n{head}{rows}\n{again}{lines}\n{winner}\n\n"
