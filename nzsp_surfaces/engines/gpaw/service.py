"""What runs in GPAW's own Python, perhaps on several processes: one line of JSON asks, one answers.

It is started as a file and imports nothing of this package, so that GPAW may be installed elsewhere.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any

OUTPUT, DENSITY, PARAMETERS = "gpaw.txt", "density.gpw", "density.json"
"""Files in the folder in which it is started: what GPAW says, its last state, and how that was computed."""


RUNAWAY = 20.0
"""eV per atom between two steps, by which no search for a density that leads anywhere changes the energy."""


class RanAway(Exception):
    """The search for a density diverges."""


class Service:
    """GPAW between two questions, with the density of the last answer."""

    def __init__(self) -> None:
        self.calculator: Any = None
        self.parameters: dict[str, Any] | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Energy, forces and what else is asked; or why there is no answer."""
        from gpaw import KohnShamConvergenceError

        try:
            return self._computed(asked)
        except (KohnShamConvergenceError, RanAway):
            self.calculator = None
            return {"failed": True}
        except Exception as error:
            self.calculator = None
            return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}

    def _computed(self, asked: dict[str, Any]) -> dict[str, Any]:
        from ase import Atoms

        atoms = Atoms(asked["numbers"], positions=asked["positions"], cell=asked["cell"], pbc=True)
        if self.calculator is None or asked["parameters"] != self.parameters:
            self.parameters = asked["parameters"]
            self.calculator = self._kept()
        energy, anew = self._energy(atoms)
        answer = {"energy": energy, "gap": _gap(self.calculator), "anew": anew}
        if asked["forces"]:
            answer["forces"] = self.calculator.get_forces(atoms).tolist()
        if asked["stress"]:
            answer["stress"] = self.calculator.get_stress(atoms).tolist()
        if asked["keep"]:
            self._keep()
        return answer

    def _energy(self, atoms: Any) -> tuple[float, bool]:
        """eV, from the last density where there is one; whether that led nowhere, so that it was begun anew."""
        if self.calculator is not None:
            try:
                return self._watched(atoms), False
            except RanAway:
                Path(PARAMETERS).unlink(missing_ok=True)
                self.calculator = None
                return self._begun(atoms), True
        return self._begun(atoms), False

    def _begun(self, atoms: Any) -> float:
        assert self.parameters is not None
        self.calculator = _made(self.parameters)
        return self._watched(atoms)

    def _watched(self, atoms: Any) -> float:
        """The energy, eV, unless it runs away on the way."""
        from ase.units import Hartree

        seen: list[float] = []

        def look(step: Any) -> None:
            end_where_nobody_asks()
            seen.append(step.energies.total_extrapolated * Hartree / len(atoms))
            if len(seen) > 1 and not abs(seen[-1] - seen[-2]) < RUNAWAY:
                raise RanAway

        self.calculator.hooks["scf_step"] = look
        return float(self.calculator.get_potential_energy(atoms))

    def _kept(self) -> Any:
        """The state that an earlier process left, if it was computed in the same way and is whole."""
        from gpaw import GPAW

        try:
            if json.loads(Path(PARAMETERS).read_text()) == self.parameters:
                return GPAW(DENSITY, txt=OUTPUT)
        except Exception:
            return None
        return None

    def _keep(self) -> None:
        """Leave the state for a process that goes on; a reader finds the old one, the new one, or none."""
        from gpaw.mpi import world

        self.calculator.write(f"{DENSITY}.new", mode="all")
        if world.rank == 0:
            Path(PARAMETERS).unlink(missing_ok=True)
            Path(f"{DENSITY}.new").replace(DENSITY)
            Path(f"{PARAMETERS}.new").write_text(json.dumps(self.parameters))
            Path(f"{PARAMETERS}.new").replace(PARAMETERS)
        world.barrier()  # type: ignore[no-untyped-call]


def end_where_nobody_asks() -> None:
    """End at once where whoever asked is gone: nobody reads the answer, and another may begin in this folder."""
    from gpaw.mpi import world

    if world.rank == 0:
        poll = select.poll()
        poll.register(sys.stdin.fileno(), select.POLLHUP)
        if any(event & select.POLLHUP for _, event in poll.poll(0)):
            os._exit(1)


def _made(parameters: dict[str, Any]) -> Any:
    from gpaw import GPAW

    return GPAW(**parameters, txt=OUTPUT)


def _gap(calculator: Any) -> float | None:
    """eV between the highest occupied and the lowest empty state; None where all are occupied alike."""
    try:
        occupied, empty = calculator.get_homo_lumo()
    except Exception:
        return None
    return float(empty - occupied)


def main() -> None:
    """Answer until nobody asks any more; what GPAW prints goes to where errors go."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from gpaw.mpi import broadcast, world

    service = Service()
    while True:
        line = broadcast(sys.stdin.readline() if world.rank == 0 else None, comm=world)
        if not line:
            return
        answer = service.answer(json.loads(line))
        if world.rank == 0:
            channel.write(json.dumps(answer) + "\n")
            channel.flush()


if __name__ == "__main__":
    main()
