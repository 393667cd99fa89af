"""A study as commands take it: its file, or a directory that holds it in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from nzsp_surfaces.study.study import Study


def loaded(study: Path, profile: str, engine: str | None) -> Study:
    """The study of a file, or of a directory that `nzsp run` or `nzsp bundle` wrote.

    Raises:
        UserError: it cannot be read, or a directory is to have another profile or engine than its own.
    """
    from nzsp_surfaces.runs.store import kept_study
    from nzsp_surfaces.study.study import load_study

    if not study.is_dir():
        return load_study(study, profile, engine)
    if engine or _is_typed("profile"):
        raise UserError(f"{study}: holds a study with its profile and engine; leave --profile and --engine out")
    return kept_study(study)


def _is_typed(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE
