"""Training histories."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter

from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import Drawn, LeftOut, PlainLogFormatter, colours, counts_text

PARTS = {"train": "training batches", "validation": "held-out cells"}


def draw_history(axes: Axes, rows: pd.DataFrame, variant: Variant, colour: str) -> int:
    """Mean and SD at the steps that all networks of the variant have; returns how many networks."""
    networks = len(rows[["fold", "init"]].drop_duplicates())
    at = rows.groupby("step")["value"].agg(["count", "mean", "std"])
    at = at[at["count"] == networks]
    spread = at["std"].fillna(0)
    axes.plot(at.index, at["mean"], color=colour, linewidth=1.5, label=variant.label)
    # The lower edge stays above 0, where a logarithmic axis ends.
    low = (at["mean"] - spread).clip(lower=0.5 * at["mean"].min())
    axes.fill_between(at.index, low, at["mean"] + spread, color=colour, alpha=0.18, linewidth=0)
    return networks


def mark_kept(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    kept = rows[rows["kept"] == 1]
    axes.scatter(kept["step"], kept["value"], s=9, color=colour, alpha=0.6, linewidths=0, zorder=3)


def draw(run: Run) -> Drawn:
    table = run.tables["losses"]
    table = table[table["term"] == "total"]
    if not len(table):
        raise LeftOut("every network failed")
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    colour = colours(run.variants)
    figure, grid = plt.subplots(1, 2, figsize=(9.2, 3.4), layout="constrained")
    sizes = []
    for axes, (part, name) in zip(grid, PARTS.items(), strict=True):
        for variant in variants:
            rows = table[(table["variant"] == variant.id) & (table["part"] == part)]
            if not len(rows):
                continue
            sizes.append(draw_history(axes, rows, variant, colour[variant.id]))
            if part == "validation":
                mark_kept(axes, rows, colour[variant.id])
        axes.set(title=name, xlabel="training steps", ylabel="loss (sum of its terms)")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        values = table[table["part"] == part]["value"]
        if len(values) and values.min() > 0 and values.max() > 8 * values.min():
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(PlainLogFormatter())
            axes.yaxis.set_minor_formatter(PlainLogFormatter())
        axes.grid(alpha=0.3)
    grid[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8 if len(variants) <= 12 else 5)
    caption = (
        f"Loss against training steps: mean (line) and SD (band) over n = {counts_text(sizes)} {run.replicate_words()} of each "
        "variant. Dots: the kept networks. The training loss has dropout, noise, the weight λ of the coupling and the decoders' "
        "augmentation in it, the held-out loss has not, so the two levels are not to be compared."
    )
    return Drawn(figure, caption)
