"""`nzsp refine`: another engine goes on with the best slabs of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.engines.entry import EngineKeys

EXAMPLES = """\
\b
Examples:
  nzsp refine runs/table1 --engine gpaw --settings inputs/gpaw/quick --single-point -o runs/pbe
  nzsp refine runs/table1 --engine gpaw --entry NZP_1-102_bare --vacuum 8 -o runs/pbe
  nzsp refine runs/table1 --engine sevennet-0 --best 2 -o runs/further
  nzsp refine runs/table1 --engine vasp --prepare -o runs/vasp     then: nzsp submit runs/vasp/study/study.yaml
"""


@click.command(epilog=EXAMPLES)
@click.argument("run", metavar="RUN", type=options.PATH)
@options.output()
@click.option("--engine", required=True, help="Engine that goes on; see 'nzsp engines'.")
@click.option("--modal", help="Fidelity of an engine that has several, as R2SCAN.")
@click.option("--settings", metavar="DIR", type=options.PATH, help="Folder with settings of the engine.")
@click.option(
    "--surrogate",
    help="Quick engine that lends its Hessian; 'none' for none.  [default: the run's, where that is a potential]",
)
@click.option("--best", type=click.IntRange(1), default=1, show_default=True, help="Slabs of each entry.")
@click.option(
    "--single-point/--relax", default=False, show_default=True, help="Take them as they stand, or relax them."
)
@click.option("--entry", "only", metavar="ID", multiple=True, help="As NZP_1-102_bare; all where none is given.")
@click.option("--vacuum", type=click.FloatRange(1.0), help="Å beside each slab.  [default: as it is]")
@click.option("--profile", type=click.Choice(options.PROFILES), help="Protocol.  [default: the run's]")
@click.option("--prepare", is_flag=True, help="Write the study, to run or submit it later; compute nothing.")
@options.workers
def command(
    run: Path,
    output: Path,
    engine: str,
    modal: str | None,
    settings: Path | None,
    surrogate: str | None,
    best: int,
    single_point: bool,  # noqa: FBT001 (click's signature)
    only: tuple[str, ...],
    vacuum: float | None,
    profile: str | None,
    prepare: bool,  # noqa: FBT001
    workers: int | None,
) -> int:
    """Go on with the best slabs and films of RUN by another engine, from their relaxed geometry.

    Crystals are relaxed by the new engine in any case; slabs are put on its lattice, and compared with the bulk in a
    cell that has the same vectors in the plane. Killed and started again, it goes on where it was.
    """
    from tempfile import TemporaryDirectory

    from nzsp_surfaces.cli.run import carry_out
    from nzsp_surfaces.runs.refining import Wish, refined_study
    from nzsp_surfaces.runs.store import claim_study

    keys = _engine(run, engine, modal, settings, surrogate)
    wish = Wish(keys, best, "single-point" if single_point else "relax", only, vacuum, profile)
    with TemporaryDirectory() as folder:
        study = refined_study(run, wish, Path(folder))
        if prepare:
            click.echo(f"written: {claim_study(output, study)}; carry it out with nzsp run or nzsp submit")
            return 0
        return carry_out(study, output, workers)


def _engine(run: Path, name: str, modal: str | None, settings: Path | None, surrogate: str | None) -> EngineKeys:
    """The engine with what it is given; a potential that made the run lends its Hessian unless told otherwise."""
    from nzsp_surfaces.engines.entry import EngineKeys

    if ":" in name:
        return EngineKeys(calculator=name, modal=modal, settings=settings, surrogate=surrogate)
    chosen = surrogate or _lender(run, name)
    whole = settings and settings.absolute()
    return EngineKeys(name, modal, settings=whole, surrogate=None if chosen in (None, "none") else chosen)


def _lender(run: Path, name: str) -> str | None:
    """The engine of the run, where it is a potential that can be named alone and the new engine takes a surrogate."""
    from nzsp_surfaces.engines.registry import engines
    from nzsp_surfaces.report.read import load_results

    known = {entry.name: entry for entry in engines()}
    taken = name in known and known[name].is_dft and "surrogate" in known[name].keys
    made = {row.engine for row in load_results(run).surface_energies} if taken else set()
    alone = [each for each in sorted(made) if each in known and not known[each].is_dft]
    return alone[0] if alone and "modal" not in known[alone[0]].keys else None
