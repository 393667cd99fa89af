"""Results as documents of the database: a summary to look at, and the whole of it packed, with its digest."""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.base.sealed import sealed, unsealed

if TYPE_CHECKING:
    from nzsp_surfaces.tasks.base import Result

log = logging.getLogger(__name__)

PACKED, DIGEST = "result", "digest"
"""Of a result: all of it, compressed, and the SHA-256 of those bytes, which tells damage without unpacking."""
ABOUT = ("name", "profile", "engine")
"""What a study's document says beside its files."""


def result_document(kind: str, result: Result, folder: Path, host: str) -> dict[str, Any]:
    """What the database keeps of a finished result: a summary, the whole of it packed, and the digest of that."""
    whole = zlib.compress(sealed(result.to_json()).encode())
    about = {"kind": kind, "folder": str(folder), "host": host, "finished": now()}
    return _summary(result) | about | {PACKED: whole, DIGEST: hashlib.sha256(whole).hexdigest()}


def _summary(result: Result) -> dict[str, Any]:
    calculation = result.calculation
    known = {"task": result.task, "seconds": result.seconds, "choices": result.to_json()["choices"]}
    if calculation is None:
        return known
    composition = calculation.structure.composition
    return known | {
        "formula": composition.reduced_formula,
        "n_atoms": len(calculation.structure),
        "energy": calculation.energy,
        "max_force": calculation.max_force,
        "converged": calculation.converged,
        "engine": calculation.engine.name,
        "model": calculation.engine.model,
    }


def read_result(row: dict[str, Any]) -> Result | None:
    """A result of the database; None, with a line, where it is damaged: its job is then to be repeated."""
    from nzsp_surfaces.tasks.base import whole_result

    try:
        return unsealed(_decompressed(row), whole_result, f"nzsp_results {row['_id']}")
    except Damaged as error:
        log.warning("%s; it is left out, 'nzsp doctor --fix' has it computed again", error)
        return None


def is_as_written(row: dict[str, Any]) -> bool:
    """Whether a packed result has its digest; those of earlier versions have none, and are unpacked to be checked."""
    packed = row.get(PACKED)
    return isinstance(packed, bytes) and row.get(DIGEST) == hashlib.sha256(packed).hexdigest()


def why_no_result(row: dict[str, Any]) -> str | None:
    """Why a document is no result; None where it is one."""
    try:
        unsealed(_decompressed(row), dict, "it")
    except Damaged as error:
        return str(error).rpartition(": ")[2]
    return None


def why_no_study(row: dict[str, Any]) -> str | None:
    """Why a document is no study; None where it is one."""
    if not all(isinstance(row.get(name), str) for name in ABOUT):
        return "does not say its name, profile and engine"
    try:
        files = unpacked(row["files"])
    except (KeyError, TypeError, ValueError, zlib.error):
        return "its files cannot be unpacked"
    whole = isinstance(files, dict) and all(isinstance(text, str) for text in files.values())
    return None if whole else "its files are none"


def packed(data: Any) -> bytes:
    """Compressed JSON."""
    return zlib.compress(json.dumps(data).encode())


def unpacked(data: bytes) -> Any:
    """The inverse of `packed`."""
    return json.loads(zlib.decompress(data))


def _decompressed(row: dict[str, Any]) -> bytes:
    try:
        return zlib.decompress(row[PACKED])
    except (KeyError, TypeError, zlib.error) as error:
        raise Damaged(f"nzsp_results {row['_id']}: cannot be unpacked") from error


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
