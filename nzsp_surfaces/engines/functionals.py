"""Which work stands behind a functional, by the names that programs give it."""

from __future__ import annotations

import re

WORKS = {
    **dict.fromkeys(("PBE", "PE"), "perdew1996pbe"),
    **dict.fromkeys(("PBESOL", "PS"), "perdew2008pbesol"),
    **dict.fromkeys(("R2SCAN", "R2SCANL"), "furness2020r2scan"),
}
"""Keys of base/references.bib; others are to be cited by hand."""


def functional_works(model: str) -> tuple[str, ...]:
    """The works of the functionals that a model names, as 'PBE, PAW' or VASP's 'PE'; none where it is not known.

    >>> functional_works("PBE, PAW"), functional_works("unknown functional")
    (('perdew1996pbe',), ())
    """
    named = re.split(r"[\s,+]+", model.upper())
    return tuple(dict.fromkeys(WORKS[name] for name in named if name in WORKS))
