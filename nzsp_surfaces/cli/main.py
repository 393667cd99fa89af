"""The command `nzsp`: a table of commands, each in a module of its own that is imported when it is called."""

from __future__ import annotations

import copy
import errno
import functools
import gc
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click

from nzsp_surfaces import __version__
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import log
from nzsp_surfaces.compat.pymongo import end_at_once

EXAMPLES = """\
\b
Examples:
  nzsp slabs inputs/table1.yaml -o runs/slabs      look at the slabs first
  nzsp run inputs/table1.yaml -o runs/table1       energies, shapes and the page
  nzsp run inputs/table1.yaml -o runs/paper --profile paper --workers 2
  nzsp import /data/vasp -o runs/imported          energies and shapes from runs that exist
  nzsp wulff energies.csv --structure NaZr2P3O12.cif -o runs/shape
  nzsp report runs/table1                          write the page again
  nzsp engines                                     what can compute here
"""


class CommandRow(NamedTuple):
    """A row of the table: the module has the attribute `command`, a click command."""

    name: str
    module: str
    help: str


COMMANDS = (
    CommandRow("slabs", "nzsp_surfaces.cli.slabs", "Build and list the slabs of a study; compute nothing."),
    CommandRow("run", "nzsp_surfaces.cli.run", "Carry a study out: energies, Wulff shapes and the report."),
    CommandRow("refine", "nzsp_surfaces.cli.refine", "Go on with a run's best slabs by another engine, such as DFT."),
    CommandRow("vasp-inputs", "nzsp_surfaces.cli.vasp_inputs", "Write every input of VASP for a study; run nothing."),
    CommandRow("submit", "nzsp_surfaces.cli.submit", "Submit a study to FireWorks, for a cluster."),
    CommandRow("status", "nzsp_surfaces.cli.status", "Show how far submitted studies have come."),
    CommandRow(
        "collect",
        "nzsp_surfaces.cli.collect",
        "Write the results of a submitted study as `nzsp run` does.",
    ),
    CommandRow("bundle", "nzsp_surfaces.cli.bundle", "A study for nodes that cannot reach the database."),
    CommandRow("query", "nzsp_surfaces.cli.query", "List surface energies of all studies in the database."),
    CommandRow("import", "nzsp_surfaces.cli.import_", "Surface energies from runs that exist; compute nothing."),
    CommandRow("wulff", "nzsp_surfaces.cli.wulff", "Wulff shape from a table of surface energies; compute nothing."),
    CommandRow("compare", "nzsp_surfaces.cli.compare", "Surface energies of several runs side by side."),
    CommandRow("report", "nzsp_surfaces.cli.report", "Write the page again from finished results."),
    CommandRow("doctor", "nzsp_surfaces.cli.doctor", "Say what is amiss in a run or a database, and mend it."),
    CommandRow("engines", "nzsp_surfaces.cli.engines", "List the engines installed here and what the others lack."),
)

_DEBUG = "nzsp_surfaces.debug"


class Failure(click.ClickException):
    """An error that the user can mend: one line and exit status 2."""

    exit_code = 2


class Interrupted(click.ClickException):
    """Ctrl-C, with the exit status that shells give it."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted; what is finished is kept, start again to go on")


def _remember_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's signature)
    # `meta` is shared by the contexts of the group and of the command, so either place of the option will do.
    if value:
        ctx.meta[_DEBUG] = True


_DEBUG_OPTION = click.Option(
    ["--debug"], is_flag=True, expose_value=False, callback=_remember_debug, help="Show the traceback of an error."
)

EVERYWHERE = (*log.OPTIONS, _DEBUG_OPTION)
"""Options that the group and every command take."""


def _prepared(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Do what a command does, logged, and with pymatgen made quick to start: nobody waits for a library's caller."""

    @functools.wraps(callback)
    def carried_out(*arguments: Any, **values: Any) -> Any:
        from nzsp_surfaces.compat import pymatgen

        with pymatgen.quickened():
            return callback(*arguments, **values)

    return log.logged(carried_out)


class LazyGroup(click.Group):
    """Commands from the table; listing them imports none of them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return [row.name for row in COMMANDS]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; it takes -v, --log and --debug as the group does."""
        for row in COMMANDS:
            if row.name == cmd_name:
                command: click.Command = copy.copy(import_module(row.module).command)
                command.params = [*command.params, *EVERYWHERE]
                command.callback = _prepared(command.callback) if command.callback else None
                return command
        return None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(row.name, row.help) for row in COMMANDS])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the user can mend becomes one line, everything else is a bug and stays as it is."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `nzsp ... | head`: click ends quietly
            raise
        except (UserError, OSError) as exc:
            if isinstance(exc, OSError) and exc.errno is None:  # not from the operating system: a bug, show it
                raise
            if ctx.meta.get(_DEBUG):
                traceback.print_exc()
            raise Failure(_message(exc)) from exc
        except KeyboardInterrupt as exc:
            raise Interrupted from exc


def _message(exc: UserError | OSError) -> str:
    if isinstance(exc, UserError):
        return str(exc)
    where = f"{exc.filename}: " if exc.filename else ""
    full = exc.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "; what is finished is kept, make room and start again" if full else ""
    return f"{where}{exc.strerror}{hint}"


@click.group(
    cls=LazyGroup,
    epilog=EXAMPLES,
    params=[*EVERYWHERE],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="nzsp", message="%(prog)s %(version)s")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Surfaces of ionic crystals: slabs, capping films, surface energies and Wulff shapes."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `nzsp` and return its exit status; errors that a user can mend are one line on stderr."""
    # Imports and plans make a million objects that stay; by default Python looks through all of them again and again.
    gc.set_threshold(100_000)
    try:
        status = app.main(arguments, prog_name="nzsp", standalone_mode=False)
    except click.UsageError as exc:
        command = exc.ctx.command_path if exc.ctx else "nzsp"
        return _failed(f"{exc.format_message().rstrip('.')}; see '{command} --help'", exc.exit_code)
    except click.ClickException as exc:
        return _failed(exc.format_message(), exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _failed("interrupted", Interrupted.exit_code)
    finally:
        end_at_once()
    return status if isinstance(status, int) else 0


def _failed(message: str, status: int) -> int:
    click.echo(f"nzsp: {' '.join(message.split())}", err=True)
    return status
