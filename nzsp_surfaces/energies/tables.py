"""Tables of surface energies in JSON, YAML or delimited text, as ``nzsp wulff`` reads and ``nzsp run`` writes them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import plane_text
from nzsp_surfaces.crystals.crystal import hkl
from nzsp_surfaces.energies.columns import Columns, columns_of, csv_rows, refuse_other_unit
from nzsp_surfaces.energies.construction import Miller, smallest_hkl
from nzsp_surfaces.energies.workbooks import workbook_rows
from nzsp_surfaces.energies.wulff import WulffShape, capped_energies, wulff_shape

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure


Construct = Callable[["Structure", Iterable[tuple[Sequence[int], float]]], WulffShape]
"""Makes a shape of a crystal and the energies of its planes."""


@dataclass(frozen=True, slots=True)
class PlaneEnergy:
    """One row of a table.

    Attributes:
        miller: three or four indices of the conventional cell.
        gamma: J/m².
        material: None where the table has no such column.
        film: name of the capping film, None for the bare surface.
    """

    miller: Miller
    gamma: float
    material: str | None = None
    film: str | None = None


@dataclass(frozen=True)
class EnergyTable:
    """A table of surface energies, as it was understood.

    Attributes:
        energies: one for each plane, film and material; of several terminations the lowest.
        told: how it was understood, as sentences.
    """

    energies: tuple[PlaneEnergy, ...]
    told: tuple[str, ...]


def read_table(path: Path, sheet: str | None = None) -> EnergyTable:
    """A table of surface energies, by the file's suffix: .json, .yaml, .yml, .csv, .tsv, .txt, .dat or .xlsx.

    Rows without a value are left out where they carry a ``reason``, as a study writes for a surface that failed.

    Args:
        sheet: of a workbook; the first where not given.

    Raises:
        UserError: the file is missing, unreadable, of another kind, in another unit than it says, or a row is wrong;
            the row is named.
    """
    delimited = dict.fromkeys((".csv", ".tsv", ".txt", ".dat"), _read_csv)
    books = {".xlsx": partial(workbook_rows, sheet=sheet)}
    readers: dict[str, Callable[[Path], Any]] = {
        ".json": _read_json,
        ".yaml": _read_yaml,
        ".yml": _read_yaml,
        **delimited,
        **books,
    }
    if path.suffix.lower() not in readers:
        raise UserError(f"{path}: unknown kind of table; give a .json, .yaml, .csv or .xlsx file")
    rows = readers[path.suffix.lower()](path)
    if not isinstance(rows, list) or not rows:
        raise UserError(f"{path}: holds no rows; it must be a list of rows with 'miller' and 'gamma'")
    keys = dict.fromkeys(str(key) for row in rows if isinstance(row, Mapping) for key in row)
    columns = columns_of(list(keys), str(path))
    known = [_plane_energy(_renamed(row, columns), f"{path}, row {n}") for n, row in enumerate(rows, start=1)]
    energies = [energy for energy in known if energy is not None]
    if not energies:
        raise UserError(f"{path}: no row has a value; give a table of surface energies")
    refuse_other_unit([energy.gamma for energy in energies], columns, str(path))
    return _lowest([replace(energy, gamma=energy.gamma * columns.factor) for energy in energies], columns)


def read_energies(path: Path) -> tuple[PlaneEnergy, ...]:
    """The surface energies of a table; see `read_table`."""
    return read_table(path).energies


def _renamed(row: Any, columns: Columns) -> Any:
    """A row whose columns have our names; what is no column of ours stays away."""
    if not isinstance(row, Mapping):
        return row
    return {what: row[name] for what, name in columns.names.items() if name in row}


def tables_of(energies: Sequence[PlaneEnergy], structure: Structure) -> dict[str, dict[Miller, float]]:
    """Energies of planes by the name of their shape: '<material>' bare, and '<material>+<film>' for each film, J/m².

    A film's energy stands in for the bare one on the planes that it covers.

    Args:
        structure: names the rows without a material, by its name if it has one, else by its formula.
    """
    formula = str(structure.properties.get("name") or structure.composition.reduced_formula)
    bare: dict[str, dict[Miller, float]] = {}
    films: dict[tuple[str, str], dict[Miller, float]] = {}
    for row in energies:
        material = row.material or formula
        table = films.setdefault((material, row.film), {}) if row.film else bare.setdefault(material, {})
        table[row.miller] = row.gamma
    capped = {
        f"{material}+{film}": capped_energies(bare.get(material, {}), own) for (material, film), own in films.items()
    }
    return {**bare, **capped}


def shapes_of_table(
    energies: Sequence[PlaneEnergy], structure: Structure, construct: Construct = wulff_shape
) -> dict[str, WulffShape]:
    """Shapes of a table by name, see `tables_of`; all use the axes and the point group of one structure.

    Args:
        construct: the construction, of a structure and pairs of indices and energies.

    Raises:
        UserError: as the construction, with the shape's name in front.
    """
    tables = tables_of(energies, structure).items()
    return {name: _named_shape(name, structure, table, construct) for name, table in tables}


def _named_shape(name: str, structure: Structure, table: Mapping[Miller, float], construct: Construct) -> WulffShape:
    try:
        return construct(structure, table.items())
    except UserError as error:
        raise UserError(f"{name}: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); give a table of surface energies") from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}, line {error.lineno}: not JSON ({error.msg}); mend the file") from error
    except RecursionError:
        raise UserError(f"{path}: nested too deeply; give a list of rows") from None


def _read_yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({' '.join(str(error).split())}); mend the file") from error
    except RecursionError:
        raise UserError(f"{path}: nested too deeply; give a list of rows") from None


def _read_csv(path: Path) -> list[dict[str, Any]]:
    return csv_rows(_text(path))


def _plane_energy(row: Any, where: str) -> PlaneEnergy | None:
    if not isinstance(row, Mapping) or not {"miller", "gamma"} <= row.keys():
        raise UserError(f"{where}: needs 'miller' and 'gamma', like miller: [1, -1, 0, 2], gamma: 0.69")
    if row["gamma"] in (None, "") and row.get("reason"):
        return None
    return PlaneEnergy(
        miller=_miller(row["miller"], where),
        gamma=_gamma(row["gamma"], where),
        material=str(row.get("material") or "").strip() or None,
        film=str(row.get("film") or "").strip() or None,
    )


def _miller(value: Any, where: str) -> Miller:
    indices = value.strip("()[] ").replace(",", " ").split() if isinstance(value, str) else value
    try:
        miller = tuple(int(index) for index in indices)
        exact = all(float(index) == int(index) for index in indices)
    except (TypeError, ValueError):
        miller, exact = (), False
    if not exact:
        raise UserError(f"{where}: miller is {value!r}; give four integers like [1, -1, 0, 2] (in CSV: 1 -1 0 2)")
    try:
        hkl(miller)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    return miller


def _gamma(value: Any, where: str) -> float:
    try:
        gamma = float(value)
    except (TypeError, ValueError):
        gamma = math.nan
    if isinstance(value, bool) or not (math.isfinite(gamma) and gamma > 0):
        raise UserError(f"{where}: gamma is {value!r}; a Wulff shape needs a surface energy above 0, in J/m²")
    return gamma


def _lowest(energies: Sequence[PlaneEnergy], columns: Columns) -> EnergyTable:
    """The lowest of each plane, film and material, in the order of the table."""
    best: dict[tuple[object, ...], PlaneEnergy] = {}
    several: dict[tuple[object, ...], int] = {}
    for energy in energies:
        key = (energy.material, energy.film, smallest_hkl(energy.miller))
        several[key] = several.get(key, 0) + 1
        if key not in best or energy.gamma < best[key].gamma:
            best[key] = energy
    told = [
        f"{plane_text(best[key].miller)}: the lowest of {count} values counts, {best[key].gamma:g} J/m²"
        for key, count in several.items()
        if count > 1
    ]
    return EnergyTable(tuple(best.values()), (columns.told, *told))
