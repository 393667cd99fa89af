"""The columns of tables as people and programs write them: their names, their units, their separators."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import J_PER_M2_PER_EV_PER_A2

NAMES = {
    "miller": ("miller", "miller index", "miller indices", "hkl", "hkil", "plane", "surface", "facet", "face"),
    "gamma": ("gamma", "γ", "surface energy", "e surf", "esurf", "energy"),
    "material": ("material",),
    "film": ("film",),
    "reason": ("reason",),
}
"""What a column may be called, in small letters, without its unit."""
UNITS = {"j/m2": 1.0, "mj/m2": 1e-3, "ev/a2": J_PER_M2_PER_EV_PER_A2, "mev/a2": 1e-3 * J_PER_M2_PER_EV_PER_A2}
"""J/m² of one unit of surface energy, by its name in small letters."""
LEAST, MOST = 0.1, 10.0
"""J/m²: a table whose largest value is smaller, or whose smallest is larger, is in another unit."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what.

    Attributes:
        names: what it holds -> its name in the table.
        factor: J/m² of one unit of its energies.
        unit: as the table writes it; None where it does not.
    """

    names: Mapping[str, str]
    factor: float
    unit: str | None

    @property
    def told(self) -> str:
        """The columns in words."""
        found = ", ".join(f"{what} from '{name}'" for what, name in self.names.items() if what in ("miller", "gamma"))
        return f"{found}, {'in ' + self.unit if self.unit else 'taken as J/m²'}"


def columns_of(keys: Sequence[str], where: str) -> Columns:
    """The columns of a table by the keys of its rows.

    Raises:
        UserError: a unit is not known.
    """
    found: dict[str, str] = {}
    factor, written = 1.0, None
    for key in keys:
        name, unit = _parted(key)
        what = next((what for what, names in NAMES.items() if name in names), None)
        if what is None or what in found:
            continue
        found[what] = key
        if what == "gamma" and unit:
            factor, written = _factor(unit, where), unit
    return Columns(found, factor, written)


def _parted(key: str) -> tuple[str, str]:
    """A header's name in small letters, and its unit in brackets or behind the last word."""
    text = " ".join(key.replace("_", " ").split())
    match = re.fullmatch(r"(.*?)\s*[(\[](.*)[)\]]", text) or re.fullmatch(r"(.*?)[\s,/]+(\S*(?:J|eV)/\S+)", text)
    return (match[1].lower(), match[2]) if match else (text.lower(), "")


def _factor(unit: str, where: str) -> float:
    plain = unit.lower().replace("å", "a").replace("ang", "a").replace("²", "2").replace("^", "").replace("*", "")
    plain = re.sub(r"\s*(m|a)-2$", r"/\g<1>2", plain).replace(" ", "")
    if plain not in UNITS:
        raise UserError(f"{where}: unit '{unit}' of the energies is not known; write J/m^2, mJ/m^2 or eV/A^2")
    return UNITS[plain]


def csv_rows(text: str) -> list[dict[str, Any]]:
    """Rows of delimited text with a header; lines that begin with # or % are comments.

    The separator is that of the header: a semicolon, a tab, else a comma. Beside the first two a comma in a number is
    its decimal sign.
    """
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#%"]
    delimiter = next((mark for mark in ";\t" if lines and mark in lines[0]), ",")
    reader = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
    rows = [{str(key).strip(): value for key, value in row.items()} for row in reader]
    return rows if delimiter == "," else [{key: _with_point(value) for key, value in row.items()} for row in rows]


def _with_point(value: Any) -> Any:
    decimal = isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d*,\d+(?:[eE][-+]?\d+)?\s*", value)
    return value.replace(",", ".") if decimal else value


def refuse_other_unit(gammas: Sequence[float], columns: Columns, where: str) -> None:
    """Ask about values that can be no surface energies in J/m², where the table does not say its unit.

    Raises:
        UserError: with the unit that they look like.
    """
    if columns.unit or not gammas or (max(gammas) >= LEAST and min(gammas) <= MOST):
        return
    like, shown = ("mJ/m^2", min(gammas)) if min(gammas) > MOST else ("eV/A^2", max(gammas))
    raise UserError(
        f"{where}: {shown:g} J/m² can hardly be a surface energy; if the table is in {like}, call the column "
        f"'gamma ({like})', else 'gamma (J/m^2)'"
    )
