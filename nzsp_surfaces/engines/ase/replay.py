"""What stands between an ASE calculator and a run: a look at every value, and a record to go on from."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import set_aside, write_atomically

if TYPE_CHECKING:
    from ase import Atoms

log = logging.getLogger(__name__)
Matrix = npt.NDArray[np.float64]

HEAD = 16
"""Bytes before the values of a record: of which geometry they are, how many, and their checksum."""

PLAIN = ("forces", "energy")
"""What a run at a given cell needs; forces first, since some calculators leave them out where energy alone is asked."""
CELL = ("forces", "energy", "stress")
"""What the relaxation of a cell needs."""
_METHODS = {"forces": "get_forces", "energy": "get_potential_energy", "stress": "get_stress"}


class Checked(Calculator):
    """A calculator whose values are looked at before anyone uses them.

    Args:
        calculator: computes.
        needed: properties that must be there, and be numbers.
        engine: its name, for errors.
    """

    implemented_properties = CELL

    def __init__(self, calculator: Calculator, needed: tuple[str, ...], engine: str) -> None:
        super().__init__()
        self.calculator, self.needed, self.engine = calculator, needed, engine

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """The needed properties of `atoms`.

        Raises:
            UserError: one is not to be had, or not a number.
        """
        super().calculate(atoms, properties, system_changes)
        assert atoms is not None
        found = {name: self._value(name, atoms) for name in self.needed}
        self.results = {**found, "energy": float(found["energy"])}

    def _value(self, name: str, atoms: Atoms) -> Matrix:
        ask = getattr(self.calculator, _METHODS[name], None)
        declared = getattr(self.calculator, "implemented_properties", None) or (name,)
        if ask is None or name not in declared:
            raise self._lacks(name)
        try:
            given = ask(atoms)
        except (PropertyNotImplementedError, NotImplementedError) as error:
            raise self._lacks(name, str(error)) from error  # it may be an element that the model does not know
        if given is None:
            raise self._lacks(name)
        value = np.asarray(given)  # as the calculator rounds it: a relaxation is sensitive to the last digit
        if not np.isfinite(value).all():
            raise UserError(
                f"engine '{self.engine}': the {name} of {atoms.get_chemical_formula()} from its calculator "
                f"{'is' if name != 'forces' else 'are'} not a number; look at the structure, or choose another engine"
            )
        return value

    def _lacks(self, name: str, said: str = "") -> UserError:
        purpose = ", which the relaxation of a cell needs" if name == "stress" else ""
        words = " ".join(said.split()).rstrip(".")
        reason = f" ({words})" if words else ""
        return UserError(
            f"engine '{self.engine}': its calculator gives no {name}{purpose}{reason}; choose another engine"
        )


class Replay(Calculator):
    """Writes every evaluation down and, after a restart, reads instead of computing.

    A relaxation that is started again from its first structure then takes the very same steps at no cost up to the one
    that was in flight, whatever the optimiser keeps in memory. A checksum in each record shows a torn last one.

    Args:
        calculator: computes what is not on file.
        path: the record; created when missing.
    """

    implemented_properties = CELL

    def __init__(self, calculator: Checked, path: Path) -> None:
        super().__init__()
        self.calculator, self.path = calculator, path
        self.evaluations = 0
        self._known = dict(_records(path))
        self._file: BinaryIO | None = None

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Energy, forces and stress of `atoms`, from the record where it has them."""
        super().calculate(atoms, properties, system_changes)
        assert atoms is not None
        self.evaluations += 1
        key = zlib.crc32(atoms.positions.tobytes()) ^ zlib.crc32(atoms.cell.array.tobytes()) << 1
        values = self._known.get(key)
        if values is None or len(values) != 3 * len(atoms) + 7:
            values = self._compute(atoms)
            self._append(key, values)
        n = 3 * len(atoms)
        self.results = {
            "energy": float(values[0]),
            "forces": values[1 : n + 1].reshape(-1, 3),
            "stress": values[n + 1 :],
        }

    def _compute(self, atoms: Atoms) -> Matrix:
        """Energy, 3 n forces and 6 stresses in a row; stresses are zero where none are needed."""
        copy = atoms.copy()
        copy.calc = self.calculator
        forces, energy = copy.get_forces(), copy.get_potential_energy()
        stress = copy.get_stress() if "stress" in self.calculator.needed else np.zeros(6)
        return np.concatenate([[energy], forces.ravel(), stress], dtype=np.float64)

    def _append(self, key: int, values: Matrix) -> None:
        if self._file is None:
            self._file = self.path.open("ab")
        body = values.astype(np.float64).tobytes()
        self._file.write(struct.pack("<QII", key, len(body), zlib.crc32(body)) + body)
        self._file.flush()

    def close(self) -> None:
        """Close the record."""
        if self._file is not None:
            self._file.close()


def _records(path: Path) -> list[tuple[int, Matrix]]:
    """Whole records of a file, up to the first that is not.

    A last one that a kill has torn is cut off; a file that is damaged before its end is set aside, and written again as
    far as it is whole.
    """
    if path.is_dir():
        log.warning("%s: is a folder; it is set aside as %s", path, set_aside(path).name)
    data = path.read_bytes() if path.exists() else b""
    found, end = _whole(data)
    if len(data) - end > HEAD + max((values.nbytes for _, values in found), default=0):
        log.warning("%s: is damaged; set aside as %s, %d evaluations are whole", path, set_aside(path).name, len(found))
        write_atomically(path, data[:end])
    elif end < len(data):
        with path.open("r+b") as file:
            file.truncate(end)
    return found


def _whole(data: bytes) -> tuple[list[tuple[int, Matrix]], int]:
    """The records at the beginning of some bytes, and where they end."""
    found: list[tuple[int, Matrix]] = []
    start = 0
    while start + HEAD <= len(data):
        key, size, check = struct.unpack_from("<QII", data, start)
        body = data[start + HEAD : start + HEAD + size]
        if len(body) < size or size % 8 or zlib.crc32(body) != check:
            break
        found.append((key, np.frombuffer(body)))
        start += HEAD + size
    return found, start


@contextmanager
def recorded(calculator: Checked, folder: Path) -> Iterator[Replay]:
    """The calculator with its record in a folder, which is made: tasks name folders, engines write into them."""
    folder.mkdir(parents=True, exist_ok=True)
    replay = Replay(calculator, folder / "evaluations.bin")
    try:
        yield replay
    finally:
        replay.close()
