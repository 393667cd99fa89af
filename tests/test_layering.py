"""The house is built of rooms: a module imports from its own room and from those below, and in no circle.

Its tests lie in the same rooms, and none imports another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import nzsp_surfaces

PACKAGE = Path(nzsp_surfaces.__file__).parent

BELOW: dict[str, tuple[str, ...]] = {
    "base": (),
    "compat": ("base",),
    "crystals": ("compat",),
    "slabs": ("crystals",),
    "films": ("slabs",),
    "mixtures": ("slabs",),
    "dynamics": ("crystals",),
    "energies": ("crystals",),
    "engines": ("crystals",),
    "study": ("films", "mixtures", "dynamics", "energies", "engines"),
    "tasks": ("study",),
    "report": ("tasks",),
    "runs": ("report",),
    "cli": ("runs",),
}
"""The rooms, and those on which each stands; what these stand on is open to it as well."""

HEAVY = {
    "torch": ("engines.ase",),
    "sevenn": ("engines.ase",),
    "chgnet": ("engines.ase",),
    "matplotlib": ("report.draw", "report.page"),
    "plotly": ("report.draw",),
    "fireworks": ("runs.fireworks",),
}
"""Libraries that take their time to load, and the only places that may load them when they are imported."""

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
}


def room(module: str) -> str:
    """The room of a module: engines.vasp.legs lies in engines."""
    return module.partition(".")[0]


def open_to(name: str) -> set[str]:
    """All rooms below one."""
    return {name}.union(*(open_to(below) for below in BELOW[name]))


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
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


def test_every_module_lies_in_a_room() -> None:
    """There is no street beside the house."""
    assert {room(module) for module in MODULES} == set(BELOW)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module: str) -> None:
    """A module imports from its own room and from those below it."""
    assert {room(other) for other in inner(module)} <= open_to(room(module))


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    """Importing a module loads torch, matplotlib, plotly or FireWorks only in the places built around them."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    loaded = {name.partition(".")[0] for name in imports(at_import(tree))}
    assert all(f"{module}.".startswith(tuple(f"{p}." for p in HEAVY[library])) for library in loaded & HEAVY.keys())


def test_no_module_imports_itself_in_a_circle() -> None:
    """The modules can be put in an order in which each imports earlier ones only."""
    TopologicalSorter({module: inner(module) for module in MODULES}).prepare()


TESTS = Path(__file__).parent
TEST_FILES = sorted(TESTS.rglob("test_*.py"))


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_imports_another(path: Path) -> None:
    """What two tests need lies in tests/support."""
    names = {part for name in imports(ast.walk(ast.parse(path.read_text("utf-8")))) for part in name.split(".")[:-1]}
    assert not {name for name in names if name.startswith("test_")}


def test_tests_lie_in_the_rooms_of_the_package() -> None:
    """A folder of tests has the name of a room; contracts and faults concern several, support holds none."""
    folders = {path.relative_to(TESTS).parts[0] for path in TEST_FILES if path.parent != TESTS}
    assert folders <= BELOW.keys() | {"contracts", "faults"}
