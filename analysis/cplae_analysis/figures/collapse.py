"""Couplings that let the latents collapse: how far latents fill their space, for each scaling of the coupling that the study varies."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cplae_analysis.figures.run_folder import EARLIER, Run, is_baseline
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, PlainLogFormatter, counts_text

NOT_SETTINGS = ("experiment", "variant", "fold", "init", "representation", "axis", "sd", "scale")
MARKERS = "osD^v"
MOST_PANELS_WIDE = 4
# Where a logarithmic axis would have no place for a latent that is one point to the last bit.
LEAST_SD = 1e-6


def split_of(run: Run, experiment: str) -> str:
    """Whose split an experiment has: its own, or that of the one which it names."""
    return run.experiment(experiment).get("split", "") or experiment


def compared(run: Run) -> pd.DataFrame:
    """Rows of latents.csv of networks that differ in the coupling's scale and in chance alone: of one split, and alike in every other key.

    Of several such sets the first of those with most scales. Raises LeftOut where a study has none.
    """
    table = run.tables["latents"]
    if not len(table):
        raise LeftOut(f"every network failed, or {EARLIER}")
    table = table[~table["variant"].map(is_baseline)]
    if "scale" not in table.columns or table["scale"].nunique() < 2:
        scale = run.study.get("coupling", {}).get("scale", "min_singular_value")
        raise LeftOut(f"all networks have one scaling of the coupling ({scale}); a study that varies coupling.scale has this figure")
    keys = [column for column in table.columns if column not in NOT_SETTINGS]
    sets = table.assign(split=table["experiment"].map(lambda name: split_of(run, name))).groupby(["split", *keys], sort=False)
    best = max((rows for _, rows in sets), key=lambda rows: rows["scale"].nunique())
    if best["scale"].nunique() < 2:
        raise LeftOut("no two scalings of the coupling have the same split and are alike in all other settings")
    return best


def least_sds(rows: pd.DataFrame) -> pd.Series:
    """(scale, representation) -> SD along the least axis of each network, indexed by network too."""
    return rows.groupby(["scale", "representation", "variant", "fold", "init"], sort=False)["sd"].min()


def draw_panel(axes: Axes, rows: pd.DataFrame, scales: list[str]) -> None:
    """A line a scale at the mean over networks, bars from the least to the greatest."""
    for number, scale in enumerate(scales):
        at = rows[rows["scale"] == scale].groupby("axis")["sd"].agg(["mean", "min", "max"]).clip(lower=LEAST_SD)
        shift = 0.05 * (number - (len(scales) - 1) / 2)
        bars = np.array([at["mean"] - at["min"], at["max"] - at["mean"]])
        axes.errorbar(
            at.index + 1 + shift, at["mean"], yerr=bars, color=PALETTE[number % len(PALETTE)], marker=MARKERS[number % len(MARKERS)],
            markersize=5, linewidth=1.5, elinewidth=1, capsize=3, label=scale,
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(PlainLogFormatter())
    axes.yaxis.set_minor_formatter(PlainLogFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y", alpha=0.3)
    axes.set_xlabel("axis of the latents (largest SD first)")


def said_of(rows: pd.DataFrame, scales: list[str]) -> str:
    """'none: zT 0.012 (0.010 to 0.014), zE ...; ...': the number that tells a collapse."""
    least, said = least_sds(rows), []
    for scale in scales:
        parts = []
        for representation, values in least[scale].groupby("representation", sort=False):
            spread = f" ({values.min():.2g} to {values.max():.2g})" if len(values) > 1 else ""
            parts.append(f"{representation} {values.mean():.2g}{spread}")
        networks = least[scale].index.droplevel("representation").nunique()
        said.append(f"{scale} (n = {networks}): {', '.join(parts)}")
    return "; ".join(said)


def draw(run: Run) -> Drawn:
    rows = compared(run).dropna(subset=["sd"])
    scales = list(dict.fromkeys(rows["scale"]))
    representations = list(dict.fromkeys(rows["representation"]))
    columns = min(MOST_PANELS_WIDE, len(representations))
    lines = -(-len(representations) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(3.6 * columns + 1.8, 3.2 * lines), squeeze=False, sharey=True, layout="constrained")
    for axes, representation in zip(grid.flat, representations, strict=False):
        draw_panel(axes, rows[rows["representation"] == representation], scales)
        axes.set_title(f"latents of {representation[1:]}")
    for axes in list(grid.flat)[len(representations) :]:
        axes.set_visible(False)
    for line in grid:
        line[0].set_ylabel("SD of the training cells")
    grid[0][-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title="coupling.scale", fontsize=8)
    sizes = [len(own[["variant", "fold", "init"]].drop_duplicates()) for _, own in rows.groupby("scale")]
    floor = f" SDs below {LEAST_SD:g} are drawn there." if (rows["sd"] < LEAST_SD).any() else ""
    caption = (
        "SD of the training cells' latents along each principal axis (singular values over the root of cells less one), for each divisor of the coupling's distance: mean over "
        f"n = {counts_text(sizes)} networks of one split (line), from the least to the greatest of them (bars). An axis near 0 is a dimension that the coupling has let collapse. "
        f"SD along the least axis, mean over networks (range): {said_of(rows, scales)}.{floor} Of {', '.join(dict.fromkeys(rows['variant']))}."
    )
    return Drawn(figure, caption)
