"""Rows about the inputs of a code that are written and not run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nzsp_surfaces.report.rows.columns import Column, Row

if TYPE_CHECKING:
    from nzsp_surfaces.engines.vasp.inputs import VaspInputs
    from nzsp_surfaces.tasks.base import Task


@dataclass(frozen=True)
class InputsSource:
    """The inputs with which one run of VASP begins.

    Attributes:
        task: that it belongs to.
        folder: of its files, below the output.
        inputs: what VASP reads.
        depends_on: whose results a real run begins from.
        warnings: what a person should look at.
    """

    task: Task
    folder: str
    inputs: VaspInputs
    depends_on: tuple[str, ...]
    warnings: tuple[str, ...] = ()


inputs = Column[InputsSource]()


@dataclass(frozen=True, kw_only=True)
class InputsRow(Row[InputsSource]):
    """A folder of inputs that `nzsp vasp-inputs` has written."""

    FILE: ClassVar[str] = "inputs.json"

    folder: str = inputs("folder of the files; it begins with the id of the task", of=lambda s: s.folder)
    task: str = inputs("task that it belongs to", of=lambda s: s.task.id)
    key: str = inputs("content identity of the task", of=lambda s: s.task.key)
    kind: str = inputs("settings that it is computed with", of=lambda s: s.inputs.settings.purpose)
    n_atoms: int = inputs("atoms", of=lambda s: len(s.inputs.structure))
    kpoints: tuple[int, ...] = inputs("mesh, centred on gamma", of=lambda s: s.inputs.mesh)
    potentials: tuple[str, ...] = inputs("in the order of POTCAR", of=lambda s: s.inputs.symbols)
    depends_on: tuple[str, ...] = inputs(
        "results that a run begins from; where there are some, POSCAR stands in for them: it is built from the geometry"
        " of the study's files",
        of=lambda s: s.depends_on,
    )
    warnings: tuple[str, ...] = inputs("what a person should look at", of=lambda s: s.warnings)
