"""How many Gaussian components describe the latents best."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cplae_analysis.figures.run_folder import Run
from cplae_analysis.figures.style import INK, PALETTE, Drawn, LeftOut

MOST_VARIANTS = 6


def draw_curves(axes: Axes, rows: pd.DataFrame) -> int:
    """One curve a network, a dot at its least BIC; returns how many."""
    networks = list(rows.groupby(["fold", "init"], sort=False))
    shades = plt.get_cmap("cividis")(np.linspace(0.05, 0.85, len(networks)))
    for shade, (_, own) in zip(shades, networks, strict=True):
        own = own.sort_values("components")
        axes.plot(own["components"], own["bic"], color=shade, linewidth=1.3, alpha=0.9)
        if own["bic"].notna().any():
            best = own.loc[own["bic"].idxmin()]
            axes.plot(best["components"], best["bic"], "o", color=shade, markeredgecolor="white", markersize=7)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set(xlabel="components", ylabel="BIC (less is better)")
    return len(networks)


def draw_histogram(axes: Axes, bins: pd.DataFrame) -> None:
    left, right = bins["bin_left"].to_numpy(), bins["bin_right"].to_numpy()
    axes.bar(left, bins["count"], width=right - left, align="edge", color=PALETTE[4], edgecolor="white")
    modal = bins["modal_components"].iloc[0]
    axes.axvline(modal, color=INK, linestyle="--", linewidth=1.2)
    axes.annotate(
        f"mode: {modal:g}", (modal, 1), xycoords=("data", "axes fraction"), xytext=(4, 3), textcoords="offset points"
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set(xlabel="components of least BIC", ylabel="networks")


def end_of_range(run: Run, variant: str) -> str:
    """', an end of the counts tried (15 to 45)' where the variant's modal best count is the first or the last of them, else ''.

    As consensus.csv says (`components_at_end`), or, where a variant has no consensus clusters, as the counts in bic.csv do.
    """
    bins, bic, consensus = (run.tables[name] for name in ("cluster_counts", "bic", "consensus"))
    tried, modal = bic[bic["variant"] == variant]["components"], bins[bins["variant"] == variant]["modal_components"]
    if not len(tried) or not len(modal):
        return ""
    said = consensus[(consensus["variant"] == variant) & (consensus["measure"] == "components_at_end")]["value"] if len(consensus) else ()
    at_end = bool(said.iloc[0]) if len(said) else modal.iloc[0] in (tried.min(), tried.max())
    return f", an end of the counts tried ({tried.min():g} to {tried.max():g})" if at_end else ""


def draw(run: Run) -> Drawn:
    bic, bins = run.tables["bic"], run.tables["cluster_counts"]
    if not len(bic):
        asked = any(entry.get("components") for entry in run.study["experiment"])
        raise LeftOut("every network or mixture failed" if asked else "the study asks for no Gaussian mixtures")
    variants = [variant for variant in run.variants if variant.id in set(bic["variant"])]
    shown = variants[:MOST_VARIANTS]
    figure, grid = plt.subplots(
        len(shown), 2, figsize=(8.4, 3.1 * len(shown)), squeeze=False, width_ratios=(1.5, 1), layout="constrained"
    )
    said = []
    for (curves, histogram), variant in zip(grid, shown, strict=True):
        count = draw_curves(curves, bic[bic["variant"] == variant.id])
        curves.set_title(variant.label, loc="left")
        own = bins[bins["variant"] == variant.id]
        if len(own):
            draw_histogram(histogram, own)
        else:
            histogram.set_visible(False)
        mode = f", modal count {own['modal_components'].iloc[0]:g}{end_of_range(run, variant.id)}" if len(own) else ""
        said.append(f"{variant.label}: n = {count} networks{mode}")
    caption = (
        f"Gaussian mixtures on the latents of {run.modalities[0]}. Left: Bayesian information criterion against the number of "
        "components, one curve a network, dot: its least. Right: these best numbers in bins of the Freedman-Diaconis rule, "
        f"dashed: the modal number. {'; '.join(said)}."
        + (" Of a mode at an end of the counts tried, counts beyond it may describe the cells better." if any("an end of the counts" in text for text in said) else "")
    )
    if len(variants) > len(shown):
        caption += f" The first {len(shown)} of {len(variants)} variants are drawn; tables/bic.csv has all."
    return Drawn(figure, caption)
