"""`python -m nzsp_surfaces` is the command `nzsp`."""

from __future__ import annotations

import sys

from nzsp_surfaces.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
