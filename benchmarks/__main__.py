"""Run the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "potential", "table", "prototypes", "growth", "slabs", "vasp_reading", "importing", "launchpad", "load", "worker",
    "study",
)  # fmt: skip


def main(names: list[str]) -> int:
    """Print each benchmark's table."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"benchmarks: unknown {', '.join(sorted(unknown))}; known are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        print(f"\n== {name}")
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
