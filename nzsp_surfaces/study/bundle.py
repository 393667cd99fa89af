"""A study in one piece, so that it can be carried out where its files are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.study.reactions import phase_keys
from nzsp_surfaces.study.schema import StudyFile
from nzsp_surfaces.study.study import Study, load_study

STUDY_NAME = "study.yaml"


@dataclass(frozen=True)
class Bundle:
    """A study and the structures that it names.

    Attributes:
        identity: of the study.
        name: for people.
        profile, engine: with which it was read; the study's file names both.
        files: name -> text; `study.yaml`, one file for each structure, and settings of engines.
    """

    identity: str
    name: str
    profile: str
    engine: str
    files: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain data; `Bundle(**data)` is the way back."""
        return asdict(self)


def pack(study: Study) -> Bundle:
    """Everything that a study needs to be read again elsewhere; files of calculators stay where they are."""
    import yaml

    names = {path: f"{number}_{path.name}" for number, path in enumerate(_structures(study.settings))}
    files = {name: path.read_text() for path, name in names.items()}
    folders = {path: f"settings_{number}" for number, path in enumerate(_folders(study.settings))}
    for folder, name in folders.items():
        files |= {f"{name}/{path.name}": path.read_text() for path in sorted(folder.glob("*.yaml"))}
    keys = _plain(asdict(study.settings), names | folders)
    files[STUDY_NAME] = yaml.safe_dump(keys, sort_keys=False, allow_unicode=True)
    return Bundle(study.identity, study.name, study.profile_name, study.engines.energies.name, files)


def unpack(bundle: Bundle, folder: Path) -> Study:
    """Write a bundle's files into a folder and read the study from there.

    Raises:
        UserError: what was read is not the study that was packed, because another version reads it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in bundle.files.items():
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise UserError(f"study '{bundle.name}': its file '{name}' would lie outside its folder; submit it again")
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    study = load_study(folder / STUDY_NAME, bundle.profile)
    if study.identity != bundle.identity:
        raise UserError(
            f"study '{bundle.name}': this version of nzsp_surfaces reads it otherwise than the one that submitted it; "
            "install the same version here, or submit it again"
        )
    return study


def _structures(settings: StudyFile) -> Iterator[Path]:
    """Every structure file once."""
    materials = [material.structure for material in settings.materials.values()]
    films = [film.structure for film in settings.films.values()]
    phases = [phase.structure for phase in phase_keys(settings).values()]
    shared = [mixture.structure for mixture in settings.mixtures.values() if mixture.structure]
    yield from dict.fromkeys([*materials, *films, *phases, *shared, *_gone_on_with(settings)])


def _gone_on_with(settings: StudyFile) -> Iterator[Path]:
    """Structures that the study goes on with instead of cutting its own."""
    if settings.going_on is not None:
        yield from settings.going_on.bulks.values()
        yield from settings.going_on.films.values()
        yield from (slab.structure for slab in settings.going_on.slabs)


def _folders(settings: StudyFile) -> Iterator[Path]:
    """Every folder with settings of an engine once."""
    chosen = [keys for keys in (settings.engine, settings.anneal_engine) if isinstance(keys, EngineKeys)]
    yield from dict.fromkeys(folder for folder in (settings.vasp, *(keys.settings for keys in chosen)) if folder)


def _plain(value: Any, names: dict[Path, str]) -> Any:
    """What YAML can hold; paths become names, and what is absent is left out."""
    if isinstance(value, dict):
        return {key: _plain(part, names) for key, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(part, names) for part in value]
    return names[value] if isinstance(value, Path) else value
