"""What coupling costs: losses on held-out cells relative to lambda = 0."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.run_folder import EARLIER, Run
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, counts_text

NOT_SETTINGS = ("experiment", "variant", "lambda", "term", "loss", "n", "reference", "reference_loss", "reference_n", "relative")
MARKERS = "os^Dvp*"
MOST_COLUMNS = 4
MOST_PANELS = 8


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


def look_of(number: int) -> dict:
    """Colours first and then other marks: as many settings look different as there are pairs of both."""
    return {"marker": MARKERS[number // len(PALETTE) % len(MARKERS)], "color": PALETTE[number % len(PALETTE)]}


def draw_terms(axes: Axes, rows: pd.DataFrame, terms: list[str], settings: list[tuple[str, str]]) -> None:
    """The terms beside one another, a mark for each setting."""
    for number, (coupling, setting) in enumerate(settings):
        own = rows[(rows["lambda"] == coupling) & (rows["setting"] == setting)].set_index("term").reindex(terms)
        at = [place + 0.6 * ((number + 0.5) / len(settings) - 0.5) for place in range(len(terms))]
        look = look_of(number) | {"markersize": 4.5, "linestyle": ""}
        axes.errorbar(at, own["relative"], yerr=own["spread"], elinewidth=1, capsize=2.5, label=f"λ = {coupling}" + (f", {setting}" if setting else ""), **look)
    axes.axhline(1, color="#888888", linewidth=0.8)
    axes.set_xticks(range(len(terms)), [term.partition("_")[2].replace("_", " ") for term in terms], rotation=40, ha="right", rotation_mode="anchor")
    axes.grid(axis="y", alpha=0.3)


def draw_all_terms(own: pd.DataFrame, terms: list[str]) -> Figure:
    """Of many terms: reconstructions in one panel, couplings in another."""
    kinds = [(kind, [term for term in terms if term.partition("_")[0] == kind]) for kind in dict.fromkeys(term.partition("_")[0] for term in terms)]
    settings = [tuple(pair) for pair in own.sort_values("at", kind="stable")[["lambda", "setting"]].drop_duplicates().to_numpy()]
    widths = [max(2.5, 0.42 * len(found) + 0.6) for _, found in kinds]
    figure, grid = plt.subplots(1, len(kinds), figsize=(min(16, sum(widths) + 2.2), 3.8), width_ratios=widths, squeeze=False, layout="constrained")
    for axes, (kind, found) in zip(grid.flat, kinds, strict=True):
        draw_terms(axes, own, found, settings)
        axes.set_title(kind)
    grid[0][0].set_ylabel("loss relative to λ = 0")
    grid[0][-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return figure


def draw_curves(own: pd.DataFrame, terms: list[str]) -> Figure:
    """A panel a term, a line a setting, against lambda."""
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
            look = look_of(number) | {"markersize": 4, "label": setting}
            axes.errorbar(rows["at"], rows["relative"], yerr=rows["spread"], elinewidth=1, capsize=2.5, **look)
        axes.axhline(1, color="#888888", linewidth=0.8)
        axes.set(xlabel="λ", title=term.replace("_", " "))
        if own["at"].nunique() == 1:
            axes.set_xticks([own["at"].iloc[0]])
        axes.grid(alpha=0.3)
    for row in grid:
        row[0].set_ylabel("loss relative to λ = 0")
    if own["setting"].any():
        grid[0][-1].legend(fontsize=7)
    return figure


def draw(run: Run) -> Drawn:
    table = run.tables["relative"]
    if not len(table):
        raise LeftOut(f"no experiment has lambda = 0 beside another lambda, or {EARLIER}")
    name = chosen_experiment(table)
    own = table[table["experiment"] == name].copy()
    own["setting"], own["at"], own["spread"] = other_settings(own), pd.to_numeric(own["lambda"]), spreads(run, own)
    terms = list(own["term"].unique())
    figure = (draw_curves if len(terms) <= MOST_PANELS else draw_all_terms)(own, terms)
    caption = (
        f"{name}: each term of the loss of the kept networks on held-out cells, mean over n = {counts_text([int(n) for n in own['n']])} network{'s' if own['n'].max() > 1 else ''}, over that of the variant of "
        "λ = 0 with all else equal. mse: error of reconstruction within a modality, without its weight; coupling: mean squared distance of the latents, which at λ = 0 is that "
        f"of two spaces that do not know of one another. {bars_text(own)}"
    )
    return Drawn(figure, caption)
