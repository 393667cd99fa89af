"""Table 1, quick profile, on all cores: wall time, and which kind of task takes it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the study once in a new directory and print seconds of one core by kind of task."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "nzsp_surfaces", "run", str(ROOT / "inputs/table1.yaml"), "-o", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - began
        seconds = json.loads((Path(folder) / "provenance.json").read_text())["core_seconds"]
        print(f"wall {wall:.0f} s; seconds of one core by kind of task, sum {sum(seconds.values()):.0f}:")
        for kind, value in sorted(seconds.items(), key=lambda item: -item[1]):
            print(f"  {kind:10s} {value:7.1f}")
