"""The house is built from the ground up: a module imports only from the floors below its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import nzsp_surfaces

PACKAGE = Path(nzsp_surfaces.__file__).parent

FLOORS = (
    ("units", "errors", "files", "labels", "calculation", "quick_pymatgen", "valence_table"),
    ("reading", "queues", "vasp_stream", "vasp_arrays"),
    ("crystals", "vasp_tags", "vasp_header", "vasp_witness"),
    ("bonds", "vasp_settings", "vasp_steps"),
    ("planes", "electrostatics", "vasp_potentials", "vasp_h5"),
    ("placing", "certificates", "vasp_reading"),
    ("faces", "identity"),
    ("sharing",),
    ("slabs",),
    ("films", "alternatives", "series"),
    ("materials",),
    ("survey",),
    ("energies", "wulff", "vasp_inputs"),
    ("engines",),
    ("study",),
    ("bundle",),
    ("plan",),
    ("recipes",),
    ("outcome", "store"),
    # From here on the rim: it shows and carries out, and only the command line knows it.
    ("slab_documents", "vasp_study"),
    ("slab_view",),
    ("plots", "scenes"),
    ("report", "cut_pictures"),
    ("energy_table", "embedded", "jobs"),
    ("local", "launchpad"),
    ("documents", "pictures"),
    ("firetasks",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

HEAVY = {
    "torch": {"engines"},
    "sevenn": {"engines"},
    "chgnet": {"engines"},
    "matplotlib": {"plots", "report"},
    "plotly": {"plots", "report", "scenes"},
    "fireworks": {"firetasks", "launchpad"},
}

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}


def room(module: str) -> str:
    """The module's name on the top level: engines.base lives in engines."""
    return module.partition(".")[0]


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Full names imported by these nodes, `from a import b` as a.b."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inner(module: str) -> set[str]:
    """The package's own modules that a module imports anywhere in its text."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = {
        name.removeprefix("nzsp_surfaces.") for name in imports(ast.walk(tree)) if name.startswith("nzsp_surfaces.")
    }
    return {known for known in MODULES for name in names if name == known or name.startswith(f"{known}.")}


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when a module is imported: no functions, nothing that only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module: str) -> None:
    """Every module has a floor, and what it imports lies on a lower one (or in its own subpackage)."""
    assert room(module) in FLOOR, f"{module}: give the new module a floor in FLOORS"
    upwards = {
        other
        for other in inner(module)
        if FLOOR.get(room(other), 0) >= FLOOR[room(module)] and not (room(other) == room(module) and "." in module)
    }
    assert not upwards


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    """Importing a module loads torch, matplotlib, plotly or FireWorks only in the rooms built around them."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    loaded = {name.partition(".")[0] for name in imports(at_import(tree))}
    assert not {library for library in loaded & HEAVY.keys() if room(module) not in HEAVY[library]}


def test_no_module_imports_itself_in_a_circle() -> None:
    """The modules can be put in an order in which each imports earlier ones only."""
    TopologicalSorter({module: inner(module) for module in MODULES}).prepare()


def test_energies_and_shapes_know_no_engine() -> None:
    """Surface energies and Wulff shapes follow from numbers, whoever computed them."""
    lower = [module for module in MODULES if FLOOR.get(room(module), 0) < FLOOR["engines"]]
    assert {"wulff", "crystals"} <= set(lower)
    assert not {other for module in lower for other in inner(module) if room(other) == "engines"}
