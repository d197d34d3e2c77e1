"""Each variant against the reference where directions are many: differences as matrices."""

import re
from dataclasses import dataclass
from itertools import zip_longest

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import MOST_COLUMNS, Cells, Measure, balanced, draw_cells, matrix_inches, number
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import Variant
from cplae_analysis.figures.style import LeftOut

DIRECTION = re.compile(r"^(?P<kind>r2|foscttm) (?P<to>\S+)<-(?P<from>\S+)$")
ACCURACY = re.compile(r"^accuracy z(?P<from>\S+) (?P<label>.+) \d+$")
TITLES = {"r2": "R²", "foscttm": "FOSCTTM", "accuracy": "accuracy"}
# Where colours end, so that a variant that is far behind leaves the others theirs.
MOST_DIFFERENCE = 0.3


@dataclass(frozen=True)
class Block:
    """Metrics of one kind: their places in a matrix, and the names of its rows and columns."""

    kind: str
    places: dict[str, tuple[int, int]]
    rows: list[str]
    columns: list[str]

    @property
    def colours(self) -> str:
        """Blue where the reference is ahead: of FOSCTTM less is better."""
        return "RdBu_r" if self.kind == "foscttm" else "RdBu"


def blocks(metrics: list[str], modalities: list[str]) -> list[Block]:
    """Of single modalities: R² and FOSCTTM from x to, accuracies by label."""
    found = []
    for kind in ("r2", "foscttm"):
        hits = [(metric, hit) for metric in metrics if (hit := DIRECTION.match(metric)) and hit["kind"] == kind]
        places = {m: (modalities.index(hit["from"]), modalities.index(hit["to"])) for m, hit in hits if {hit["from"], hit["to"]} <= set(modalities)}
        found.append(Block(kind, places, modalities, modalities))
    hits = [(metric, hit) for metric in metrics if (hit := ACCURACY.match(metric)) and hit["from"] in modalities]
    labels = list(dict.fromkeys(hit["label"] for _, hit in hits))
    found.append(Block("accuracy", {m: (labels.index(hit["label"]), modalities.index(hit["from"])) for m, hit in hits}, labels, modalities))
    return [block for block in found if block.places]


def cells_of(rows: pd.DataFrame, block: Block, level: float) -> tuple[Cells, set[tuple[int, int]]]:
    """Differences with half of their intervals below; and which are beyond chance."""
    values = np.full((len(block.rows), len(block.columns)), np.nan)
    small, sure = [["" for _ in block.columns] for _ in block.rows], set()
    for row in rows[rows["metric"].isin(block.places)].itertuples():
        place = block.places[row.metric]
        values[place] = row.difference
        half = (row.high - row.low) / 2
        small[place[0]][place[1]] = f"±{number(half, 2)}" if np.isfinite(half) else ""
        if row.p_holm < level:
            sure.add(place)
    short = short_names([*block.rows, *block.columns], 12)
    return Cells(values, small, [short[name] for name in block.rows], [short[name] for name in block.columns]), sure


def draw_matrices(table: pd.DataFrame, metrics: list[str], variants: list[Variant], modalities: list[str], level: float) -> Figure:
    """Lines of matrices for each kind of metric, one for each variant; bold and framed: beyond chance."""
    drawn = blocks(metrics, modalities)
    if not drawn:
        raise LeftOut("no measure of single modalities is compared")
    columns = balanced(len(variants), MOST_COLUMNS)
    lines, size = -(-len(variants) // columns), matrix_inches(modalities)
    heights = [0.9 + 0.42 * len(block.rows) for block in drawn for _ in range(lines)]
    figure, grid = plt.subplots(
        len(heights), columns, figsize=((size + 0.2) * columns, 1.1 * sum(heights)), height_ratios=heights, squeeze=False, layout="constrained"
    )
    titles = short_names([variant.label for variant in variants], MOST_IN_TITLE)
    for place, block in enumerate(drawn):
        with_it = [variant for variant in variants if table.loc[(table["variant"] == variant.id) & table["metric"].isin(block.places), "difference"].notna().any()]
        for axes, variant in zip_longest(grid[place * lines : (place + 1) * lines].flat, with_it):
            if variant is None:
                axes.set_visible(False)
                continue
            cells, sure = cells_of(table[table["variant"] == variant.id], block, level)
            measure = Measure("", table, "difference", -MOST_DIFFERENCE, MOST_DIFFERENCE, colours=block.colours)
            draw_cells(axes, cells, measure, lambda row, column, sure=sure: (row, column) in sure)
            for row, column in sure:
                axes.add_patch(plt.Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor="black", linewidth=1.2))
            axes.set_title(f"{TITLES[block.kind]}\n{titles[variant.label]}", fontsize=8)
            axes.set(xlabel="to" if block.kind != "accuracy" else "latents of", ylabel="from" if block.kind != "accuracy" else "")
    return figure
