"""Jobs that stand still since a worker or its server was cut off between two of FireWorks' writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.compat.fireworks import refresh
from nzsp_surfaces.runs.doctor.finding import Finding

if TYPE_CHECKING:
    from fireworks import LaunchPad

PATIENCE = 5.0
"""s for which what FireWorks does in moments is watched before it counts as given up."""
SUBMITTING = timedelta(hours=1)
"""After which a job that was reserved for a queue, and got no number there, counts as never submitted."""


def examine(pad: LaunchPad) -> Iterator[Finding]:
    """Jobs that were taken or reserved and left so, or whose launch has ended, or all that they wait for."""
    for number in _not_begun(pad):
        what = "was taken by a worker that never began it"
        yield Finding(f"job {number}", what, "let it be ready again", partial(refresh, pad, number))
    for launch in _never_queued(pad):
        act = partial(pad.cancel_reservation, launch["launch_id"])
        yield Finding(f"job {launch['fw_id']}", "was reserved for a queue job that never came", "give it back", act)
    for number in _ended(pad):
        yield Finding(
            f"job {number}", "has ended, and still counts as running", "note it", partial(refresh, pad, number)
        )
    for waiting in _waiting_for_nothing(pad):
        what = f"waits with {len(waiting) - 1} others, and nothing is left that they wait for"
        yield Finding(f"job {waiting[0]}", what, "let it go on", partial(_go_on, pad, waiting))


def _not_begun(pad: LaunchPad) -> Iterator[int]:
    """FireWorks reserves a job a moment before it notes the launch; workers wait for ever for one left so."""
    first = _without_a_launch(pad)
    if first:
        time.sleep(PATIENCE)
        yield from (number for number, moment in _without_a_launch(pad).items() if first.get(number) == moment)


def _without_a_launch(pad: LaunchPad) -> dict[int, Any]:
    """Numbers of reserved jobs that nobody launches, with the moments at which they were taken."""
    query = {"state": "RESERVED", "launches": []}
    return {row["fw_id"]: row["updated_on"] for row in pad.fireworks.find(query, {"fw_id": 1, "updated_on": 1})}


def _never_queued(pad: LaunchPad) -> Iterator[dict[str, Any]]:
    """Launches that `qlaunch -r` reserved and left without the number of their queue job, since it was killed."""
    since = (datetime.now(UTC) - SUBMITTING).isoformat()
    reserved = {"$elemMatch": {"state": "RESERVED", "updated_on": {"$lte": since}}}
    query = {"state": "RESERVED", "state_history": reserved, "state_history.reservation_id": {"$exists": False}}
    yield from pad.launches.find(query, {"launch_id": 1, "fw_id": 1})


def _ended(pad: LaunchPad) -> Iterator[int]:
    running = pad.fireworks.find({"state": "RUNNING", "launches": {"$ne": []}}, {"fw_id": 1, "launches": 1})
    numbers = {row["launches"][-1]: row["fw_id"] for row in running}
    ended = {"launch_id": {"$in": list(numbers)}, "state": {"$in": ["COMPLETED", "FIZZLED"]}}
    return (numbers[row["launch_id"]] for row in pad.launches.find(ended, {"launch_id": 1}))


def _waiting_for_nothing(pad: LaunchPad) -> Iterator[list[int]]:
    """Of each workflow in which everything is finished or waits, the jobs that wait."""
    unfinished = {"state": {"$nin": ["COMPLETED", "ARCHIVED"]}}
    states = {row["fw_id"]: row["state"] for row in pad.fireworks.find(unfinished, {"fw_id": 1, "state": 1})}
    for row in pad.workflows.find({}, {"nodes": 1}):
        own = sorted(number for number in row["nodes"] if number in states)
        if own and all(states[number] == "WAITING" for number in own):
            yield own


def _go_on(pad: LaunchPad, waiting: list[int]) -> None:
    """Have FireWorks look at what they wait for, then at them."""
    links = pad.workflows.find_one({"nodes": waiting[0]}, {"parent_links": 1})["parent_links"]
    before = {parent for number in waiting for parent in links.get(str(number), [])}
    for number in (*sorted(before - set(waiting)), *waiting):
        refresh(pad, number)
