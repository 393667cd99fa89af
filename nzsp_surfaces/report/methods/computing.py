"""Sentences on what computed: engines with their settings, how runs were carried out, the packages behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.report.methods.asked import Asked, counted, entry_of, joined
from nzsp_surfaces.report.rows.study import Provenance

SOFTWARE = (
    ("pymatgen", "pymatgen", "ong2013pymatgen"),
    ("ase", "ASE", "larsen2017ase"),
    ("spglib", "spglib", "togo2024spglib"),
)
"""What every run rests on: its name among the packages of the provenance, for people, and its reference."""


def engines(asked: Asked) -> Iterator[str]:
    """Who computed the energies, with which settings; who the dynamics, where that is another."""
    for name, model in dict.fromkeys((row.engine, row.model) for row in asked.results.surface_energies):
        content = asked.engine(Ask.SLAB)
        own = content if content.get("engine", {}).get("name") == name else {}
        yield f"Energies and forces were computed with {_who(name, model, _version(asked, name), own)}."
        yield from _settings(asked, name, own)
    lent = asked.engine(Ask.SLAB).get("surrogate", {})
    if lent:
        who = _who(**lent["engine"], content=lent)
        yield f"The starts of relaxations were settled by {who}, whose Hessian preconditioned what followed."
    yield from _dynamics(asked)


def _dynamics(asked: Asked) -> Iterator[str]:
    """Of another engine; nothing where no dynamics were run."""
    content = asked.engine(Ask.DYNAMICS)
    if asked.results.dynamics and content and content.get("engine") != asked.engine(Ask.SLAB).get("engine"):
        yield f"Dynamics were computed with {_who(**content['engine'], content=content)}."


def _version(asked: Asked, name: str) -> str:
    """Of the engine, as the provenance says."""
    known = asked.results.provenance
    return known.engine_version if known and known.engine == name else ""


def _who(name: str, model: str, version: str, content: Mapping[str, Any]) -> str:
    """An engine with its model and version, and its references; one that the registry does not know has none."""
    said = [model] * (model != name) + [f"version {version}"] * bool(version)
    entry = entry_of(name)
    cited = cite(*entry.cited(model, content)) if entry else ""
    return (f"{name} ({', '.join(said)})" if said else name) + cited


def cite(*keys: str) -> str:
    """References as Markdown cites them, for pandoc: ' [@one; @other]'."""
    return f" [{'; '.join(f'@{key}' for key in keys)}]" if keys else ""


def _settings(asked: Asked, name: str, content: Mapping[str, Any]) -> Iterator[str]:
    entry = entry_of(name)
    told = entry.told(content, asked.elements) if entry and content else ()
    if told:
        yield f"Settings: {'; '.join(told)}."


def imported(asked: Asked) -> Iterator[str]:
    """How runs that were there already came in."""
    runs = asked.results.runs
    if runs:
        used = sum(row.used for row in runs)
        yield (
            f"The calculations were not made by this program: of {counted(len(runs), 'run')} that were found, {used} "
            "entered the surface energies; their settings are those of the runs."
        )


def software(asked: Asked) -> Iterator[str]:
    """The packages with their versions; FireWorks and custodian where they had a part."""
    known = asked.results.provenance
    if known is None:
        return
    found = [_package(known, *said) for said in SOFTWARE if said[0] in known.packages]
    with_them = f", with {joined(found)}" if found else ""
    yield f"Slabs, films and surface energies are those of {known.program} {known.version}{with_them}."
    if " collect " in f"{known.command} ":
        yield f"Calculations were carried out by {_package(known, 'fireworks', 'FireWorks', 'jain2015fireworks')}."
    entry = entry_of(known.engine)
    if entry and "custodian" in entry.needs and not asked.results.runs:
        yield f"Runs were watched over by {_package(known, 'custodian', 'custodian', 'ong2013pymatgen')}."


def _package(known: Provenance, package: str, name: str, key: str) -> str:
    """A package with the version that the run had, and its reference."""
    return " ".join(filter(None, (name, known.packages.get(package)))) + cite(key)
