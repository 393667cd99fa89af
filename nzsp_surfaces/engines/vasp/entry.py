"""VASP's entry in the registry, and VASP as a study chooses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.entry import Described, EngineEntry, EngineKeys
from nzsp_surfaces.engines.vasp.settings import Purpose, VaspSettings, other_than_default, read_settings, told_settings

if TYPE_CHECKING:
    from nzsp_surfaces.engines.vasp.engine import VaspEngine
    from nzsp_surfaces.engines.vasp.writer import InputsWriter

ANSWERED_BY: Mapping[Ask, Purpose] = {Ask.CELL: "bulk", Ask.SLAB: "slab", Ask.POINT: "static", Ask.DYNAMICS: "aimd"}
"""Whose settings each question is answered with."""

IDENTITY = EngineIdentity("vasp", "PBE", "as found")
"""VASP before it has run; its version is read from what it writes."""


RULES = 2
"""Counts changes of what VASP is given where the settings say nothing of it; results of other rules are not reused."""


@dataclass(frozen=True, kw_only=True)
class VaspEntry(EngineEntry):
    """The entry for VASP, a program that the worker names."""

    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """VASP with the settings of a folder, where one is given, else with the defaults.

        Moments and U among the keys hold for all purposes and come before those of the files.

        Raises:
            UserError: a settings file is at fault, or a moment or U is that of no element.
        """
        settings = read_settings(keys.settings)
        try:
            return ChosenVasp({name: _with_elements(each, keys) for name, each in settings.items()}, self)
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error

    def cited(self, model: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """With the functional that tags name, and Dudarev's U; a hybrid is to be cited by hand."""
        changed = content.get("slab", {})
        tags = changed.get("incar", {})
        functional = "hybrid" if tags.get("LHFCALC") else str(tags.get("METAGGA") or tags.get("GGA") or model)
        works = super().cited(functional, content)
        return (*works, "dudarev1998u") if changed.get("hubbard_u") else works

    def told(self, content: Mapping[str, Any], elements: Collection[str]) -> tuple[str, ...]:
        """See `EngineEntry.told`: the settings of slabs, which those of the bulk agree with."""
        return told_settings(content.get("slab", {}), elements)

    def device(self) -> str:
        """Nobody knows before it runs what the program behind the worker's command was built for."""
        return "its own"


ENTRY = VaspEntry(
    name=IDENTITY.name,
    model=IDENTITY.model,
    about="density functional theory, under custodian; NZSP_VASP_CMD starts it",
    needs=("custodian",),
    is_dft=True,
    keys=("settings", "surrogate", "magmom", "hubbard_u"),
    references=("kresse1996vasp", "bloechl1994paw", "kresse1999paw"),
)
ENTRIES = (ENTRY,)


def _with_elements(settings: VaspSettings, keys: EngineKeys) -> VaspSettings:
    return replace(
        settings,
        magmom={**settings.magmom, **keys.magmom},
        hubbard_u={**settings.hubbard_u, **keys.hubbard_u},
    )


@dataclass(frozen=True)
class ChosenVasp(Described):
    """VASP as a study chooses it.

    Attributes:
        settings: by purpose.
        entry: of the registry.
        parallel: one task at a time on one machine, since VASP uses all of its cores.
    """

    settings: Mapping[Purpose, VaspSettings]
    entry: VaspEntry = field(default=ENTRY)
    parallel: int | None = 1

    @property
    def identity(self) -> EngineIdentity:
        """Without a version: that of the program is known once it has run."""
        return IDENTITY

    def content(self, asks: Iterable[Ask]) -> dict[str, Any]:
        """Identity and rules, and for each question what its settings say other than the defaults."""
        purposes = [ANSWERED_BY[ask] for ask in Ask if ask in set(asks)]
        changed = {purpose: other_than_default(self.settings[purpose]) for purpose in purposes}
        said: dict[str, Any] = {purpose: other for purpose, other in changed.items() if other}
        return {"engine": asdict(self.identity), "rules": RULES, **said}

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether custodian is installed and the potentials of all elements are at hand.

        Raises:
            UserError: something is missing.
        """
        from nzsp_surfaces.engines.vasp.potentials import check_potentials

        self.entry.check_installed(where)
        for settings in self.settings.values():
            check_potentials(settings, sorted(elements))

    def ready(self, worker: Mapping[str, str]) -> None:
        """Look for VASP's command, and whether the wall time can be read.

        Raises:
            UserError: no command, its program is not found, or NZSP_WALLTIME is no number.
        """
        from nzsp_surfaces.engines.queues import wall_time
        from nzsp_surfaces.engines.vasp.custody import vasp_commands

        vasp_commands(worker)
        wall_time()

    def make(self, worker: Mapping[str, str]) -> VaspEngine:
        """VASP with these settings and a worker's commands; see `custody.vasp_commands`.

        Raises:
            UserError: no command, or its program is not found.
        """
        from nzsp_surfaces.engines.vasp.custody import vasp_commands
        from nzsp_surfaces.engines.vasp.engine import VaspEngine

        return VaspEngine(self.identity, self.settings, vasp_commands(worker))

    def writer(self) -> InputsWriter:
        """An engine that runs nothing and notes the inputs that VASP would begin with."""
        from nzsp_surfaces.engines.vasp.writer import InputsWriter

        return InputsWriter(self.settings)
