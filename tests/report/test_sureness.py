"""The lines that say how sure values are: from the rows alone, and never surer than these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nzsp_surfaces.report.read import Results, load_results
from nzsp_surfaces.report.sureness import sureness


@pytest.fixture
def results(directory: Path) -> Results:
    """A run with series, a potential and spreads."""
    return load_results(directory)


def said(results: Results) -> dict[str, str]:
    """The answers by question."""
    lines = (line.removeprefix("<b>").partition("</b> ") for line in sureness(results))
    return {question: answer for question, _, answer in lines}


def test_four_questions_are_answered_unasked(results: Results) -> None:
    """Each once; of settings that series vary, on how many planes they hold."""
    answers = said(results)
    assert list(answers) == ["Converged?", "At which conditions?", "How far off?", "Which ranks are not safe?"]
    assert f"thickness on {len(results.convergence)} of {len(results.convergence)} planes" in answers["Converged?"]
    failing = (replace(results.convergence[0], thickness_holds=False), *results.convergence[1:])
    fewer = said(replace(results, convergence=failing))["Converged?"]
    assert f"thickness on {len(failing) - 1} of {len(failing)} planes" in fewer


def test_what_was_not_varied_is_said(results: Results) -> None:
    """Cutoff and k-points only where the engine has some."""
    bare = replace(results, convergence=())
    assert said(bare)["Converged?"].endswith("not varied: thickness, vacuum")
    by_dft = tuple(replace(row, is_dft=True) for row in results.surface_energies)
    answer = said(replace(bare, surface_energies=by_dft))["Converged?"]
    assert answer.endswith("not varied: thickness, vacuum, cutoff, k-points")


def test_neighbours_within_their_spreads_are_named(results: Results) -> None:
    """Wide spreads leave ranks open, narrow ones none, and without any nothing is claimed."""
    one = next(row for row in results.surface_energies if row.film is None and row.gamma is not None)
    other = replace(one, miller=(0, 0, 0, 3), gamma=(one.gamma or 0.0) + 0.05)

    def ranks(spread: float | None) -> str:
        rows = tuple(replace(row, spread=spread) for row in (one, other))
        return said(replace(results, surface_energies=rows))["Which ranks are not safe?"]

    assert ranks(0.2).startswith(one.material)
    assert ranks(0.001) == "none by their ±"
    assert "1 of 1 neighbours have a value without one" in ranks(None)
    assert "no two planes" in said(replace(results, surface_energies=(one,)))["Which ranks are not safe?"]


def test_chemical_potentials_are_conditions(results: Results) -> None:
    """Named by their element where the study varies one."""
    assert "along the chemical potential of" in said(results)["At which conditions?"]
    assert "no chemical potential enters" in said(replace(results, terminations=()))["At which conditions?"]


def test_without_values_nothing_is_said(results: Results) -> None:
    """A run that has only begun."""
    assert sureness(replace(results, surface_energies=())) == []
