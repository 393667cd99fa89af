"""What is published is whole: built from the sources, installed beside the locked packages; and the list of these."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from nzsp_surfaces.cli.main import COMMANDS
from support.alloy import write
from support.cluster import BIN, ONE_THREAD, ROOT
from support.watched import reached, watched

LOCKED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
"""Name and version of a line of the lock."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist, and of the wheel that is built from it."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("dist")
    call = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(call, capture_output=True, text=True, env=_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and sees the other packages of this one."""
    place = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (site,) = place.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin/python"), "install", "--quiet", "--no-deps"]
    call = [*pip, "--no-index", "--ignore-installed", *map(str, built.glob("*.whl"))]
    subprocess.run(call, check=True, env=_environment())
    return place / "bin"


def _environment(**more: str) -> dict[str, str]:
    """Of processes that do not find the sources by a variable."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | ONE_THREAD | more


def test_the_wheel_has_every_file_of_the_package_and_no_other(built: Path) -> None:
    """Templates, settings and references among them."""
    (wheel,) = built.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (path for path in (ROOT / "nzsp_surfaces").rglob("*") if path.is_file())
    there = {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}
    assert packed == there
    assert {Path(name).suffix for name in packed} > {".py", ".html", ".bib", ".css", ".js"}


def test_the_sdist_has_what_is_needed_to_build_and_test_and_no_results(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "requirements.lock", "LICENSE", "Makefile", "tests/test_supply.py"} <= names
    assert not {name.partition("/")[0] for name in names} & {"runs", "dist", ".venv", ".git", ".cache"}


def test_the_wheel_works_where_the_sources_are_not(installed: Path, tmp_path: Path) -> None:
    """It is the installed package that answers, and it lists each command."""
    where = [str(installed / "python"), "-c", "import nzsp_surfaces; print(nzsp_surfaces.__file__)"]
    told = subprocess.run(where, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=True).stdout
    assert Path(told.strip()).is_relative_to(installed.parent)
    call = [str(installed / "nzsp"), "--help"]
    shown = subprocess.run(call, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=True).stdout
    assert all(f"  {row.name} " in shown for row in COMMANDS)


@pytest.mark.slow
def test_the_wheel_carries_a_study_to_its_page_and_reaches_nobody(installed: Path, tmp_path: Path) -> None:
    environment, trail = watched(tmp_path / "watcher")
    study = write(tmp_path / "study")
    call = [str(installed / "nzsp"), "run", str(study), "-o", "out", "--workers", "1"]
    variables = os.environ | ONE_THREAD | {"PYTHONPATH": environment["PYTHONPATH"].partition(os.pathsep)[0]}
    done = subprocess.run(call, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").exists()
    assert reached(trail) == []


@pytest.mark.slow
def test_the_bill_of_materials_names_each_locked_package_and_no_place(tmp_path: Path) -> None:
    """`make sbom` writes it; CycloneDX's own check has passed when it is written."""
    if not (BIN / "cyclonedx-py").exists():
        pytest.skip("not installed: pip install 'nzsp_surfaces[supply]'")
    recipe = subprocess.run(["make", "-n", "sbom"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (options,) = re.findall(r"cyclonedx-py (.*) -o dist/sbom.json", recipe)
    call = [str(BIN / "cyclonedx-py"), *options.split(), "-o", str(tmp_path / "sbom.json")]
    subprocess.run(call, cwd=ROOT, check=True, capture_output=True)
    text = (tmp_path / "sbom.json").read_text()
    bill = json.loads(text)
    named = {(part["name"], part["version"]) for part in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
    assert named == set(LOCKED.findall((ROOT / "requirements.lock").read_text()))
    assert str(ROOT) not in text
