"""Which features of each modality are predicted well, within and across, and how all of them are distributed."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.names import short_names
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, counts_text

# Up to so many features of a modality are all drawn by name; of more, the best, the worst, and the study's panel.
MOST_FEATURES = 45
BEST, WORST, MOST_OF_PANEL = 15, 10, 25
LEAST_R2 = -0.25


@dataclass(frozen=True)
class Chosen:
    """The features of a modality that are drawn by name, in groups: [(name of the group, its features)]; and how many there are in all."""

    groups: list[tuple[str, list[str]]]
    count: int

    @property
    def features(self) -> list[str]:
        return [feature for _, features in self.groups for feature in features]


def chosen_variant(run: Run, table: pd.DataFrame) -> Variant:
    """Of the first experiment with results: the variant with the greatest mean R2 from single modalities to others, which all have."""
    trained = [v for v in run.variants if not v.is_baseline and v.id in set(table["variant"])]
    if not trained:
        raise LeftOut("every network failed")
    own = [variant for variant in trained if variant.experiment == trained[0].experiment]
    across = table[(table["from"] != table["to"]) & table["from"].isin(run.modalities)].groupby("variant")["r2"].mean()
    return max(own, key=lambda variant: across.get(variant.id, -np.inf))


def panel_of(run: Run, target: str) -> list[str]:
    """The features of the study's list for a modality, as type_correlations.csv names them."""
    table = run.tables["type_correlations"]
    if not len(table):
        return []
    own = table[(table["to"] == target) & (table["over"] == "types") & (table["panel"] == "panel")]
    return list(dict.fromkeys(own["name"]))


def choose(ordered: list[str], panel: list[str]) -> Chosen:
    """Of features from best to worst: all, or the best, those of the panel (in the same order) and the worst; none twice."""
    if len(ordered) <= MOST_FEATURES:
        return Chosen([("", ordered)], len(ordered))
    best, worst = ordered[:BEST], ordered[-WORST:]
    listed = set(panel) - {*best, *worst}
    middle = [feature for feature in ordered if feature in listed][:MOST_OF_PANEL]
    groups = [(f"best {BEST}", best), ("panel", middle), (f"worst {WORST}", worst)]
    return Chosen([group for group in groups if group[1]], len(ordered))


def draw_bars(axes: Axes, stats: pd.DataFrame, sources: list[str], target: str, chosen: Chosen) -> None:
    """The chosen features, a bar for each source; lines between the groups."""
    shown = chosen.features
    height = 0.8 / len(sources)
    for number, source in enumerate(sources):
        if source not in stats.index.get_level_values(0):
            continue
        own = stats.loc[source].reindex(shown)
        at = np.arange(len(shown)) + (number - (len(sources) - 1) / 2) * height
        cut = own["mean"] < LEAST_R2
        for place, value in zip(at[cut], own["mean"][cut], strict=True):
            axes.text(0.02, place, f"{value:.2g}", va="center", fontsize=6, color=PALETTE[number])
        axes.barh(at, own["mean"], height=height, xerr=own["std"].where(~cut).fillna(0), color=PALETTE[number], label=direction(source, target), error_kw={"elinewidth": 0.7, "ecolor": "#555555"})
    short = short_names(shown)
    axes.set_yticks(np.arange(len(shown)), [short[name] for name in shown], fontsize=7.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(left=max(axes.get_xlim()[0], LEAST_R2), right=min(1.0, axes.get_xlim()[1]))
    start = 0
    for name, features in chosen.groups:
        if start:
            axes.axhline(start - 0.5, color="#555555", linewidth=0.8, linestyle=":")
        axes.text(0.99, start - 0.45, name, transform=axes.get_yaxis_transform(), ha="right", va="top", fontsize=7.5, style="italic")
        start += len(features)
    axes.set_xlabel("R² on held-out cells")
    axes.set_title(f"features of {target}", loc="left")
    axes.grid(axis="x", alpha=0.3)


def direction(source: str, target: str) -> str:
    return f"{source} → {target}" + (" (within)" if source == target else " (across)")


def draw_distribution(axes: Axes, stats: pd.DataFrame, sources: list[str], target: str) -> str:
    """A curve a direction: the share of features whose mean R² is at least so much; returns medians in words."""
    said = []
    for number, source in enumerate(sources):
        if source not in stats.index.get_level_values(0):
            continue
        values = np.sort(stats.loc[source]["mean"].dropna().to_numpy())[::-1]
        if not len(values):
            continue
        share = np.arange(1, len(values) + 1) / len(values)
        axes.step(np.maximum(values, LEAST_R2), 100 * share, where="post", color=PALETTE[number], linewidth=1.5, label=direction(source, target))
        said.append(f"{source} → {target} {np.median(values):.2f} ({np.mean(values > 0):.0%} above 0, {len(values)} features)")
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(left=LEAST_R2)
    axes.set(xlabel="R² on held-out cells, at least", ylabel="features (%)", ylim=(0, 102))
    axes.set_title(f"all features of {target}", loc="left")
    axes.legend(fontsize=7.5)
    axes.grid(alpha=0.3)
    return ", ".join(said)


def draw_all(run: Run, stats: dict[str, pd.DataFrame], chosen: dict[str, Chosen]) -> tuple[Figure, list[str]]:
    """Distributions above, chosen features below, a column for each modality; and what the distributions' medians are."""
    most = max(len(one.features) for one in chosen.values())
    figure, grid = plt.subplots(
        2, len(chosen), figsize=(5.4 * len(chosen), 3.9 + 0.2 * most), squeeze=False, height_ratios=(2.6, 1.3 + 0.2 * most), layout="constrained"
    )
    medians = []
    for (above, below), target in zip(grid.T, chosen, strict=True):
        sources = [target, *(name for name in run.modalities if name != target)]
        medians.append(draw_distribution(above, stats[target], sources, target))
        draw_bars(below, stats[target], sources, target, chosen[target])
    return figure, medians


def said_of(target: str, chosen: Chosen) -> str:
    if len(chosen.groups) == 1:
        return ""
    panel = "".join(f", {len(features)} more of the study's panel" for name, features in chosen.groups if name == "panel")
    return f" Of the {chosen.count} features of {target} the best {BEST}{panel} and the worst {WORST} are named."


def draw(run: Run) -> Drawn:
    if len(run.modalities) < 2:
        raise LeftOut("the study has one modality")
    table = run.tables["features"]
    variant = chosen_variant(run, table)
    table = table[table["variant"] == variant.id]
    stats, chosen = {}, {}
    for target in run.modalities:
        own = table[table["to"] == target].groupby(["from", "feature"])["r2"].agg(["mean", "std"])
        if target in own.index.get_level_values(0) and own.loc[target]["mean"].notna().any():
            stats[target] = own
            ordered = list(own.loc[target]["mean"].sort_values(ascending=False, kind="stable").dropna().index)
            chosen[target] = choose(ordered, panel_of(run, target))
    if not chosen:
        raise LeftOut("no feature has an R² on held-out cells")
    figure, medians = draw_all(run, stats, chosen)
    sizes = table.groupby(["from", "to", "feature"]).size()
    caption = (
        f"R² of each feature on the held-out cells of {variant.label} (the variant of {variant.experiment} with the greatest mean R² across modalities, from one to another). Above: share of features "
        f"that reach an R²; medians: {'; '.join(medians)}. Below: single features in the order of the prediction within the modality; bars: mean over n = {counts_text(list(sizes))} "
        f"{run.replicate_word(variant)}, lines: SD. What is below {LEAST_R2} is drawn there; of single features it is written beside the bar.{''.join(said_of(*item) for item in chosen.items())}"
    )
    return Drawn(figure, caption)
