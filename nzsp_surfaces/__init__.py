"""Surfaces of ionic crystals: slabs, capping films, surface energies and Wulff shapes.

What a notebook needs can be imported from here; each name is loaded when it is first asked for.

>>> from pathlib import Path
>>> from nzsp_surfaces import load_study, make_plan
>>> plan = make_plan(load_study(Path("inputs/table1.yaml")))
>>> plan.entries[0].id, plan.tasks[0].id
('NZP_1-102_bare', 'NZP/bulk')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_WHERE = {
    "UserError": "base.errors",
    "load_structure": "crystals.reading",
    "crystal": "crystals.crystal",
    "material": "crystals.material",
    "SlabOptions": "slabs.cut",
    "build": "slabs.build",
    "survey": "slabs.survey",
    "every_plane": "slabs.survey",
    "surface_energy": "energies.surface",
    "capped_surface_energy": "energies.surface",
    "wulff_shape": "energies.wulff",
    "load_study": "study.study",
    "make_plan": "tasks.plan",
    "table": "tasks.table",
    "load_results": "report.read",
    "write_report": "report.page",
}

__all__ = [
    "SlabOptions",
    "UserError",
    "build",
    "capped_surface_energy",
    "crystal",
    "every_plane",
    "load_results",
    "load_structure",
    "load_study",
    "make_plan",
    "material",
    "surface_energy",
    "survey",
    "table",
    "write_report",
    "wulff_shape",
]

if TYPE_CHECKING:
    from nzsp_surfaces.base.errors import UserError
    from nzsp_surfaces.crystals.crystal import crystal
    from nzsp_surfaces.crystals.material import material
    from nzsp_surfaces.crystals.reading import load_structure
    from nzsp_surfaces.energies.surface import capped_surface_energy, surface_energy
    from nzsp_surfaces.energies.wulff import wulff_shape
    from nzsp_surfaces.report.page import write_report
    from nzsp_surfaces.report.read import load_results
    from nzsp_surfaces.slabs.build import build
    from nzsp_surfaces.slabs.cut import SlabOptions
    from nzsp_surfaces.slabs.survey import every_plane, survey
    from nzsp_surfaces.study.study import load_study
    from nzsp_surfaces.tasks.plan import make_plan
    from nzsp_surfaces.tasks.table import table


def __getattr__(name: str) -> Any:
    """The name's own, loaded now."""
    if name not in _WHERE:
        raise AttributeError(f"module 'nzsp_surfaces' has no attribute '{name}'")
    return getattr(import_module(f"nzsp_surfaces.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """Everything that can be imported from here."""
    return sorted([*globals(), *_WHERE])
