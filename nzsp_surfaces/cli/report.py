"""`nzsp report`: the page again from finished results, as PDF, and its drawings for a journal."""

from __future__ import annotations

from pathlib import Path

import click

from nzsp_surfaces.cli import options

EXAMPLES = """\
\b
Examples:
  nzsp report runs/table1
  nzsp report runs/table1 --pdf
  nzsp report runs/table1 --figures paper/figures
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=options.PATH)
@click.option("--pdf", is_flag=True, help="Print it into report.pdf too, by Chromium or Chrome.")
@click.option("--figures", metavar="DIR", type=options.PATH, help="Folder for drawings one column (85 mm) wide.")
def command(directory: Path, figures: Path | None, *, pdf: bool) -> None:
    """Write report.html again from the results in DIR, with methods and table for a paper; compute nothing.

    The page is one file: it opens without a network and can be sent as it is. Beside it lie methods.md, references.bib,
    table.tex and table.csv. Figures are PDF, SVG and PNG.
    """
    from nzsp_surfaces.cli.energy_table import show_energies
    from nzsp_surfaces.report.page import write_report
    from nzsp_surfaces.report.read import load_results

    page = write_report(directory)
    show_energies(load_results(directory))
    click.echo(f"written: {page}")
    if pdf:
        from nzsp_surfaces.report.pdf import write_pdf

        click.echo(f"written: {write_pdf(page)}")
    if figures:
        from nzsp_surfaces.report.draw.journal import write_figures

        click.echo(f"written: {len(write_figures(load_results(directory), figures))} figures in {figures}")
