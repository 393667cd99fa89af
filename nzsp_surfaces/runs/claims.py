"""Directories that hold something else than the results of a study: slabs of one crystal, imported runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nzsp_surfaces import __version__
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.report.rows.imported import ImportHeader
from nzsp_surfaces.report.rows.study import LAYOUT


def claim_survey(path: Path, header: dict[str, Any]) -> None:
    """Claim a directory for the slabs of one crystal.

    Args:
        header: written to survey.json; its "identity" tells crystals and settings apart.

    Raises:
        UserError: the directory holds something else, or cannot be written.
    """
    marker = path / "survey.json"
    there = _survey_identity(marker)
    if there != header["identity"] and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(f"{path}: holds something else than the slabs of this crystal; choose a new directory with -o")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another directory with -o") from error
    write_atomically(marker, json.dumps(header, indent=1) + "\n")


def claim_import(path: Path, roots: Sequence[str]) -> None:
    """Claim a directory for runs that are imported; the same one may be imported into again.

    Raises:
        UserError: the directory holds something else, or cannot be written.
    """
    marker = path / ImportHeader.FILE
    if path.exists() and not marker.is_file() and (not path.is_dir() or any(p.name != ".lock" for p in path.iterdir())):
        raise UserError(f"{path}: holds something else than imported runs; choose a new directory with -o")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another directory with -o") from error
    header = ImportHeader(layout=LAYOUT, version=__version__, roots=tuple(roots))
    write_atomically(marker, json.dumps(header.to_json(), indent=1) + "\n")


def _survey_identity(marker: Path) -> str | None:
    try:
        return str(json.loads(marker.read_text())["identity"]) if marker.is_file() else None
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise UserError(f"{marker}: is damaged; choose a new directory with -o, or remove the file") from error
