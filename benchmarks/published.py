"""What others have published of surfaces, in `inputs/published.yaml`, and the cells of its crystals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.crystals import ROOT, CrystalEntry, entries
from nzsp_surfaces.base.yaml import read

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAIMS, CELLS = ROOT / "inputs/published.yaml", ROOT / "inputs/published-crystals.yaml"
Plane = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """A surface energy of a plane, J/m²."""

    plane: Plane
    value: float


@dataclass(frozen=True)
class Share:
    """How much of a Wulff shape some planes have together, beside which others."""

    planes: tuple[Plane, ...]
    value: float
    others: tuple[Plane, ...]


@dataclass(frozen=True)
class Claim:
    """What a source says: one of a surface energy, an order, the lowest first, or a share of a shape.

    Attributes:
        read: whether it was seen in its source.
    """

    functional: str
    source: str
    read: bool
    gamma: Value | None = None
    order: tuple[Plane, ...] = ()
    share: Share | None = None

    @property
    def planes(self) -> tuple[Plane, ...]:
        """All planes that it speaks of."""
        shared = (*self.share.planes, *self.share.others) if self.share else ()
        return (*((self.gamma.plane,) if self.gamma else ()), *self.order, *shared)


@dataclass(frozen=True)
class Claims:
    """What inputs/published.yaml holds: claims by crystal."""

    crystals: dict[str, tuple[Claim, ...]]


def published() -> Mapping[str, tuple[Claim, ...]]:
    """All claims by crystal."""
    return read(CLAIMS, Claims).crystals


def cells() -> dict[str, CrystalEntry]:
    """Every crystal that a claim may speak of."""
    return {**entries(), **entries(CELLS)}
