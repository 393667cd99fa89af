"""What a doctor finds: what is amiss, why it matters, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that is amiss.

    Attributes:
        where: a file, a job or a document.
        what: is amiss.
        mend: what mends it, as an order.
        act: does that, and may be done twice; None where only a person can.
    """

    where: str
    what: str
    mend: str
    act: Callable[[], object] | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.mend}"
