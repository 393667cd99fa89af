"""Documents with a check, and files that are written whole, flushed, or set aside."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.base.files import set_aside, write_atomically
from nzsp_surfaces.base.sealed import CHECK, read_sealed, sealed, unsealed

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=5).filter(lambda key: key != CHECK), PLAIN, max_size=5)


@given(DOCUMENTS)
def test_a_sealed_document_comes_back(data: dict[str, Any]) -> None:
    """Whatever plain data it holds, to the last bit."""
    assert unsealed(sealed(data), dict, "x") == data


@given(DOCUMENTS)
def test_a_document_without_a_check_is_read(data: dict[str, Any]) -> None:
    """As earlier versions wrote it."""
    assert unsealed(json.dumps(data), dict, "x") == data


@settings(max_examples=300)
@given(DOCUMENTS.filter(bool), st.data())
def test_no_changed_byte_is_taken_for_what_was_written(data: dict[str, Any], choice: st.DataObject) -> None:
    """It is refused, or means the very same."""
    text = bytearray(sealed(data).encode())
    spot = choice.draw(st.integers(0, len(text) - 1))
    text[spot] = choice.draw(st.integers(0, 255))
    try:
        found = unsealed(bytes(text), dict, "x")
    except Damaged:
        return
    # A changed letter in the name of the check makes a document without one: its own test lies in what it must hold.
    assert found == data or CHECK not in json.loads(bytes(text))


@given(st.binary(max_size=60))
def test_whatever_bytes_lie_there_are_a_document_or_damaged(content: bytes) -> None:
    """Nothing else is raised."""
    with suppress(Damaged):
        assert isinstance(unsealed(content, dict, "x"), dict)


def test_a_document_of_another_version_is_damaged() -> None:
    """What its maker raises is told in one line."""
    with pytest.raises(Damaged, match=r"x: lacks .*KeyError: 'energy'"):
        unsealed("{}", lambda data: data["energy"], "x")


def test_a_missing_file_is_none_and_a_folder_in_its_place_is_damaged(tmp_path: Path) -> None:
    """As told."""
    assert read_sealed(tmp_path / "none.json", dict) is None
    with pytest.raises(Damaged, match="folder"):
        read_sealed(tmp_path, dict)


def test_what_is_set_aside_is_kept_each_time(tmp_path: Path) -> None:
    """Under the next free name, whatever lies there already."""
    path = tmp_path / "result.json"
    for number in range(3):
        path.write_text(str(number))
        set_aside(path)
    kept = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert kept == {"result.json.damaged": "0", "result.json.damaged-2": "1", "result.json.damaged-3": "2"}


def test_a_file_and_its_name_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file before it gets its name, the folder after."""
    flushed: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(tmp_path / "a.json", "{}")
    assert len(flushed) == 2
    assert flushed[0].startswith(".a.json.")
    assert flushed[1] == tmp_path.name


def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call of the system finds it full."""
    path = tmp_path / "a.json"
    path.write_text("old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    for call in ("fsync", "fdopen"):
        with monkeypatch.context() as patched:
            patched.setattr(os, call, full)
            with pytest.raises(OSError, match="No space"):
                write_atomically(path, "new")
        assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
        assert path.read_text() == "old"
