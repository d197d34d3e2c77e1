"""Modalities against modalities, for studies with too many of them for a panel each pair."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.run_folder import Variant
from cplae_analysis.figures.style import LeftOut, mean_and_sd

# Beyond: one matrix a variant in place of one panel a pair.
MOST_PANELS_WIDE = 3
# Matrices beside one another: more would be shrunk to the width of a page, and their numbers with them.
MOST_COLUMNS = 4
LETTERS_UPRIGHT = 4


@dataclass(frozen=True)
class Measure:
    """Rows with columns variant, from, to and `column`; what they are called, and the colour scale and digits that suit."""

    title: str
    rows: pd.DataFrame
    column: str
    low: float
    high: float
    digits: int = 2
    colours: str = "viridis"


@dataclass(frozen=True)
class Cells:
    """What a matrix shows: numbers [rows x columns], NaN where there is none; below each a small text, or ''."""

    values: np.ndarray
    small: list[list[str]]
    rows: Sequence[str]
    columns: Sequence[str]


def number(value: float, digits: int) -> str:
    """Without the sign of a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def ink_on(colour: Sequence[float]) -> str:
    red, green, blue = colour[:3]
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def draw_cells(axes: Axes, cells: Cells, measure: Measure, is_bold: Callable[[int, int], bool] = lambda row, column: False) -> None:
    image = axes.imshow(cells.values, cmap=measure.colours, vmin=measure.low, vmax=measure.high, interpolation="nearest")
    for (row, column), value in np.ndenumerate(cells.values):
        if not np.isfinite(value):
            continue
        small = cells.small[row][column]
        look = {"ha": "center", "color": ink_on(image.cmap(image.norm(value)))}
        weight = "bold" if is_bold(row, column) else "normal"
        axes.text(column, row, number(value, measure.digits), va="bottom" if small else "center", fontsize=7.5, weight=weight, **look)
        if small:
            axes.text(column, row, small, va="top", fontsize=5.5, **look)
    long = max(map(len, cells.columns)) > LETTERS_UPRIGHT
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if long else {}
    axes.set_xticks(range(len(cells.columns)), cells.columns, **turned)
    axes.set_yticks(range(len(cells.rows)), cells.rows)


def draw_matrix(axes: Axes, rows: pd.DataFrame, measure: Measure, names: list[str]) -> None:
    """Mean over replicates in colour and figures, SD below it in small ones."""
    shown = np.full((len(names), len(names)), np.nan)
    small = [["" for _ in names] for _ in names]
    for (start, end), own in rows[rows["from"].isin(names)].groupby(["from", "to"]):
        mean, sd = mean_and_sd(own[measure.column])
        row, column = names.index(start), names.index(end)
        shown[row, column] = mean
        small[row][column] = f"±{number(sd, measure.digits)}" if np.isfinite(sd) else ""
    draw_cells(axes, Cells(shown, small, names, names), measure)
    axes.set(xlabel="to", ylabel="from")


def matrix_inches(names: Sequence[str]) -> float:
    return max(2.4, 0.5 + 0.42 * len(names) + 0.05 * max(map(len, names)))


def balanced(count: int, most: int) -> int:
    """Columns for so many panels: at most `most`, and lines that are about equally full."""
    lines = -(-count // most)
    return -(-count // lines)


def draw_matrices(measures: list[Measure], variants: list[Variant], names: list[str]) -> Figure:
    """Lines of matrices for each measure, one for each variant that has it; the measures of a single variant are beside one another."""
    shown = [(measure, variant) for measure in measures for variant in variants if measure.rows.loc[measure.rows["variant"] == variant.id, measure.column].notna().any()]
    if not shown:
        raise LeftOut("no number of it is finite")
    groups = [shown] if len(variants) == 1 else [[panel for panel in shown if panel[0] is measure] for measure in measures]
    columns = balanced(max(map(len, groups)), MOST_COLUMNS)
    lines, size = [-(-len(group) // columns) for group in groups], matrix_inches(names)
    figure, grid = plt.subplots(sum(lines), columns, figsize=(size * columns, (size + 0.7) * sum(lines)), squeeze=False, layout="constrained")
    for place, group in enumerate(groups):
        start = sum(lines[:place])
        for axes, panel in zip_longest(grid[start : start + lines[place]].flat, group):
            if panel is None:
                axes.set_visible(False)
                continue
            measure, variant = panel
            draw_matrix(axes, measure.rows[measure.rows["variant"] == variant.id], measure, names)
            axes.set_title(f"{measure.title}\n{variant.label}", fontsize=8)
    return figure
