"""Many calculations on a server, under faults of every kind: all energies, nothing twice, nothing missing.

`make test` tries the quicker ones, `make faults` all, with more calculations.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fireworks import FWorker

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.fireworks.database import database
from support import server
from support.clock import Clock, needs_compiler
from support.cluster import needs_server, submit
from support.faults import hurt
from support.proxy import slow
from support.siege import NUMBER, Siege, besieged, submitter, until, workers, write_many

pytestmark = needs_server
Told = Callable[[Siege], None]


@pytest.mark.slow
def test_five_workers_struck_at_random(
    expected: dict[str, float], launchpad: Path, tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """Some are killed, some ended, some stopped for good, and files are damaged meanwhile."""
    siege = besieged(tmp_path, launchpad, NUMBER)
    with workers(launchpad, 5) as running:
        until(siege, chance)
        for process in chance.sample(running, 4):
            process.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP)))
        until(siege, chance, 5.0)
    siege.look()
    siege.end(expected, tmp_path)
    told(siege)


@pytest.mark.slow
def test_two_submitters_and_two_collectors(
    expected: dict[str, float], launchpad: Path, tmp_path: Path, told: Told
) -> None:
    """At the same moment: what is there twice is left once, and both directories hold the same."""
    study = write_many(tmp_path / "study", NUMBER)
    both = [submitter(study, launchpad) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    siege = Siege(study, launchpad, 3 * NUMBER)
    siege.mend()
    siege.end(expected, tmp_path, collectors=2)
    told(siege)


@pytest.mark.parametrize("torn", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_server_that_comes_back_empty(
    torn: bool, expected: dict[str, float], tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """Submitted once more, the study takes what lies on the disk; what was torn there meanwhile is computed again."""
    with server.running(tmp_path) as (process, address):
        launchpad = server.launchpad_file(tmp_path, address)
        siege = besieged(tmp_path, launchpad, NUMBER)
        with workers(launchpad, 2):
            until(siege, chance)
            process.kill()
    if torn:
        tear(siege, chance)
    siege.look()
    with server.running(tmp_path, port=address["port"]):
        submit(siege.study, launchpad)
        siege.end(expected, tmp_path)
        told(siege)


@pytest.mark.slow
def test_a_slow_server_that_cuts_connections(
    expected: dict[str, float], address: dict[str, Any], tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """Workers end by it, or wait; doctors mend where the server can be reached."""
    if "port" not in address:
        pytest.skip("the address of the server is one that only its client understands")
    siege = besieged(tmp_path, server.launchpad_file(tmp_path, address), NUMBER)
    (tmp_path / "far").mkdir()
    text = siege.launchpad.read_text()
    with slow(address["port"], 0.02, 0.01, chance) as port:
        far = tmp_path / "far" / "my_launchpad.yaml"
        far.write_text(text.replace(f"port: {address['port']}", f"port: {port}"))
        far.chmod(0o600)
        with workers(far, 2):
            until(siege, chance, 20.0)
    siege.end(expected, tmp_path)
    told(siege)


def test_results_torn_while_workers_are_away(
    expected: dict[str, float], launchpad: Path, tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """Whatever lies on the disk is damaged; the database has the results, and what it lacks is computed again."""
    siege = besieged(tmp_path, launchpad, NUMBER)
    with workers(launchpad, 2):
        until(siege, chance)
    tear(siege, chance)
    siege.look()
    siege.end(expected, tmp_path)
    told(siege)


def tear(siege: Siege, chance: random.Random) -> None:
    """Damage files below the calculations, the more the larger the study is."""
    for _ in range(max(2, siege.calculations // 6)):
        hurt(siege.work, chance)


@pytest.mark.slow
def test_a_server_that_is_stopped_and_started(
    expected: dict[str, float], tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """While workers compute: what they finish without it lies on the disk."""
    with server.running(tmp_path, kept=True) as (process, address):
        launchpad = server.launchpad_file(tmp_path, address)
        siege = besieged(tmp_path, launchpad, NUMBER)
        with workers(launchpad, 2):
            until(siege, chance)
            process.terminate()
            process.wait(timeout=60)
            until(siege, chance, 5.0)
    siege.look()
    with server.running(tmp_path, port=address["port"], kept=True):
        siege.end(expected, tmp_path)
        told(siege)


@pytest.mark.parametrize("days", [400, pytest.param(-400, marks=pytest.mark.slow)])
def test_a_worker_whose_clock_is_wrong(
    days: int, expected: dict[str, float], launchpad: Path, tmp_path: Path, told: Told
) -> None:
    """It was killed and has left times of another year: its job counts as lost all the same."""
    siege = besieged(tmp_path, launchpad, NUMBER)
    with database(launchpad) as known:
        known.launchpad.checkout_fw(FWorker(), str(tmp_path))
        then = (datetime.now(UTC) + timedelta(days=days)).replace(tzinfo=None).isoformat()
        times = {"state_history.0.updated_on": then, "state_history.0.created_on": then, "time_start": then}
        known.launchpad.launches.update_one({}, {"$set": times})
    siege.end(expected, tmp_path)
    told(siege)


@needs_compiler
@pytest.mark.slow
def test_a_clock_that_jumps_while_workers_compute(
    expected: dict[str, float], launchpad: Path, tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """Days forth and back, under a doctor whose clock is right: all of them seem lost, and what lives is left alone."""
    siege, clock = besieged(tmp_path, launchpad, NUMBER), Clock(tmp_path)
    with workers(launchpad, 2, **clock.environment):
        for days in (3, -3, 400):
            until(siege, chance, 20.0)
            clock.jump(days)
            until(siege, chance, 5.0)
            siege.look()
            assert main(["doctor", "-l", str(launchpad), "--fix"]) in (0, 1)
    with database(launchpad, reading=True) as known:
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        assert known.launchpad.launches.count_documents({"time_start": {"$gt": tomorrow}})
    siege.end(expected, tmp_path)
    told(siege)
