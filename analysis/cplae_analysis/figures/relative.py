"""What coupling costs: losses on held-out cells relative to lambda = 0."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cplae_analysis.figures.run_folder import EARLIER, Run
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, counts_text

NOT_SETTINGS = ("experiment", "variant", "lambda", "term", "loss", "n", "reference", "reference_loss", "reference_n", "relative")
MARKERS = "os^Dvp*"
MOST_COLUMNS = 4


def other_settings(rows: pd.DataFrame) -> pd.Series:
    """'alpha_E = 0.5': what varies beside lambda; empty where nothing does."""
    varied = [column for column in rows.columns if column not in NOT_SETTINGS and rows[column].nunique() > 1]
    if not varied:
        return pd.Series("", index=rows.index)
    return rows[varied].apply(lambda row: ", ".join(f"{name} = {row[name]}" for name in varied), axis=1)


def chosen_experiment(table: pd.DataFrame) -> str:
    """The one with most settings."""
    return table.groupby("experiment", sort=False)["variant"].nunique().idxmax()


def spreads(run: Run, rows: pd.DataFrame) -> pd.Series:
    """Of each row: the SD over the variant's networks of its term, over the reference's mean loss as the row's number is; NaN of a single network."""
    losses = run.tables["losses"]
    kept = losses[(losses["kept"] == 1) & (losses["part"] == "validation")]
    sds = kept.groupby(["variant", "term"])["value"].std()
    found = [sds.get((row.variant, row.term), np.nan) / row.reference_loss for row in rows.itertuples()]
    return pd.Series(found, index=rows.index, dtype=float)


def bars_text(own: pd.DataFrame) -> str:
    if own["spread"].notna().any():
        single = " (none where there is one network)" if own["spread"].isna().any() else ""
        return f"Bars: SD of the term over these networks, over the same reference{single}; the reference's own spread is not in them."
    return "No bars: one network of each setting has no spread."


def draw(run: Run) -> Drawn:
    table = run.tables["relative"]
    if not len(table):
        raise LeftOut(f"no experiment has lambda = 0 beside another lambda, or {EARLIER}")
    name = chosen_experiment(table)
    own = table[table["experiment"] == name].copy()
    own["setting"], own["at"], own["spread"] = other_settings(own), pd.to_numeric(own["lambda"]), spreads(run, own)
    terms = list(own["term"].unique())
    columns = min(MOST_COLUMNS, len(terms))
    rows_of_panels = -(-len(terms) // columns)
    figure, grid = plt.subplots(
        rows_of_panels, columns, figsize=(max(4.2, 3.4 * columns), 3.2 * rows_of_panels), squeeze=False, layout="constrained"
    )
    for axes in list(grid.flat)[len(terms) :]:
        axes.set_visible(False)
    for axes, term in zip(grid.flat, terms, strict=False):
        for number, (setting, rows) in enumerate(own[own["term"] == term].groupby("setting", sort=False)):
            rows = rows.sort_values("at")
            look = {"marker": MARKERS[number % len(MARKERS)], "color": PALETTE[number % len(PALETTE)], "markersize": 4, "label": setting}
            axes.errorbar(rows["at"], rows["relative"], yerr=rows["spread"], elinewidth=1, capsize=2.5, **look)
        axes.axhline(1, color="#888888", linewidth=0.8)
        axes.set(xlabel="λ", title=term.replace("_", " "))
        axes.grid(alpha=0.3)
    for row in grid:
        row[0].set_ylabel("loss relative to λ = 0")
    if own["setting"].any():
        grid[0][-1].legend(fontsize=7)
    caption = (
        f"{name}: each term of the loss of the kept networks on held-out cells, mean over n = {counts_text([int(n) for n in own['n']])} network{'s' if own['n'].max() > 1 else ''}, over that of the variant of "
        "λ = 0 with all else equal. mse: error of reconstruction within a modality, without its weight; coupling: mean squared distance of the latents, which at λ = 0 is that "
        f"of two spaces that do not know of one another. {bars_text(own)}"
    )
    return Drawn(figure, caption)
