"""What makes pymatgen slow to start, done otherwise: every command that reads a crystal waits for it.

Each function changes when and how fast something happens inside pymatgen, never what comes out. Only the command line
asks for that, by `quickened`; outside of such a block pymatgen is left as it is. Made for version 2026.10.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

CLUSTER = "scipy.cluster"

_asked: list[object] = []
"""One item for each block of `quickened` that this process is in."""


@contextmanager
def quickened() -> Iterator[None]:
    """Let pymatgen start and read quickly within a block; it costs nothing where no crystal is read."""
    _asked.append(None)
    defer_clustering()
    try:
        yield
    finally:
        _asked.pop()


def defer_clustering() -> None:
    """Load SciPy's clustering when it is first asked for something, not when pymatgen's symmetry imports it: 0.3 s.

    Not importlib's LazyLoader: under Python 3.11 every import statement makes that load.
    """
    if CLUSTER in sys.modules:
        return
    module = ModuleType(CLUSTER)

    def real(attribute: str) -> Any:
        if sys.modules.get(CLUSTER) is module:
            del sys.modules[CLUSTER]
        return getattr(importlib.import_module(CLUSTER), attribute)

    vars(module)["__getattr__"] = real
    sys.modules[CLUSTER] = module


def know_oxidation_states() -> None:
    """Give pymatgen its table of how frequent each oxidation state is, read by a parser ten times faster than its own.

    Nothing happens where nobody asked for quickness, and where the file is not, as in other versions: then pymatgen
    reads the table itself.
    """
    if not _asked:
        return
    import yaml
    from pymatgen.core import Composition, Species, composition

    file = Path(composition.__file__).with_name("icsd_bv.yaml")
    if Composition.oxi_prob is None and file.is_file():
        # The table is the file's last part; the rest, four times as long, is not needed.
        _, key, table = file.read_text(encoding="utf-8").partition("\noccurrence:")
        rows = yaml.load(table, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if key else {}
        Composition.oxi_prob = {Species.from_str(name): count for name, count in rows.items()} or None


@contextmanager
def quick_operations() -> Iterator[None]:
    """Compare symmetry operations quickly within a block, if quickness was asked for.

    pymatgen compares all pairs of a group's operations to make a set of them: 0.3 s for F-43m, more for Fm-3m, nearly
    all of it the overhead of `np.allclose`.
    """
    if not _asked:
        yield
        return
    import numpy as np
    from pymatgen.core.operations import SymmOp

    def alike(one: SymmOp, other: object) -> bool:
        if not isinstance(other, type(one)):
            return False
        gaps = np.abs(one.affine_matrix - other.affine_matrix)
        return bool((gaps <= one.tol + 1e-5 * np.abs(other.affine_matrix)).all())

    usual = SymmOp.__eq__
    SymmOp.__eq__ = alike  # type: ignore[method-assign]
    try:
        yield
    finally:
        SymmOp.__eq__ = usual  # type: ignore[method-assign]
