"""Moments and Hubbard corrections by element: the tags that they become, and where they are usually needed.

The table of what is usual is that of pymatgen's MPRelaxSet, that is of the Materials Project (A. Jain et al.,
Phys. Rev. B 84, 045115 (2011)).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.moments import APART
from nzsp_surfaces.engines.vasp.settings import VaspSettings
from nzsp_surfaces.engines.vasp.tags import Value

MOMENT = 0.6
"""µB, of atoms that 'magmom' does not name: small, but enough to break the symmetry of spins."""
CLOSED_F = ("La", "Lu", "Ac", "Lr", "Th")
"""Whose ions have an empty or a full f shell, wherever a table of the elements puts them."""
WEAK = 1.0
"""µB; what is listed with less starts with so little that it needs no word."""
SHELLS = {"p": 1, "d": 2, "f": 3}
"""Angular momentum of the shell that U acts on, by the element's block."""
MIXED = {2: 4, 3: 6}
"""LMAXMIX by that angular momentum, so that the density matrix is mixed too; VASP's manual."""


def starting_moments(settings: VaspSettings, elements: Sequence[str], own: Sequence[float] = ()) -> tuple[float, ...]:
    """µB of each atom to start with: those of 'magmom', else `MOMENT`, or 0 in what has closed shells alone.

    Args:
        elements: of the atoms.
        own: moments that the structure brings, which say the order; 'magmom' then gives their size alone.
    """
    if own:
        named = settings.magmom
        return tuple(
            math.copysign(named[e], m) if e in named and abs(m) >= APART else m
            for e, m in zip(elements, own, strict=True)
        )
    usual = 0.0 if closed_shells(elements) else MOMENT
    return tuple(settings.magmom.get(element, usual) for element in elements)


def closed_shells(elements: Sequence[str]) -> bool:
    """Whether all electrons of a compound pair: an even number in a formula unit, and no ion with an open d or f shell.

    Args:
        elements: of each atom.
    """
    from pymatgen.core import Composition, Element

    counts = Composition(Counter(elements)).get_integer_formula_and_factor()[0]
    electrons = sum(Element(str(e)).Z * n for e, n in Composition(counts).items())
    return round(electrons) % 2 == 0 and not any(_open(element) for element in set(elements))


@cache
def _open(symbol: str) -> bool:
    """Whether an ion of the element has, in one of its common charges, a shell that is neither empty nor full."""
    from pymatgen.core import Element

    element = Element(symbol)
    if (element.block == "f" and symbol not in CLOSED_F) or _usual_moments().get(symbol, 0.0) >= WEAK:
        return True
    if element.block != "d":
        return False
    return any(element.group - charge not in (0, 10) for charge in element.common_oxidation_states or (0,))


def hubbard_tags(settings: VaspSettings, elements: Sequence[str]) -> dict[str, Value]:
    """The tags of the Hubbard correction of Dudarev et al., Phys. Rev. B 57, 1505 (1998): only U - J counts, J is 0.

    Args:
        elements: in POTCAR's order.

    Returns:
        Nothing where none of the elements has one.

    Raises:
        UserError: a U for an element without a shell that could take it.
    """
    corrected = {element: settings.hubbard_u[element] for element in elements if settings.hubbard_u.get(element)}
    if not corrected:
        return {}
    shells = {element: _shell(element) for element in corrected}
    highest = max(shells.values())
    mixed: dict[str, Value] = {"LMAXMIX": MIXED[highest]} if highest in MIXED else {}
    return {
        "LDAU": True,
        "LDAUTYPE": 2,
        "LDAUL": tuple(float(shells.get(element, -1)) for element in elements),
        "LDAUU": tuple(corrected.get(element, 0.0) for element in elements),
        "LDAUJ": tuple(0.0 for _ in elements),
        **mixed,
    }


def hubbard_used(tag: Any, elements: Sequence[str]) -> dict[str, float]:
    """U - J in eV of each element, 0 where it has none, so that a film's compound can be compared with a slab.

    Args:
        tag: gives the value of an INCAR tag by its name, None where it is absent.
        elements: in POTCAR's order.
    """
    if not tag("LDAU"):
        return dict.fromkeys(elements, 0.0)
    usual = {"LDAUL": 2, "LDAUU": 0.0, "LDAUJ": 0.0}
    rows = zip(elements, *(_by_type(tag(name), len(elements), value) for name, value in usual.items()), strict=True)
    return {element: float(u - j) if shell >= 0 else 0.0 for element, shell, u, j in rows}


def _by_type(given: Any, count: int, usual: float) -> list[float]:
    """The numbers of a tag that is given by type; VASP's default for those that are left out or no numbers."""
    values = np.ravel([] if given is None else given).tolist()
    numbers = [value if isinstance(value, int | float) else usual for value in values]
    return [*numbers, *[usual] * count][:count]


def usually_needed(settings: VaspSettings, elements: Sequence[str], *, ordered: bool) -> tuple[str, ...]:
    """One line where an element usually needs a moment or a U and has none; nothing where all have.

    Args:
        elements: of the structure.
        ordered: whether the structure brings moments of its own.
    """
    moments, us = _usual_moments(), _usual_us(elements)
    bare = [e for e in elements if moments.get(e, 0.0) >= WEAK and not ordered and e not in settings.magmom]
    plain = [e for e in elements if us.get(e) and e not in settings.hubbard_u]
    said = [
        *([f"a moment (magmom: {_listed(bare, moments)})"] if bare and settings.incar.get("ISPIN", 1) == 2 else []),
        *([f"U (hubbard_u: {_listed(plain, us)})"] if plain else []),
    ]
    if not said:
        return ()
    names = ", ".join(e for e in elements if e in {*bare, *plain})
    return (
        f"{names}: usually computed with {' and '.join(said)}, by MPRelaxSet; neither the study nor a file says so",
    )


def _listed(elements: Sequence[str], table: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{element}: {table[element]:g}" for element in elements) + "}"


def _shell(element: str) -> int:
    from pymatgen.core import Element

    block = Element(element).block
    if block not in SHELLS:
        raise UserError(f"hubbard_u: {element} has no p, d or f shell that U could act on; leave it out")
    return SHELLS[block]


@cache
def _usual(tag: str) -> dict[str, Any]:
    from pymatgen.io.vasp.sets import MPRelaxSet

    table: dict[str, Any] = MPRelaxSet.CONFIG["INCAR"][tag]
    return table


def _usual_moments() -> dict[str, float]:
    """µB by element; rows for ions of one charge are left out, since a POSCAR knows no charges."""
    return {name: float(value) for name, value in _usual("MAGMOM").items() if name.isalpha()}


def _usual_us(elements: Sequence[str]) -> dict[str, float]:
    """eV by element, in what holds oxygen or fluorine."""
    tables = [_usual("LDAUU")[anion] for anion in ("O", "F") if anion in elements]
    return {element: float(u) for table in reversed(tables) for element, u in table.items()}
