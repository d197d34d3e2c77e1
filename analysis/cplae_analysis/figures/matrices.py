"""Modalities against modalities, for studies with too many of them for a panel each pair."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.run_folder import Variant
from cplae_analysis.figures.style import mean_and_sd

# Beyond: one matrix a variant in place of one panel a pair.
MOST_PANELS_WIDE = 3


@dataclass(frozen=True)
class Measure:
    """Rows with columns variant, from, to and `column`; what they are called, and the colour scale that suits."""

    title: str
    rows: pd.DataFrame
    column: str
    low: float
    high: float


def draw_matrix(axes: Axes, rows: pd.DataFrame, measure: Measure, names: list[str]) -> None:
    """Mean over replicates in colour and figures, SD below it in small ones."""
    shown = np.full((len(names), len(names)), np.nan)
    for (start, end), own in rows[rows["from"].isin(names)].groupby(["from", "to"]):
        mean, sd = mean_and_sd(own[measure.column])
        row, column = names.index(start), names.index(end)
        shown[row, column] = mean
        bright = (np.clip(mean, measure.low, measure.high) - measure.low) / (measure.high - measure.low) > 0.6
        words = {"ha": "center", "color": "black" if bright else "white"}
        if np.isfinite(mean):
            axes.text(column, row, f"{mean:.2f}", va="bottom", fontsize=7.5, **words)
        if np.isfinite(sd):
            axes.text(column, row, f"±{sd:.2f}", va="top", fontsize=5.5, **words)
    axes.imshow(shown, cmap="viridis", vmin=measure.low, vmax=measure.high, interpolation="nearest")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="to", ylabel="from")


def draw_matrices(measures: list[Measure], variants: list[Variant], names: list[str]) -> Figure:
    """A row of matrices for each measure, a column for each variant that has one of them."""
    size = 0.5 + 0.42 * len(names)
    figure, grid = plt.subplots(
        len(measures), len(variants), figsize=(max(2.4, size) * len(variants), (size + 0.7) * len(measures)), squeeze=False, layout="constrained"
    )
    for line, measure in zip(grid, measures, strict=True):
        for axes, variant in zip(line, variants, strict=True):
            own = measure.rows[measure.rows["variant"] == variant.id]
            if own[measure.column].notna().any():
                draw_matrix(axes, own, measure, names)
                axes.set_title(f"{measure.title}\n{variant.label}", fontsize=8)
            else:
                axes.set_visible(False)
    return figure
