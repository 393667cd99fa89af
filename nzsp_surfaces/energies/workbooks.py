"""Tables in spreadsheets, read with openpyxl where it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook


def workbook_rows(path: Path, sheet: str | None = None) -> list[dict[str, Any]]:
    """Rows of a sheet by the names in its first line that is not empty; values, not formulas.

    Args:
        sheet: its name; the first where not given.

    Raises:
        UserError: openpyxl is missing, the file is no workbook, or has no such sheet.
    """
    book = _workbook(path)
    if sheet is not None and sheet not in book.sheetnames:
        raise UserError(f"{path}: has no sheet '{sheet}'; its sheets are {', '.join(book.sheetnames)}")
    lines = book[sheet or book.sheetnames[0]].iter_rows(values_only=True)
    filled = [line for line in lines if any(cell not in (None, "") for cell in line)]
    names = [str(cell).strip() if cell is not None else "" for cell in filled[0]] if filled else []
    rows = [dict(zip(names, line, strict=False)) for line in filled[1:]]
    return [{name: cell for name, cell in row.items() if name} for row in rows]


def _workbook(path: Path) -> Workbook:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise UserError(f"{path}: needs openpyxl; run: pip install 'nzsp-surfaces[xlsx]'") from error
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as a workbook ({error}); save it as .xlsx or .csv") from error
