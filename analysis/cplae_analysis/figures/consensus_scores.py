"""What consensus clusters are worth: agreement with other labellings, and silhouettes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cplae_analysis.figures.style import INK, PALETTE

AGREEMENT = {"adjusted_rand_index": ("adjusted Rand index", "o"), "normalised_mutual_information": ("normalised mutual information", "s")}
# Beyond, a caption that lists silhouettes is no longer read.
MOST_SAID = 9
WEAK = "Weak evidence alone: a silhouette rewards round clusters, and latents can be round without meaning."


def cells_word(cells: str) -> str:
    return "held out" if cells == "held_out" else "all, training included"


def comparisons_of(own: pd.DataFrame) -> list[tuple[str, str, str]]:
    """(first, second, cells) of all that agreement is measured of."""
    rows = own[own["measure"].isin(AGREEMENT)]
    return [tuple(row) for row in rows[["first", "second", "cells"]].drop_duplicates().to_numpy()]


def silhouettes_of(own: pd.DataFrame) -> list[tuple[str, str, float, float, int]]:
    """(latents, labels, mean, SD, cells)."""
    found = []
    for row in own[own["measure"] == "silhouette"].itertuples():
        same = (own["first"] == row.first) & (own["second"] == row.second) & (own["cells"] == row.cells)
        sd = own.loc[same & (own["measure"] == "silhouette_sd"), "value"]
        name = "consensus clusters" if row.second == "(clusters)" else row.second
        found.append((row.first, name, row.value, sd.iloc[0] if len(sd) else np.nan, int(row.n_cells)))
    return found


def name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)


def draw_agreement(axes: Axes, own: pd.DataFrame, short: dict[str, str]) -> None:
    """A dot a comparison and index; bars, SD over pairs of networks, where there is one."""
    panels = comparisons_of(own)
    for number, (measure, (words, marker)) in enumerate(AGREEMENT.items()):
        at, values, sds = [], [], []
        for place, (first, second, cells) in enumerate(panels):
            rows = own[(own["first"] == first) & (own["second"] == second) & (own["cells"] == cells)].set_index("measure")["value"]
            at.append(place + 0.18 * (number - 0.5))
            values.append(rows.get(measure, np.nan))
            sds.append(rows.get(f"{measure}_sd", np.nan))
        axes.errorbar(values, at, xerr=np.nan_to_num(sds), fmt=marker, color=PALETTE[number], markersize=5, elinewidth=1, label=words)
    name_rows(axes, [f"{short[first]}, {short[second]} ({'held out' if cells == 'held_out' else 'all'})" for first, second, cells in panels])
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.set(xlabel="agreement (1: the same, 0: of chance for Rand)", xlim=(min(-0.05, axes.get_xlim()[0]), 1.02))
    axes.legend(fontsize=7, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


def draw_silhouettes(axes: Axes, own: pd.DataFrame, short: dict[str, str]) -> None:
    """Mean and SD over clusters."""
    rows = silhouettes_of(own)
    axes.errorbar([row[2] for row in rows], range(len(rows)), xerr=np.nan_to_num([row[3] for row in rows]), fmt="D", color=INK, markersize=5, elinewidth=1, capsize=2)
    name_rows(axes, [f"{short.get(name, name)}, by {short[latents]}" for latents, name, *_ in rows])
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.set(xlabel="silhouette, held-out cells (weak evidence)", xlim=(-1.02, 1.02))


def silhouettes_text(own: pd.DataFrame) -> str:
    rows = silhouettes_of(own)
    if not rows:
        return ""
    if len(rows) > MOST_SAID:
        return f" Silhouettes: of held-out cells, mean and SD over clusters (bars); their numbers are in consensus.csv. {WEAK}"
    said = ", ".join(f"{name} by {latents} {mean:.2f} ± {sd:.2f} ({cells} cells)" for latents, name, mean, sd, cells in rows)
    return f" Silhouettes of held-out cells, mean ± SD over clusters (bars): {said}. {WEAK}"
