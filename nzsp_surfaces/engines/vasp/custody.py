"""VASP run once, under custodian: which handlers watch it, and what they changed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time as clock
from typing import Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.compat.custodian import has_started, watch_only_while_it_runs
from nzsp_surfaces.engines.queues import WallTime

NAMES = ("vasp_cmd", "vasp_gamma_cmd")
"""Names of VASP's commands in a worker's environment; NZSP_VASP_CMD and NZSP_VASP_GAMMA_CMD in that of a shell."""
PROCESS = "vasp.pid"
"""Name of the file with machine and process group of a running VASP, beside its files."""
LOOK_EVERY = 30.0
"""Seconds between two looks of the handlers at a running VASP."""
MOST_ERRORS = 5
"""Corrections after which a run is given up."""
FROZEN = 6 * 3600
"""Seconds without output after which a run counts as stuck."""

ELECTRONIC_ERRORS = (
    *("eddrmm", "edddav", "zheev", "eddiag", "pssyevx", "pdsyevx", "grad_not_orth"),
    *("real_optlay", "rspher", "too_few_bands", "nbands_not_sufficient", "coef"),
)
"""Names of custodian's for errors that are mended without a change of the time step, the cell or the atoms."""


HARMLESS = ("subspacematrix",)
"""Errors of custodian's for which it gives a run up where LREAL is false, although VASP mostly only warns of them."""


@dataclass(frozen=True)
class Commands:
    """How VASP is started.

    Attributes:
        standard: words of the command.
        gamma: of the build for the gamma point alone; None where there is none.
    """

    standard: tuple[str, ...]
    gamma: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Custody:
    """What custodian did to a run.

    Attributes:
        corrections: one line each: handler, errors, changes.
        stopped: VASP was asked to stop before the wall time.
    """

    corrections: tuple[str, ...]
    stopped: bool


def vasp_commands(worker: Mapping[str, str]) -> Commands:
    """The commands that a worker gives, else those of the environment.

    Args:
        worker: 'env' of FireWorks' worker file, with vasp_cmd and perhaps vasp_gamma_cmd.

    Raises:
        UserError: no command, or its program is not found here.
    """
    command, gamma = (worker.get(name) or os.environ.get(f"NZSP_{name.upper()}") for name in NAMES)
    if not command:
        raise UserError(
            "engine 'vasp': no command; set NZSP_VASP_CMD, as 'srun vasp_std', or give vasp_cmd under 'env' in the "
            "worker's my_fworker.yaml"
        )
    words = _words(gamma) if gamma else None
    if words and shutil.which(words[-1]) is None:
        raise UserError(f"engine 'vasp': '{words[-1]}', the last word of '{gamma}', must be the program, on the PATH")
    return Commands(_words(command), words)


def _words(command: str) -> tuple[str, ...]:
    first, *rest = shlex.split(os.path.expandvars(command))
    found = shutil.which(first)
    if found is None:
        raise UserError(f"engine 'vasp': '{first}' of '{command}' is not found; correct vasp_cmd or load its module")
    return (str(Path(found).absolute()), *rest)  # it starts in another folder


def run_custodian(folder: Path, commands: Commands, time: WallTime | None, *, dynamics: bool) -> str | None:
    """Run VASP in a folder that holds its inputs, until it ends or nothing more can be mended.

    Returns:
        What it complained about when it ended; its files may be whole all the same.

    Raises:
        UserError: VASP failed; what it wrote stays.
    """
    from custodian.custodian import Custodian, CustodianError, ReturnCodeError

    from nzsp_surfaces.engines.vasp.timekeeper import Timekeeper

    job = _job(commands)
    keepers = [Timekeeper(clock() + time.left, time.reserve, clock())] if time else []
    every = LOOK_EVERY if time is None else min(LOOK_EVERY, time.reserve / 3)
    custodian = Custodian(
        dynamics_handlers() if dynamics else relaxation_handlers(),
        [job],
        max_errors=MOST_ERRORS,
        skip_over_errors=True,  # a handler that stumbles over a file must not leave VASP running alone
        polling_time_step=min(1.0, every),
        monitor_freq=max(1, round(every)),
        directory=str(folder),
    )
    # Not among the handlers, which are asked once more when VASP has ended: it would stop what is finished.
    watch_only_while_it_runs(custodian, keepers)
    try:
        with _ended_with_us(job, folder):
            custodian.run()  # type: ignore[no-untyped-call]
    except ReturnCodeError as error:
        return f"VASP failed: {error.message}"
    except CustodianError as error:
        raise UserError(f"{folder}: VASP failed: {error.message}; see vasp.out and custodian.json there") from None
    finally:
        (folder / PROCESS).unlink(missing_ok=True)
    return None


def _job(commands: Commands) -> Any:
    """Custodian's job, which also leaves word of the process that it starts."""
    from custodian.vasp.jobs import VaspJob

    class Job(VaspJob):
        def run(self, directory: str = "./") -> Any:
            process = super().run(directory=directory)  # type: ignore[no-untyped-call]
            (Path(directory) / PROCESS).write_text(f"{socket.gethostname()} {process.pid}\n")
            return process

    return Job(commands.standard, gamma_vasp_cmd=commands.gamma, auto_gamma=commands.gamma is not None, backup=False)


def end_orphan(folder: Path) -> None:
    """End the VASP of a run whose worker is gone, if it runs on this machine."""
    try:
        host, number = (folder / PROCESS).read_text().split()
        # The number may belong to another process by now, which works elsewhere.
        if host == socket.gethostname() and Path(f"/proc/{number}/cwd").resolve() == folder.resolve():
            os.killpg(int(number), signal.SIGKILL)
        (folder / PROCESS).unlink()
    except (OSError, ValueError):
        return


@contextmanager
def _ended_with_us(job: Any, folder: Path) -> Iterator[None]:
    """End VASP, which has a session of its own, where this worker is interrupted, terminated or stumbles."""
    before = signal.getsignal(signal.SIGTERM)
    main = threading.current_thread() is threading.main_thread()

    def end() -> None:
        if has_started(job):
            job.terminate(str(folder))

    def terminated(*_: Any) -> None:
        end()
        signal.signal(signal.SIGTERM, before)
        os.kill(os.getpid(), signal.SIGTERM)  # and as it would have gone without us

    if main:
        signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    except BaseException:
        end()
        raise
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def relaxation_handlers() -> list[Any]:
    """Custodian's handlers that watch a relaxation or a static run.

    Left out are custodian's handlers that go on with what did not converge, since legs do that, and those that change
    smearing or mesh of what is an insulator with a mesh of our choice.
    """
    from custodian.vasp import handlers

    return [
        handlers.VaspErrorHandler(
            errors_subset_to_catch=[e for e in handlers.VaspErrorHandler.error_msgs if e not in HARMLESS]
        ),
        handlers.NonConvergingErrorHandler(),
        handlers.PotimErrorHandler(),
        handlers.PositiveEnergyErrorHandler(),
        handlers.FrozenJobErrorHandler(timeout=FROZEN),
        handlers.StdErrHandler(),
    ]


def dynamics_handlers() -> list[Any]:
    """Custodian's handlers that watch dynamics.

    Left out are those that change the time step, know only relaxations or take heat for an error.
    """
    from custodian.vasp import handlers

    return [
        handlers.VaspErrorHandler(errors_subset_to_catch=list(ELECTRONIC_ERRORS)),
        handlers.FrozenJobErrorHandler(timeout=FROZEN),
        handlers.StdErrHandler(),
    ]


def custody(folder: Path) -> Custody:
    """What custodian.json of a run says; nothing where there is none."""
    path = folder / "custodian.json"
    try:
        jobs = json.loads(path.read_text())
    except OSError:
        return Custody((), stopped=False)
    except ValueError:
        return Custody(("custodian.json is damaged: what was changed is not known",), stopped=False)
    entries = [entry for job in jobs for entry in job["corrections"] if not entry.get("skipped")]
    found = [(_handler(entry), entry) for entry in entries]
    mended = tuple(_line(name, entry) for name, entry in found if name != "Timekeeper")
    return Custody(mended, stopped=any(name == "Timekeeper" for name, _ in found))


def _handler(entry: Mapping[str, Any]) -> str:
    return str(entry["handler"]["@class"])


def _line(name: str, entry: Mapping[str, Any]) -> str:
    return f"{name}: {', '.join(entry['errors'])}: {'; '.join(_changes(entry)) or 'nothing could be changed'}"


def _changes(entry: Mapping[str, Any]) -> Iterator[str]:
    for action in entry["actions"] or ():
        where = action.get("dict") or action.get("file")
        for what in action["action"].values():
            yield f"{where} {' '.join(f'{k}={v}' for k, v in what.items()) if isinstance(what, dict) else what}"
