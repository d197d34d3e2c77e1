"""Which features of each modality are predicted well, within and across, and how all of them are distributed."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import balanced
from cplae_analysis.figures.names import short_names
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, counts_text
from cplae_analysis.pooled import is_many

# Up to so many features of a modality are all drawn by name; of more, the best, the worst, and the study's panel.
MOST_FEATURES = 45
BEST, WORST, MOST_OF_PANEL = 15, 10, 25
# Of many modalities fewer, beside one another in lines of a few, with one bar for all other modalities.
MOST_FEATURES_OF_MANY = 24
BEST_OF_MANY, WORST_OF_MANY, MOST_OF_PANEL_OF_MANY = 10, 6, 10
MOST_COLUMNS = 3
OTHERS = "the others"  # no modality: their names have no space
LEAST_R2 = -0.25
# Behind the names of groups, so that bars do not cross them.
NAME_BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
HEAD = ("from", "to", "features", "median R²", "above 0 (%)")


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
    across = table[(table["from"] != table["to"]) & table["from"].isin(run.modalities)].groupby("variant")["r2"].mean().dropna()
    return max(own, key=lambda variant: across.get(variant.id, -np.inf))


def panel_of(run: Run, target: str) -> list[str]:
    """The features of the study's list for a modality, as type_correlations.csv names them."""
    table = run.tables["type_correlations"]
    if not len(table):
        return []
    own = table[(table["to"] == target) & (table["over"] == "types") & (table["panel"] == "panel")]
    return list(dict.fromkeys(own["name"]))


def choose(ordered: list[str], panel: list[str], many: bool = False) -> Chosen:
    """Of features from best to worst: all, or the best, those of the panel (in the same order) and the worst; none twice."""
    if len(ordered) <= (MOST_FEATURES_OF_MANY if many else MOST_FEATURES):
        return Chosen([("", ordered)], len(ordered))
    first, last, most = (BEST_OF_MANY, WORST_OF_MANY, MOST_OF_PANEL_OF_MANY) if many else (BEST, WORST, MOST_OF_PANEL)
    best, worst = ordered[:first], ordered[-last:]
    listed = set(panel) - {*best, *worst}
    middle = [feature for feature in ordered if feature in listed][:most]
    groups = [(f"best {first}", best), ("panel", middle), (f"worst {last}", worst)]
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
            axes.text(0.02, place, f"{value:.2g}", va="center", fontsize=6, color=PALETTE[number % len(PALETTE)])
        axes.barh(at, own["mean"], height=height, xerr=own["std"].where(~cut).fillna(0), color=PALETTE[number % len(PALETTE)], label=direction(source, target), error_kw={"elinewidth": 0.7, "ecolor": "#555555"})
    short = short_names(shown)
    axes.set_yticks(np.arange(len(shown)), [short[name] for name in shown], fontsize=7.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(left=max(axes.get_xlim()[0], LEAST_R2), right=min(1.0, axes.get_xlim()[1]))
    start = 0
    for name, features in chosen.groups:
        if start:
            axes.axhline(start - 0.5, color="#555555", linewidth=0.8, linestyle=":")
        axes.text(0.99, start - 0.45, name, transform=axes.get_yaxis_transform(), ha="right", va="top", fontsize=7.5, style="italic", bbox=NAME_BOX)
        start += len(features)
    axes.set_xlabel("R² on held-out cells")
    axes.set_title(f"features of {target}", loc="left")
    axes.grid(axis="x", alpha=0.3)


def direction(source: str, target: str) -> str:
    return f"{source} → {target}" + (" (within)" if source == target else " (across)")


def draw_distribution(axes: Axes, stats: pd.DataFrame, sources: list[str], target: str) -> None:
    """A curve a direction: the share of features whose mean R² is at least so much."""
    for number, source in enumerate(sources):
        if source not in stats.index.get_level_values(0):
            continue
        values = np.sort(stats.loc[source]["mean"].dropna().to_numpy())[::-1]
        if not len(values):
            continue
        share = np.arange(1, len(values) + 1) / len(values)
        axes.step(np.maximum(values, LEAST_R2), 100 * share, where="post", color=PALETTE[number % len(PALETTE)], linewidth=1.5, label=direction(source, target))
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(left=LEAST_R2)
    axes.set(xlabel="R² on held-out cells, at least", ylabel="features (%)", ylim=(0, 102))
    axes.set_title(f"all features of {target}", loc="left")
    axes.legend(fontsize=7.5)
    axes.grid(alpha=0.3)


def medians_of(stats: pd.DataFrame, sources: list[str]) -> dict[str, tuple[float, float, int]]:
    """Source -> median over features of their mean R², share above 0, number of features."""
    found = {}
    for source in sources:
        values = stats.loc[source]["mean"].dropna().to_numpy() if source in stats.index.get_level_values(0) else np.array([])
        if len(values):
            found[source] = (float(np.median(values)), float(np.mean(values > 0)), len(values))
    return found


def medians_text(stats: pd.DataFrame, sources: list[str], target: str, many: bool) -> str:
    """Each direction's; of many the one within, and from where the least and the greatest comes."""
    found = medians_of(stats, sources)
    if not many:
        return ", ".join(f"{source} → {target} {median:.2f} ({share:.0%} above 0, {count} features)" for source, (median, share, count) in found.items())
    others = {source: median for source, (median, _, _) in found.items() if source != target}
    within = f"{target} within {found[target][0]:.2f} ({found[target][2]} features)" if target in found else target
    if not others:
        return within
    least, most = min(others, key=others.get), max(others, key=others.get)
    return f"{within}, from others {others[least]:.2f} ({least}) to {others[most]:.2f} ({most})"


def with_others(table: pd.DataFrame, target: str, modalities: list[str]) -> pd.DataFrame:
    """(from, feature) -> mean and SD over replicates, of `from` = the target itself and of the mean over the other modalities."""
    keys = ["fold", "init", "feature"]
    others = table[(table["from"] != target) & table["from"].isin(modalities)].groupby(keys, as_index=False)["r2"].mean().assign(**{"from": OTHERS})
    both = pd.concat([table[table["from"] == target], others])
    return both.groupby(["from", "feature"])["r2"].agg(["mean", "std"])


def draw_all(run: Run, stats: dict[str, pd.DataFrame], chosen: dict[str, Chosen], bars: dict[str, pd.DataFrame]) -> Figure:
    """Distributions above, chosen features below, a column for each modality; of many the columns stand in lines. `bars`: where other numbers than `stats` are drawn below."""
    columns = balanced(len(chosen), MOST_COLUMNS if bars else len(chosen))
    lines = -(-len(chosen) // columns)
    most = max(len(one.features) for one in chosen.values())
    heights = (2.6, 1.3 + 0.2 * most)
    width = 4.3 if columns > 2 else 5.4
    figure, grid = plt.subplots(
        2 * lines, columns, figsize=(width * columns, sum(heights) * lines), squeeze=False, height_ratios=heights * lines, layout="constrained"
    )
    for axes in [*grid[-2, len(chosen) - (lines - 1) * columns :], *grid[-1, len(chosen) - (lines - 1) * columns :]]:
        axes.set_visible(False)
    for number, target in enumerate(chosen):
        above, below = (grid[2 * (number // columns) + row, number % columns] for row in (0, 1))
        draw_distribution(above, stats[target], sources_of(run, target), target)
        draw_bars(below, bars.get(target, stats[target]), [target, OTHERS] if target in bars else sources_of(run, target), target, chosen[target])
    return figure


def sources_of(run: Run, target: str) -> list[str]:
    return [target, *(name for name in run.modalities if name != target)]


def said_of(target: str, chosen: Chosen) -> str:
    if len(chosen.groups) == 1:
        return ""
    best, worst = len(chosen.groups[0][1]), len(chosen.groups[-1][1])
    panel = "".join(f", {len(features)} more of the study's panel" for name, features in chosen.groups if name == "panel")
    return f" Of the {chosen.count} features of {target} the best {best}{panel} and the worst {worst} are named."


def table_of(run: Run, stats: dict[str, pd.DataFrame]) -> list[list[str]]:
    found = [(source, target, *own) for target in stats for source, own in medians_of(stats[target], sources_of(run, target)).items()]
    return [[source, target, str(count), f"{median:.3f}", f"{100 * share:.0f}"] for source, target, median, share, count in found]


def draw(run: Run) -> Drawn:
    if len(run.modalities) < 2:
        raise LeftOut("the study has one modality")
    table = run.tables["features"]
    variant = chosen_variant(run, table)
    table = table[table["variant"] == variant.id]
    stats, chosen, bars, many = {}, {}, {}, is_many(run)
    for target in run.modalities:
        own = table[table["to"] == target].groupby(["from", "feature"])["r2"].agg(["mean", "std"])
        if target in own.index.get_level_values(0) and own.loc[target]["mean"].notna().any():
            stats[target] = own
            ordered = list(own.loc[target]["mean"].sort_values(ascending=False, kind="stable").dropna().index)
            chosen[target] = choose(ordered, panel_of(run, target), many)
            if many:
                bars[target] = with_others(table[table["to"] == target], target, run.modalities)
    if not chosen:
        raise LeftOut("no feature has an R² on held-out cells")
    figure = draw_all(run, stats, chosen, bars)
    medians = [medians_text(stats[target], sources_of(run, target), target, many) for target in chosen]
    sizes = table.groupby(["from", "to", "feature"]).size()
    caption = (
        f"R² of each feature on the held-out cells of {variant.label} (the variant of {variant.experiment} with the greatest mean R² across modalities, from one to another). Above: share of features "
        f"that reach an R²; medians: {'; '.join(medians)}. Below: single features in the order of the prediction within the modality; {'of each two bars the upper one is within, the lower one the mean over the other modalities; ' if many else ''}bars: mean over n = {counts_text(list(sizes))} "
        f"{run.replicate_word(variant)}, lines: SD. What is below {LEAST_R2} is drawn there; of single features it is written beside the bar.{''.join(said_of(*item) for item in chosen.items())}"
    )
    return Drawn(figure, caption, (HEAD, table_of(run, stats)))
