"""The page as PDF: a browser of the Chromium family prints it, without a window and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from nzsp_surfaces.base.errors import UserError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
"""Programs that print a page, in the order in which they are looked for."""
INSTALL = "apt-get install chromium"
PATIENCE = 300.0
"""s: a page of many slabs takes a browser some seconds."""
FLAGS = (
    "--headless",
    "--disable-gpu",  # still pictures stand for what is turned with the mouse
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--virtual-time-budget=20000",
)


def write_pdf(page: Path) -> Path:
    """Print a page into the file of the same name that ends in .pdf, whole or not at all.

    Raises:
        UserError: there is no browser here, or it wrote nothing.
    """
    browser, target = _browser(), page.with_suffix(".pdf")
    with TemporaryDirectory() as folder:
        printed = Path(folder) / target.name
        said = _print(browser, page, printed, Path(folder) / "profile")
        if not printed.is_file():
            raise UserError(f"{page}: {browser} printed nothing ({said}); print the page from a browser with a window")
        shutil.copy(printed, target.with_suffix(".part"))
    target.with_suffix(".part").replace(target)
    return target


def _browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise UserError(f"a PDF needs a browser ({', '.join(BROWSERS[:3])}), and none is here; run: {INSTALL}")
    return found


def _print(browser: str, page: Path, printed: Path, profile: Path) -> str:
    """Print a page; the last line that the browser says."""
    # Chromium's sandbox refuses the superuser, who is who containers run as; the page loads nothing from outside.
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    command = [browser, *FLAGS, *sandbox, f"--user-data-dir={profile}", f"--print-to-pdf={printed}"]
    try:
        done = subprocess.run(
            [*command, page.resolve().as_uri()], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE:.0f} s"
    return (done.stderr.strip().splitlines() or ["no message"])[-1]
