"""Reactions of a study are balanced when it is read, and what is wrong with one is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError

CHEMISTRY = Path(__file__).parents[2] / "inputs" / "film-chemistry.yaml"


def written(folder: Path, *equations: str) -> Path:
    """The study of the film's chemistry with other reactions."""
    keys = yaml.safe_load(CHEMISTRY.read_text())
    for part in (*keys["materials"].values(), *keys["films"].values(), *keys["reactions"]["phases"].values()):
        part["structure"] = str(CHEMISTRY.parent / part["structure"])
    keys["reactions"]["equations"] = list(equations)
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(keys))
    return path


def test_every_phase_of_a_reaction_is_relaxed_by_the_engine_of_the_study() -> None:
    """Materials, the film's reference, and the phases that only react: each has its task."""
    study = load_study(CHEMISTRY)
    plan = make_plan(study)
    computed = {*plan.bulks, *plan.references, *plan.phases}
    assert all({*reaction.reactants, *reaction.products} <= computed for reaction in study.reactions)
    assert all(plan.by_id[task].kind == "bulk" for task in plan.phases.values())


@pytest.mark.parametrize(
    ("equation", "why"),
    [
        ("NZP + Na2O", "write what is used up and what forms"),
        ("NZP + K2O -> Na3PO4 + ZrO2", "no phase 'K2O'"),
        ("NZP + NZP -> Na3PO4 + ZrO2", "stands there twice"),
        ("NZP -> Na3PO4 + ZrO2", "cannot be balanced"),
    ],
)
def test_a_reaction_that_cannot_be_is_refused_before_anything_runs(tmp_path: Path, equation: str, why: str) -> None:
    """With the equation as it was written."""
    with pytest.raises(UserError, match=why) as refusal:
        load_study(written(tmp_path, equation))
    assert equation in str(refusal.value)
    assert "\n" not in str(refusal.value)
