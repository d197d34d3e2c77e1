"""Consensus clusters: labels by one modality against labels by another, and against types."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.consensus_scores import cells_word, comparisons_of, draw_agreement, draw_silhouettes, silhouettes_of, silhouettes_text
from cplae_analysis.figures.matrices import balanced
from cplae_analysis.figures.names import short_names
from cplae_analysis.figures.run_folder import EARLIER, Run
from cplae_analysis.figures.style import Drawn, LeftOut

MOST_NAMED, MOST_OF_PLAIN_SIZE = 60, 40
# Pairs of modalities of which each has a matrix of counts: those of three modalities.
MOST_PAIRS = 3
MOST_COLUMNS = 3


def matrix_of(rows: pd.DataFrame) -> tuple[np.ndarray, list[str], list[str]]:
    """Counts with rows and columns in the order of the table, and their names."""
    counts = np.zeros((int(rows["row_order"].max()) + 1, int(rows["column_order"].max()) + 1))
    counts[rows["row_order"].astype(int), rows["column_order"].astype(int)] = rows["count"]
    names = [
        dict(zip(rows[f"{side}_order"].astype(int), rows[side], strict=True)) for side in ("row", "column")
    ]
    return counts, [names[0].get(i, "") for i in range(counts.shape[0])], [names[1].get(i, "") for i in range(counts.shape[1])]


def panels(table: pd.DataFrame, modalities: Sequence[str]) -> list[tuple[str, str, str]]:
    """(first, second, cells), of held-out cells: modalities against one another, then the first modality against types. Of
    types that no held-out cell has, all cells."""
    pairs = [tuple(pair) for pair in table[["first", "second", "cells"]].drop_duplicates().to_numpy()]
    latents = {f"z{name}" for name in modalities}
    across = [pair for pair in pairs if pair[1] in latents]
    first = table["first"].iloc[0]
    labels = dict.fromkeys(pair[1] for pair in pairs if pair[0] == first and pair[1] not in latents)
    return across + [(first, label, "held_out" if (first, label, "held_out") in pairs else "all") for label in labels]


def chosen(shown: list[tuple[str, str, str]], scores: pd.DataFrame, modalities: Sequence[str]) -> tuple[list[tuple[str, str, str]], str]:
    """The panels that there is room for, and what to say of the others: of many pairs of modalities that which agrees best and that which does so least."""
    latents = {f"z{name}" for name in modalities}
    across = [panel for panel in shown if panel[1] in latents]
    if len(across) <= MOST_PAIRS:
        return shown, ""
    rand = scores[scores["measure"] == "adjusted_rand_index"].set_index(["first", "second", "cells"])["value"]
    ordered = sorted((panel for panel in across if np.isfinite(rand.get(panel, np.nan))), key=lambda panel: -rand[panel])
    ends = list(dict.fromkeys((ordered[0], ordered[-1]))) if ordered else across[:1]
    which = "those that agree best and least are" if ordered else "none has an index of agreement, and the first is"
    said = f" Of {len(across)} pairs of modalities {which} drawn above; all are below and in consensus.csv."
    return [*ends, *(panel for panel in shown if panel[1] not in latents)], said


def said_of(own: pd.DataFrame, first: str, second: str, cells: str) -> str:
    rows = own[(own["first"] == first) & (own["second"] == second) & (own["cells"] == cells)]
    rows = rows[~rows["measure"].str.startswith("silhouette")]
    measures = ", ".join(f"{row.measure.replace('_', ' ')} {row.value:.2f}" for row in rows.itertuples() if pd.notna(row.value))
    count = int(rows["n_cells"].max()) if len(rows) else 0
    return f"{first} against {second} ({cells_word(cells)}, {count} cells): {measures}"


def draw_counts(axes: Axes, rows: pd.DataFrame, short: dict[str, str]) -> None:
    """Clusters by columns; the share of the row's cells in colour."""
    counts, row_names, column_names = matrix_of(rows)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="viridis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(row_names)), [short[name] for name in row_names], fontsize=6)
    named = len(column_names) <= MOST_NAMED
    axes.set_xticks(range(len(column_names)) if named else [], [short[name] for name in column_names] if named else [], fontsize=6 if len(column_names) <= MOST_OF_PLAIN_SIZE else 4.2, rotation=90)
    axes.figure.colorbar(image, ax=axes, label="share of the row's cells", shrink=0.7)


def draw_all(own: pd.DataFrame, scores: pd.DataFrame, shown: list[tuple[str, str, str]]) -> Figure:
    """Counts above; below them indices of agreement and silhouettes."""
    short = short_names(["", *own["row"], *own["column"], *own["first"], *own["second"], *scores["first"], *scores["second"]])
    lower = max(2.2, 1.2 + 0.25 * max(len(comparisons_of(scores)), len(silhouettes_of(scores))))
    columns = balanced(len(shown), MOST_COLUMNS)
    lines = -(-len(shown) // columns)
    figure = plt.figure(figsize=(min(13.5, max(9.5, 5.2 * columns)), 5 * lines + lower), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(5 * lines, lower))
    grid = list(above.subplots(lines, columns, squeeze=False).flat)
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    for axes, (first, second, cells) in zip(grid, shown, strict=False):
        draw_counts(axes, own[(own["first"] == first) & (own["second"] == second) & (own["cells"] == cells)], short)
        axes.set(xlabel=short[second], ylabel=f"clusters by {short[first]}", title="held-out cells" if cells == "held_out" else "all cells, training included")
    agreement, silhouettes = below.subplots(1, 2)
    draw_agreement(agreement, scores, short)
    draw_silhouettes(silhouettes, scores, short)
    silhouettes.set_visible(bool(silhouettes_of(scores)))
    return figure


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
    shown, hidden = chosen(panels(own, run.modalities), said, run.modalities)
    figure = draw_all(own, said, shown)
    value = {row.measure: row.value for row in said.itertuples() if not row.first}
    caption = (
        f"{variant.label}: {value['components']:g} clusters, the modal best count of {value['networks']:g} networks, by the mixture of the "
        f"network of least reconstruction error (initialisation {value['replicate']:g})."
        + (" It is an end of the counts that were tried: counts beyond it may describe the cells better." if value["components_at_end"] else "")
        + " Against types, clusters stand in the order of those that they are assigned to (most cells in pairs, Kuhn 1955); against one another, by their numbers. "
        + "; ".join(said_of(said, *panel) for panel in told(said, shown))
        + f". Below: both indices of agreement of every comparison; of other networks' clusters mean and SD (bars) over pairs of networks.{hidden}{silhouettes_text(said)}"
    )
    return Drawn(figure, caption)


def told(scores: pd.DataFrame, shown: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The panels, and after those of held-out cells against types the same of all cells, where they were measured."""
    found = []
    for panel in shown:
        everything = (*panel[:2], "all")
        found += dict.fromkeys([panel, everything] if everything in comparisons_of(scores) else [panel])
    return found
