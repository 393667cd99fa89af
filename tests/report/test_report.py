from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import CAVEAT
from nzsp_surfaces.cli.report import command
from nzsp_surfaces.report.findings import findings
from nzsp_surfaces.report.markup import counts, duration, number
from nzsp_surfaces.report.page import write_report
from nzsp_surfaces.report.sections.films import face_stages
from support.results import energies, films, write_results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--window-size=1200,8000",
    "--virtual-time-budget=20000",
]  # fmt: skip
OPTIONAL = ["study", "slabs", "rejected", "bulk", "candidates", "films", "dynamics", "wulff", "provenance"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with their page."""
    directory = write_results(tmp_path_factory.mktemp("results"))
    write_report(directory)
    return directory


@pytest.fixture
def sparse(directory: Path, tmp_path: Path) -> Path:
    """The same results without structures and traces, for pictures take the time."""
    for path in directory.glob("*.json"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def page(directory: Path) -> str:
    """All of report.html."""
    return (directory / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def body(page: str) -> str:
    """The page without its scripts and styles."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)


class Addresses(HTMLParser):
    """Collects what a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loaded = {"src", "data", "poster", "srcset"} | ({"href"} if tag == "link" else set())
        self.found += [value for name, value in attrs if name in loaded and value]


def test_page_loads_nothing(page: str) -> None:
    """Every picture and script is inside the file, and the policy forbids the rest."""
    addresses = Addresses()
    addresses.feed(page)
    assert addresses.found
    assert all(address.startswith("data:") for address in addresses.found)
    assert "@import" not in page[: page.index("</style>")]
    assert "default-src 'none'" in page


def test_a_spread_stands_beside_its_value_with_its_parts_and_shapes_say_what_it_leaves(body: str) -> None:
    """What is not known is shown as such, never as zero; so is a plane whose energy was held."""
    assert '<td class="n value" title="thickness 0.030 J/m²">0.81 ± 0.03</td>' in body
    assert ">0.83 ± ?</td>" in body
    assert "0.00</td>" not in body[body.index('<table class="main">') : body.index("How each value was computed")]
    assert "50 shapes within the spread of the energies." in body
    assert body.count('<td class="n">0.81 ± 0.05</td>') == body.count('<td class="n">0.89 ± ?</td>') == 1
    assert "spread not known, held." in body


def test_every_value_stands_beside_the_published_one(body: str) -> None:
    """The row of NZP (10-14) gives 0.81 with its spread, 0.86 and their ratio 0.94."""
    main = body[body.index('<table class="main">') :]
    row = main.split("<tr")[3]
    assert re.findall(r'<td class="n[^"]*"[^>]*>([^<]*)</td>', row)[:3] == ["0.81 ± 0.03", "0.86", "0.94"]


def test_quick_profile_is_said_loudly(body: str, sparse: Path) -> None:
    """The quick profile has a banner above all values; the paper's has none."""
    assert body.index("Quick profile.") < body.index('<table class="main">')
    provenance = json.loads((sparse / "provenance.json").read_text())
    provenance["profile"]["name"] = "paper"
    (sparse / "provenance.json").write_text(json.dumps(provenance))
    assert "Quick profile." not in write_report(sparse).read_text(encoding="utf-8")


def test_potentials_carry_the_caveat_and_dft_does_not(body: str, sparse: Path) -> None:
    """Values of a potential stand beside the caveat; those of a DFT engine do not need it."""
    assert CAVEAT in body
    rows = json.loads((sparse / "surface_energies.json").read_text())
    (sparse / "surface_energies.json").write_text(json.dumps([{**row, "is_dft": True} for row in rows]))
    assert CAVEAT not in write_report(sparse).read_text(encoding="utf-8")


def test_everything_of_the_contract_appears(body: str) -> None:
    """Sections, rejected cuts with reasons, coordination before and after, versions, seeds and thermostat are there."""
    for text in (
        "Surface energies", "Wulff shapes", "Slabs", "Films before and after", "Dynamics", "Bulk references",
        "cuts 3 PO4 groups", "arrangement 2 of the shared Na", "Zr 6 (2×), 5 (2×)", "Langevin", "SevenNet-0",
        "sevenn", "2026.10.24", "1, 2", "4 min 41 s", "R-3c", "[E_slab - 4 E_bulk - 4 E(Na3PO4)] / (2 A)",
    ):  # fmt: skip
        assert text in body, text


def test_names_of_drawing_parts_are_unique(body: str) -> None:
    """Drawings that share a page must not share the names of their parts."""
    drawings = re.findall(r"<svg\b.*?</svg>", body, flags=re.DOTALL)
    names = [set(re.findall(r'\bid="([^"]+)"', drawing)) for drawing in drawings]
    assert len(drawings) == 30
    assert sum(map(len, names)) == len(set().union(*names))


@pytest.mark.parametrize("missing", OPTIONAL)
def test_optional_files_may_be_missing(sparse: Path, missing: str) -> None:
    """A page is written from what there is; structures and traces are not there either."""
    (sparse / f"{missing}.json").unlink()
    assert "Surface energies" in write_report(sparse).read_text(encoding="utf-8")


def test_slabs_alone_make_a_page(directory: Path, tmp_path: Path) -> None:
    """What `nzsp slabs` leaves, slabs without energies, has a page as well."""
    shutil.copytree(directory / "structures", tmp_path / "structures")
    rows = json.loads((directory / "slabs.json").read_text())
    (tmp_path / "slabs.json").write_text(json.dumps(rows[:1]))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "Slabs as cut" in page
    assert '<table class="main">' not in page


def test_failed_surface_keeps_its_row_with_the_reason(directory: Path, tmp_path: Path) -> None:
    """A value that could not be given is replaced by the reason."""
    rows = json.loads((directory / "surface_energies.json").read_text())
    rows[0] |= {"gamma": None, "reason": "bulk not converged"}
    (tmp_path / "surface_energies.json").write_text(json.dumps(rows[:2]))
    assert "no value: bulk not converged" in write_report(tmp_path).read_text(encoding="utf-8")


def test_strings_are_escaped(directory: Path, tmp_path: Path) -> None:
    """Markup in a name or a reason is shown, not run, in the page and in its embedded data."""
    evil = "</script><img src=x onerror=alert(1)>"
    rows = json.loads((directory / "surface_energies.json").read_text())
    study = json.loads((directory / "study.json").read_text()) | {"name": evil, "resolved": {"note": evil}}
    (tmp_path / "surface_energies.json").write_text(json.dumps([{**row, "film": evil, "reason": evil} for row in rows]))
    (tmp_path / "study.json").write_text(json.dumps(study))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no results"),
        ({"study.json": "{}"}, "files of another layout"),
        ({"surface_energies.json": "[{"}, "surface_energies.json: cannot be read"),
        ({"surface_energies.json": "{}"}, "holds no list"),
    ],
)
def test_directory_without_results_is_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """No results or a damaged file end in one line that names it, and no page is left behind."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=message):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_findings_say_order_effect_and_distance() -> None:
    """An order other than the published one is shown beside it; a film that raises gamma is said to raise it."""
    row = replace(energies("NZP")[0], material="X", miller=(0, 0, 0, 1), gamma=0.9, gamma_published=1.0)
    bare = [row, replace(row, miller=(1, 1, -2, 0), gamma=0.8, gamma_published=1.2)]
    film = replace(row, film="F", gamma=1.1, gamma_published=None)
    order, effect, distance = findings([*bare, film])
    assert order.index("0)") < order.index("(0001)") < order.index("published: ")
    assert "raises" in effect
    assert "0.78 on average, 0.67 to 0.90 over 2 values" in distance


def test_film_stages_stand_side_by_side() -> None:
    """Rows of one film and face are joined, whatever their order."""
    rows = [row for row in films("NZP") if row.face == "top"]
    (face,) = face_stages(rows[::-1])
    assert set(face.stages) == {"start", "annealed", "relaxed"}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (float("nan"), "–"), (-0.0001, "0.00"), (-1.5, "−1.50"), (0.666, "0.67")]
)
def test_numbers_are_set_as_in_print(value: float | None, text: str) -> None:
    """A true minus sign, no negative zero, a dash for nothing."""
    assert number(value) == text


def test_counts_and_durations_are_readable() -> None:
    """Coordination numbers are tallied from the highest; times carry the two largest units."""
    assert counts([5, 6, 6]) == "6 (2×), 5 (1×)"
    assert [duration(s) for s in (9, 281.3, 7260)] == ["9 s", "4 min 41 s", "2 h 1 min"]


def test_command_says_where_the_page_is(sparse: Path) -> None:
    """`nzsp report DIR` ends well and names the file."""
    result = CliRunner().invoke(command, [str(sparse)])
    assert result.exit_code == 0, result.output
    assert str(sparse / "report.html") in result.output


def test_the_terminal_shows_each_value_with_its_margin(sparse: Path) -> None:
    """As on the page: what nothing tells is a question mark, and the parts stand below, a line for each kind."""
    shown = CliRunner().invoke(command, [str(sparse)]).output.replace("\xa0", " ")
    assert "0.81 ± 0.03" in shown
    assert "0.83 ± ?" in shown
    assert "± thickness: NZP (1-102) 0.030, NZP (10-14) 0.030" in shown


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium to open the page")
def test_the_slider_shows_the_shape_that_it_points_at(directory: Path, tmp_path: Path) -> None:
    """Moved to the last of three, it shows that one and no other."""
    moved = 'const i = document.querySelector(".slide input"); i.value = 2; i.dispatchEvent(new Event("input"));'
    page = (
        (directory / "report.html").read_text(encoding="utf-8").replace("</body>", f"<script>{moved}</script></body>")
    )
    (tmp_path / "moved.html").write_text(page, encoding="utf-8")
    call = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", "--dump-dom", (tmp_path / "moved.html").as_uri()]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    assert [" now" in shown for shown in re.findall(r'class="(frame\b[^"]*)"', done.stdout)] == [False, False, True]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium to open the page")
def test_browser_draws_shapes_and_slab(directory: Path, tmp_path: Path) -> None:
    """A headless browser without a network draws four Wulff shapes and one slab, and reports no script error."""
    call = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", "--dump-dom", (directory / "report.html").as_uri()]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not [line for line in console if "rror" in line or "Refused" in line], console
    assert len(re.findall(r'class="turn is-live"', done.stdout)) == 4
    assert len(re.findall(r"<canvas", done.stdout)) == 5


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium to open the page")
def test_a_trajectory_shows_the_moment_of_its_slider(directory: Path, tmp_path: Path) -> None:
    """Moved to the sixth of eleven moments in 0.2 ps it says so, without a script error."""
    moved = 'const i = document.querySelector(".movie input"); i.value = 5; i.dispatchEvent(new Event("input"));'
    page = (directory / "report.html").read_text("utf-8").replace("</body>", f"<script>{moved}</script></body>")
    (tmp_path / "moved.html").write_text(page, encoding="utf-8")
    call = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", "--dump-dom", (tmp_path / "moved.html").as_uri()]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line and "Uncaught" in line]
    assert re.findall("<output>(.*?)</output>", done.stdout) == ["0.100 ps"]
