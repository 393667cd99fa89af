"""Relaxed slabs that walk from valley to valley: a face that no relaxation leaves may have a lower one beside it.

Basin hopping (D. J. Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997)) that only goes down (R. H. Leary,
J. Glob. Optim. 18, 367 (2000)).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.units import ev_of_faces
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.hopping import Hop, Movable, groups, hopped, least_distances, outer_atoms, too_near
from nzsp_surfaces.slabs.jumping import Jump, jumped
from nzsp_surfaces.tasks.base import Bench, Result

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.crystals.contacts import Charges
    from nzsp_surfaces.crystals.flip import Flip

Matrix = npt.NDArray[np.float64]
LOWER = 1e-4
"""J/m² by which a face must be lower to be gone on with."""


@dataclass(frozen=True)
class Stage:
    """When a relaxation is left.

    Attributes:
        steps: after which it is looked at.
        above: J/m² above the lowest face so far, beyond which it is not gone on with.
    """

    steps: int
    above: float


HOPELESS, HOPELESS_JUMP = Stage(40, 0.05), Stage(25, 0.08)
"""On Na4Zr2(SiO4)3 (0003) no hop that ended lower was above it by then; of eight such jumps, 34 in all, one was."""
STEEP = 2.6
"""eV of a face by which a jump may begin above the lowest one; of 20 with more two ended lower, of 14 with less six."""
TRIES = 20
"""Jumps that are drawn until one begins with less; then the least steep is taken."""


@dataclass(frozen=True)
class Chain:
    """Jumps of single ions, then hops of all that lies at the faces, one after the other.

    Attributes:
        polyanions: of the slab, which turn as wholes.
        ions: elements that jump.
        jumps, hops: how many.
        seeds: of everything random.
        relax: how far each is relaxed.
        jump, hop: how far ions are moved.
    """

    polyanions: tuple[Polyanion, ...]
    ions: tuple[str, ...]
    jumps: int
    hops: int
    seeds: tuple[int, ...]
    relax: RelaxSettings
    jump: Jump = field(default_factory=Jump)
    hop: Hop = field(default_factory=Hop)


def walked(bench: Bench[Any], chain: Chain, charges: Charges, best: Result, flip: Flip, before: int) -> Result:
    """Go on from the lowest face so far.

    Args:
        before: how many atoms come before those of the film that was laid on last.
    """
    found, kept = best.computed, 0
    walk = _Walk(bench, chain, charges, flip, before, least_distances(found.structure))
    jumps = [(walk.jump, number) for number in range(1, chain.jumps + 1)]
    hops = [(walk.hop, number) for number in range(1, chain.hops + 1)]
    for step, number in (*jumps, *hops):
        after = step(number, found)
        if after is not None and walk.is_lower(after, found):
            found, kept = after, kept + 1
    choices = replace(best.choices, jumps=chain.jumps or None, hops=chain.hops or None, accepted=kept)
    return bench.result(calculation=found, start=best.computed.structure, choices=choices)


@dataclass(frozen=True)
class _Walk:
    """One step of a chain after the other; each has a folder of its own, so that a killed task goes on within it.

    Attributes:
        before: how many atoms come before those of the film that was laid on last.
        usual: least distances of the slab that the chain begins with.
    """

    bench: Bench[Any]
    chain: Chain
    charges: Charges
    flip: Flip
    before: int
    usual: Matrix

    def hop(self, number: int, found: Calculation) -> Calculation:
        """What all that lies at the faces relaxes to, once it is moved."""
        chain, rng = self.chain, np.random.default_rng([*self.chain.seeds, number])
        start = hopped(found.structure, self._movable(found.structure, chain.hop.depth), chain.hop, rng, self.usual)
        said = f"hop {number} of {chain.hops}"
        return self._relaxed(found, start, HOPELESS, self.bench.folder / str(number), said)

    def jump(self, number: int, found: Calculation) -> Calculation | None:
        """What the slab relaxes to once an ion lies elsewhere; None where there is no room for any."""
        rng, said = np.random.default_rng([*self.chain.seeds, 0, number]), f"jump {number} of {self.chain.jumps}"
        begun = self._begun(found, rng, self.bench.folder / f"jump-{number}", said)
        return None if begun is None else self._relaxed(found, begun[0], HOPELESS_JUMP, begun[1], said)

    def is_lower(self, after: Calculation, found: Calculation) -> bool:
        """Whether a slab counts instead of the lowest one so far: no hole of a potential, and relaxed to the end."""
        lower = after.energy < found.energy - ev_of_faces(LOWER, found.face_area)
        return lower and after.converged and not too_near(after.structure, self.usual)

    def _begun(
        self, found: Calculation, rng: np.random.Generator, folder: Path, said: str
    ) -> tuple[Structure, Path] | None:
        """The first jump that is not too steep, and where its record is."""
        chain, drawn = self.chain, []
        movable = self._movable(found.structure, chain.jump.depth)
        for number in range(1, TRIES + 1):
            start = jumped(found.structure, movable, chain.ions, chain.jump, rng, self.usual)
            if start is None:
                break
            records = folder / str(number)
            drawn.append((self._steps(start, 0, records, said).energy, start, records))
            if drawn[-1][0] < found.energy + 2 * STEEP:
                break
        return min(drawn, key=itemgetter(0))[1:] if drawn else None

    def _movable(self, slab: Structure, depth: float) -> Movable:
        free = outer_atoms(slab, depth) | (np.arange(len(slab)) >= self.before)
        return Movable(self.flip, groups(slab, self.charges, self.chain.polyanions), free, self.chain.relax.held)

    def _relaxed(self, found: Calculation, start: Structure, stage: Stage, folder: Path, said: str) -> Calculation:
        """A moved slab, relaxed to the end unless it is left before."""
        tried = self._steps(start, stage.steps, folder, said)
        if tried.energy > found.energy + ev_of_faces(stage.above, found.face_area):
            return tried
        return self._steps(start, self.chain.relax.max_steps, folder, said)

    def _steps(self, start: Structure, steps: int, folder: Path, said: str) -> Calculation:
        """A slab after so many steps; those that its folder has a record of are not computed again."""

        def report(step: int, force: float) -> None:
            self.bench.report(step, f"{said}, {force:.3f} eV/Å")

        settings = replace(self.chain.relax, max_steps=min(steps, self.chain.relax.max_steps))
        return self.bench.engine(Ask.SLAB).relax(start, settings, folder, report, self.flip)
