"""Formal charges guessed from the formula and from who is bonded to whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.compat.pymatgen import know_oxidation_states
from nzsp_surfaces.crystals.covalent import HYDRIDIC, PROTIC, covalent_contacts, covalent_elements
from nzsp_surfaces.crystals.valence_sums import (
    MOST_ATOMS,
    bond_valence_sums,
    misfits,
    site_valence_sums,
)

if TYPE_CHECKING:
    from pymatgen.core import Composition, Structure

LACKING = {"O": 2, "S": 2, "Se": 2, "Te": 2, "P": 3, "As": 3}
"""Electrons that a single ion takes up; each bond to its own kind saves one, so that S is -1 in S2, As in As4."""
GIVEN = "given"
HOW_TO_GIVE = "with --charges, in a study under 'charges'"
STATISTICS = "guessed from the statistics of oxidation states"
MOLECULAR = "guessed from molecular ions and the statistics of oxidation states"
MOST_WAYS = 20_000
"""Of giving oxidation states to the atoms of one element, that are gone through."""
MOST_GUESSES = 40
"""Guesses that bond valence sums are asked about, likeliest first."""
INERT_PAIR = frozenset({"In", "Sn", "Sb", "Tl", "Pb", "Bi"})
"""Main-group elements that occur in two charges at once, as lead in minium."""


@dataclass(frozen=True)
class FoundCharges:
    """Formal charges, and how they came about.

    Attributes:
        charges: of each element, e.
        origin: for people.
    """

    charges: dict[str, float]
    origin: str


def guessed_charges(structure: Structure, where: str) -> FoundCharges | None:
    """The likeliest charges that balance; none at all for a metal.

    Statistics of oxidation states propose, bond valence sums judge: they choose other whole charges where those of
    the likeliest guess are far off, and these fit.

    Raises:
        UserError: the likeliest give a part of a charge to an element that has whole charges.
    """
    if all(element.is_metal for element in structure.composition):
        return FoundCharges({str(element): 0 for element in structure.composition}, "a metal")
    know_oxidation_states()
    composition = structure.composition.reduced_composition
    bonded = _bonded(structure)
    for states in _alternatives(structure, bonded):
        guesses = _guesses(composition, states)
        if guesses:
            witness = _Witness(structure)
            _refuse_parts(structure, guesses, bonded, witness, where)
            return _judged(guesses, witness, MOLECULAR if states else STATISTICS)
    return None


class _Witness:
    """Bond valence sums of a structure, made once for each way of telling cations from anions."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._exempt = covalent_elements(structure)
        self._sums: dict[frozenset[str], dict[str, float]] = {}

    def gap(self, charges: dict[str, float]) -> float:
        """The largest distance of a sum from its charge, of what is allowed; 0 where there are no sums."""
        signs = frozenset(e + ("+" if q > 0 else "-") for e, q in charges.items() if q)
        if signs not in self._sums:
            self._sums[signs] = bond_valence_sums(self._structure, charges)
        return max(misfits(self._sums[signs], charges, self._exempt).values(), default=0.0)


def _judged(guesses: list[dict[str, float]], witness: _Witness, origin: str) -> FoundCharges:
    """The likeliest guess, unless sums contradict it, and not another of whole charges that is half as far or less."""
    first = guesses[0]
    gap = witness.gap(first)
    others = [guess for guess in guesses[1:MOST_GUESSES] if not _parts(guess)] if gap > 1 else []
    best = min(others, key=witness.gap, default=first)
    if best == first or witness.gap(best) > min(1.0, gap / 2):
        return FoundCharges(first, origin)
    likeliest = ", ".join(f"{element} {charge:+.3g}" for element, charge in first.items())
    return FoundCharges(best, f"chosen by bond valence, where statistics of oxidation states prefer {likeliest}")


def _parts(charges: dict[str, float]) -> dict[str, float]:
    """Those that are no whole numbers."""
    return {element: charge for element, charge in charges.items() if abs(charge - round(charge)) > 1e-6}


def _guesses(composition: Composition, states: dict[str, list[float]]) -> list[dict[str, float]]:
    guesses = _proposed(composition, states, every=False)
    if not guesses and {"O", "F"} & {str(element) for element in composition}:
        # Rarer states such as Cl+5 make sense only beside what is surely an anion.
        guesses = _proposed(composition, states, every=True)
    return guesses


def _proposed(composition: Composition, states: dict[str, list[float]], *, every: bool) -> list[dict[str, float]]:
    """What statistics propose, likeliest first, out of frequent states or of all.

    All ways of giving states to the atoms of an element are gone through: a minute for 23 atoms of carbon. Elements
    with so many have their lowest and two highest states alone, with which every mean charge can still be had.
    """
    few: dict[str, Any] = {}
    for element, amount in composition.items():
        frequent = element.icsd_oxidation_states or element.common_oxidation_states
        own = sorted((element.oxidation_states if every else frequent) or ())
        if comb(len(own) + int(amount) - 1, int(amount)) > MOST_WAYS:
            few[str(element)] = [own[0], *own[-2:]]
    return [dict(g) for g in composition.oxi_state_guesses(few | states or None, all_oxi_states=every)]


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
    structure: Structure,
    guesses: list[dict[str, float]],
    bonded: dict[int, Counter[str]],
    witness: _Witness,
    where: str,
) -> None:
    """A part of a charge is an average: only elements of mixed valence, or bonded to their own kind, have one."""
    own = {element for around in bonded.values() for element in around} - {"H", "F"}
    found = _parts(guesses[0])
    parts = {e: q for e, q in found.items() if e not in own and not _has_mixed_valence(e, structure, guesses[0])}
    if not parts:
        return
    what = ", ".join(f"{e} {q:+.3g}" for e, q in parts.items())
    rarer = _proposed(structure.composition.reduced_composition, {}, every=True)
    whole = [guess for guess in (*guesses, *rarer[:MOST_GUESSES]) if not _parts(guess)]
    nothing = dict.fromkeys(guesses[0], 0.0)
    best = [*sorted(whole, key=witness.gap), nothing]
    texts = dict.fromkeys(",".join(f"{e}={q:.10g}" for e, q in guess.items()) for guess in best)
    raise UserError(
        f"{where}: {structure.composition.reduced_formula}: the charges guessed are not plausible ({what}); give them "
        f"{HOW_TO_GIVE}, such as {' or '.join(list(texts)[:2])}"
    )


def _has_mixed_valence(element: str, structure: Structure, charges: dict[str, float]) -> bool:
    """Whether an element may have several charges at once: d and f metals; others where sums tell its sites apart."""
    from pymatgen.core import Element

    known = Element(element)
    if element not in INERT_PAIR or len(structure) > MOST_ATOMS:
        return bool(known.is_transition_metal or known.is_lanthanoid or known.is_actinoid)
    sums = site_valence_sums(structure, charges)
    own = [float(total) for total, site in zip(sums, structure, strict=True) if site.specie.symbol == element]
    return max(own) - min(own) > 1.0
