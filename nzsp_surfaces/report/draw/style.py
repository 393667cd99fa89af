"""The style of all pictures, and figures into PNG and SVG.

The object-oriented interface with the Agg canvas is used throughout, so nothing depends on a display or on pyplot's
state, and worker processes may draw at the same time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import RcKeyType

Vectors = npt.NDArray[np.float64]
Colours = Mapping[tuple[int, ...], str]

INK, GREY = "#222222", "#8A8A8A"
STYLE: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "nzsp_surfaces",
}
"""The salt makes two runs write the same SVG."""

TRIMMED: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.04}


def figure_of(
    draw: Callable[..., None], result: Any, *, size: tuple[float, float] = (4.5, 3.4), **options: Any
) -> Figure:
    """A figure (size in inches) with one drawing in the package's style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(), result, **options)
    return figure


def save(figure: Figure, path: Path) -> tuple[Path, Path]:
    """Write a figure as PNG and SVG and return both paths; `path` carries no suffix. Missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    png, svg = path.with_name(path.name + ".png"), path.with_name(path.name + ".svg")
    png.write_bytes(png_image(figure))
    svg.write_text(svg_image(figure), encoding="utf-8")
    return png, svg


def png_image(figure: Figure, *, dpi: int = 180) -> bytes:
    """A figure as PNG on white."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", **TRIMMED)
    return buffer.getvalue()


def svg_image(figure: Figure) -> str:
    """A figure as SVG on no ground; letters are outlines, so that it looks the same without the font."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", facecolor="none", metadata={"Date": None}, **TRIMMED)
    return buffer.getvalue()


def without_legend(ax: Axes) -> None:
    """Take the legend away, where a table beside the picture says the same."""
    if legend := ax.get_legend():
        legend.remove()
