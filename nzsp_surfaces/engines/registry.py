"""The engines: one line below for each module whose ENTRIES are engines, imported when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.entry import EngineEntry, EngineKeys
from nzsp_surfaces.engines.preconditioned import Preconditioned

if TYPE_CHECKING:
    from nzsp_surfaces.engines.base import ChosenEngine

MODULES = (
    "nzsp_surfaces.engines.ase.sevennet",
    "nzsp_surfaces.engines.ase.chgnet",
    "nzsp_surfaces.engines.ase.emt",
    "nzsp_surfaces.engines.vasp.entry",
    "nzsp_surfaces.engines.cp2k.entry",
    "nzsp_surfaces.engines.gpaw.entry",
    "nzsp_surfaces.engines.ase.custom",
)
"""Where the engines are described, in the order in which `nzsp engines` lists them."""

DEFAULT = "sevennet-0"


@cache
def engines() -> tuple[EngineEntry, ...]:
    """All engines that a study can choose."""
    return tuple(entry for module in MODULES for entry in import_module(module).ENTRIES)


def choose(given: str | EngineKeys, folders: Mapping[str, Path | None], where: str) -> ChosenEngine:
    """The engine that a study, or a command line, asks for; nothing is loaded.

    Args:
        given: name of an engine, package.module:Class of a calculator, or keys.
        folders: settings folders by engine; one among the keys comes first.
        where: begins every error.

    Raises:
        UserError: the engine is unknown, a key does not suit it, or its settings are at fault.
    """
    keys = _as_keys(given) if isinstance(given, str) else given
    entry = _entry_of(keys, where)
    entry.check_keys(keys, where)
    settings = keys.settings or folders.get(entry.name)
    chosen = entry.choose(replace(keys, settings=settings), where)
    return chosen if keys.surrogate is None else Preconditioned(chosen, choose(keys.surrogate, {}, where))


def _as_keys(text: str) -> EngineKeys:
    return EngineKeys(calculator=text) if ":" in text else EngineKeys(name=text)


def _entry_of(keys: EngineKeys, where: str) -> EngineEntry:
    for entry in engines():
        if entry.answers(keys):
            return entry
    known = ", ".join(entry.name for entry in engines())
    raise UserError(f"{where}: unknown engine '{keys.name}'; known are {known}")
