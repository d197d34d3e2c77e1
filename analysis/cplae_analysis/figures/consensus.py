"""Consensus clusters: labels by one modality against labels by another, and against types."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cplae_analysis.figures.names import short_names
from cplae_analysis.figures.run_folder import EARLIER, Run
from cplae_analysis.figures.style import Drawn, LeftOut

MOST_NAMED = 60


def matrix_of(rows: pd.DataFrame) -> tuple[np.ndarray, list[str], list[str]]:
    """Counts with rows and columns in the order of the table, and their names."""
    counts = np.zeros((int(rows["row_order"].max()) + 1, int(rows["column_order"].max()) + 1))
    counts[rows["row_order"].astype(int), rows["column_order"].astype(int)] = rows["count"]
    names = [
        dict(zip(rows[f"{side}_order"].astype(int), rows[side], strict=True)) for side in ("row", "column")
    ]
    return counts, [names[0].get(i, "") for i in range(counts.shape[0])], [names[1].get(i, "") for i in range(counts.shape[1])]


def panels(table: pd.DataFrame, modalities: Sequence[str]) -> list[tuple[str, str, str]]:
    """(first, second, cells): modalities on held-out cells, then the first modality against types on all."""
    pairs = table[["first", "second", "cells"]].drop_duplicates().to_numpy().tolist()
    latents = {f"z{name}" for name in modalities}
    across = [tuple(pair) for pair in pairs if pair[1] in latents]
    first = table["first"].iloc[0]
    return across + [tuple(pair) for pair in pairs if pair[0] == first and pair[1] not in latents and pair[2] == "all"]


def said_of(own: pd.DataFrame, first: str, second: str, cells: str) -> str:
    rows = own[(own["first"] == first) & (own["second"] == second) & (own["cells"] == cells)]
    measures = ", ".join(f"{row.measure.replace('_', ' ')} {row.value:.2f}" for row in rows.itertuples() if pd.notna(row.value))
    count = int(rows["n_cells"].max()) if len(rows) else 0
    return f"{first} against {second} ({cells.replace('_', ' ')}, {count} cells): {measures}"


def draw(run: Run) -> Drawn:
    table, measures = run.tables["contingency"], run.tables["consensus"]
    if not len(table):
        if not any(entry.get("components") for entry in run.study["experiment"]):
            raise LeftOut("the study asks for no Gaussian mixtures")
        if len(measures):
            raise LeftOut("one modality and no labels: clusters have nothing to be compared with")
        raise LeftOut(f"every network or mixture failed, or {EARLIER}")
    variant = next(variant for variant in run.variants if variant.id in set(table["variant"]))
    own, said = table[table["variant"] == variant.id], measures[measures["variant"] == variant.id]
    shown = panels(own, run.modalities)
    short = short_names(["", *own["row"], *own["column"], *own["first"], *own["second"]])
    figure, grid = plt.subplots(1, len(shown), figsize=(min(16, 5.2 * len(shown)), 5), squeeze=False, layout="constrained")
    for axes, (first, second, cells) in zip(grid.flat, shown, strict=True):
        rows = own[(own["first"] == first) & (own["second"] == second) & (own["cells"] == cells)]
        counts, row_names, column_names = matrix_of(rows)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        image = axes.imshow(shares, cmap="viridis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.set(xlabel=short[second], ylabel=f"clusters by {short[first]}", title=f"{cells.replace('_', ' ')} cells")
        axes.set_yticks(range(len(row_names)), [short[name] for name in row_names], fontsize=6)
        named = len(column_names) <= MOST_NAMED
        axes.set_xticks(range(len(column_names)) if named else [], [short[name] for name in column_names] if named else [], fontsize=6, rotation=90)
        figure.colorbar(image, ax=axes, label="share of the row's cells", shrink=0.7)
    value = {row.measure: row.value for row in said.itertuples() if not row.first}
    caption = (
        f"{variant.label}: {value['components']:g} clusters, the modal best count of {value['networks']:g} networks, by the mixture of the "
        f"network of least reconstruction error (initialisation {value['replicate']:g})."
        + (" It is an end of the counts that were tried: more of them may describe the cells better." if value["components_at_end"] else "")
        + " Against types, clusters stand in the order of those that they are assigned to (most cells in pairs, Kuhn 1955); against one another, by their numbers. "
        + "; ".join(said_of(said, *panel) for panel in shown)
        + "."
    )
    return Drawn(figure, caption)
