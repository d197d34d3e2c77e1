"""Which features of the other modalities are predicted well."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cplae_analysis.figures.names import short_names
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, counts_text

MOST_FEATURES = 45
LEAST_R2 = -0.25


def chosen_variant(run: Run, table: pd.DataFrame) -> Variant:
    """Of the first experiment with results: the variant with the greatest mean R2 across modalities."""
    trained = [v for v in run.variants if not v.is_baseline and v.id in set(table["variant"])]
    if not trained:
        raise LeftOut("every network failed")
    own = [variant for variant in trained if variant.experiment == trained[0].experiment]
    across = table[table["from"] != table["to"]].groupby("variant")["r2"].mean()
    return max(own, key=lambda variant: across.get(variant.id, -np.inf))


def draw_bars(axes: Axes, rows: pd.DataFrame, sources: list[str], target: str) -> int:
    """Features from best to worst within, a bar for each source; returns how many features there are."""
    stats = rows.groupby(["from", "feature"])["r2"].agg(["mean", "std"])
    order = stats.loc[target]["mean"].sort_values(ascending=False).index
    shown = order[:MOST_FEATURES]
    height = 0.8 / len(sources)
    for number, source in enumerate(sources):
        if source not in stats.index.get_level_values(0):
            continue
        own = stats.loc[source].reindex(shown)
        at = np.arange(len(shown)) + (number - (len(sources) - 1) / 2) * height
        axes.barh(
            at,
            own["mean"],
            height=height,
            xerr=own["std"].fillna(0),
            color=PALETTE[number],
            label=f"{source} → {target}" + (" (within)" if source == target else " (across)"),
            error_kw={"elinewidth": 0.7, "ecolor": "#555555"},
        )
    short = short_names(order)
    axes.set_yticks(np.arange(len(shown)), [short[name] for name in shown], fontsize=7.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(left=max(axes.get_xlim()[0], LEAST_R2))
    axes.set_xlabel("R² on held-out cells")
    axes.grid(axis="x", alpha=0.3)
    return len(order)


def draw(run: Run) -> Drawn:
    if len(run.modalities) < 2:
        raise LeftOut("the study has one modality")
    table = run.tables["features"]
    variant = chosen_variant(run, table)
    table = table[table["variant"] == variant.id]
    targets = [name for name in run.modalities[1:] if ((table["to"] == name) & (table["from"] == name)).any()]
    if not targets:
        raise LeftOut("no held-out cell has another modality than the first")
    most = max(min(MOST_FEATURES, table[table["to"] == name]["feature"].nunique()) for name in targets)
    figure, grid = plt.subplots(
        1, len(targets), figsize=(5.6 * len(targets), 1.3 + 0.2 * most), squeeze=False, layout="constrained"
    )
    said = []
    for axes, target in zip(grid[0], targets, strict=True):
        sources = [target, *(name for name in run.modalities if name != target)]
        count = draw_bars(axes, table[table["to"] == target], sources, target)
        axes.legend(loc="lower right")
        axes.set_title(f"features of {target}", loc="left")
        if count > MOST_FEATURES:
            said.append(f" The best {MOST_FEATURES} of the {count} features of {target} are drawn.")
    sizes = table.groupby(["from", "to", "feature"]).size()
    caption = (
        f"R² of each feature on the held-out cells of {variant.label} (the variant of {variant.experiment} with the greatest mean R² "
        f"across modalities), in the order of the prediction within the modality. Bars: mean over n = {counts_text(list(sizes))} "
        f"{run.replicate_word(variant)}, lines: SD; what is below {LEAST_R2} is cut off.{''.join(said)}"
    )
    return Drawn(figure, caption)
