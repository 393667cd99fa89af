"""Formal charges guessed from the formula and from who is bonded to whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.compat.pymatgen import know_oxidation_states
from nzsp_surfaces.crystals.covalent import HYDRIDIC, PROTIC, covalent_contacts

if TYPE_CHECKING:
    from pymatgen.core import Composition, Structure

LACKING = {"O": 2, "S": 2, "Se": 2, "Te": 2, "P": 3, "As": 3}
"""Electrons that a single ion takes up; each bond to its own kind saves one, so that S is -1 in S2, As in As4."""
WHOLE = frozenset({"H", "C", "N", "O", "F", "P", "S", "Cl", "Se", "Br", "I"})
"""Elements whose charge is a whole number unless covalent bonds make their sites differ."""


def guessed_charges(structure: Structure, where: str) -> dict[str, float] | None:
    """The likeliest charges that balance; none at all for a metal.

    Raises:
        UserError: the likeliest give a part of a charge to an element that has whole charges.
    """
    if all(element.is_metal for element in structure.composition):
        return {str(element): 0 for element in structure.composition}
    know_oxidation_states()
    composition = structure.composition.reduced_composition
    bonded = _bonded(structure)
    for states in _alternatives(structure, bonded):
        guesses = _guesses(composition, states)
        if guesses:
            _refuse_parts(composition, guesses, bonded, where)
            return dict(guesses[0])
    return None


def _guesses(composition: Composition, states: dict[str, list[float]]) -> list[dict[str, float]]:
    given: dict[str, Any] = {"oxi_states_override": states} if states else {}
    guesses = composition.oxi_state_guesses(**given)
    if not guesses and {"O", "F"} & {str(element) for element in composition}:
        # Rarer states such as Cl+5 make sense only beside what is surely an anion.
        guesses = composition.oxi_state_guesses(all_oxi_states=True, **given)
    return [dict(guess) for guess in guesses]


def _bonded(structure: Structure) -> dict[int, Counter[str]]:
    """Of each site that has any, its covalent neighbours."""
    bonded: dict[int, Counter[str]] = defaultdict(Counter)
    for i, j, _, _ in covalent_contacts(structure):
        bonded[i][structure[j].specie.symbol] += 1
    return bonded


def _alternatives(structure: Structure, bonded: dict[int, Counter[str]]) -> list[dict[str, list[float]]]:
    """Charges that bonds settle, likeliest first; at last none, so that what was guessed before is guessed still."""
    sites: dict[str, list[Counter[str]]] = defaultdict(list)
    for number, site in enumerate(structure):
        sites[site.specie.symbol].append(bonded.get(number, Counter()))
    settled: dict[str, list[float]] = {}
    hydrogen = {element for around in sites.get("H", []) for element in (around or {"": 1})}
    if hydrogen and hydrogen <= PROTIC:
        settled["H"] = [1]
    elif hydrogen and not hydrogen & PROTIC:
        settled["H"] = [-1]
        settled |= {e: [3] for e in hydrogen & HYDRIDIC if all(around["H"] for around in sites[e])}
    if "N" in sites and all(around["H"] or around["C"] for around in sites["N"]):
        settled["N"] = [-3]
    cations = {"P", "As"} if sites.keys() & {"O", "S", "Se"} else set()
    bound = [e for e in LACKING if any(around[e] for around in sites.get(e, []))]
    own = settled | {e: [_own_kind(e, sites[e], cation=e in cations)] for e in bound}
    if "C" in sites and all(around["C"] == 1 == len(around) for around in sites["C"]):
        own["C"] = [-1]
    superoxide: dict[str, list[float]] = own | {"O": [-0.5]} if own.get("O") == [-1] else own
    found: list[dict[str, list[float]]] = []
    for states in (own, superoxide, settled, {}):
        if states not in found:
            found.append(states)
    return found


def _own_kind(element: str, sites: list[Counter[str]], *, cation: bool) -> float:
    """Mean charge of an element that is bonded to itself: by the octet rule, or with all other electrons given away."""
    whole = 5 if cation else -LACKING[element]
    return sum(whole + (-1 if cation else 1) * around[element] for around in sites) / len(sites)


def _refuse_parts(
    composition: Composition, guesses: list[dict[str, float]], bonded: dict[int, Counter[str]], where: str
) -> None:
    """A part of a charge on hydrogen or boron is an average over sites that are none."""
    own = {element for around in bonded.values() for element in around} - {"H", "F"}
    parts = {e: q for e, q in guesses[0].items() if e in WHOLE - own and abs(q - round(q)) > 1e-6}
    if not parts:
        return
    what = ", ".join(f"{e} {q:+.3g}" for e, q in parts.items())
    rarer = composition.oxi_state_guesses(all_oxi_states=True)
    whole = [g for g in (*guesses, *rarer) if all(abs(q - round(q)) < 1e-6 for q in g.values())]
    texts = dict.fromkeys(",".join(f"{e}={q:g}" for e, q in guess.items()) for guess in whole)
    such = f", such as {' or '.join(list(texts)[:2])}" if texts else ""
    raise UserError(
        f"{where}: {composition.reduced_formula}: the charges guessed are not plausible ({what}); give them under "
        f"'charges'{such}"
    )
