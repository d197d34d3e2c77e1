"""Means of types, measured and decoded from another modality: the panels of the paper's Figure 2."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import MOST_PANELS_WIDE, Measure, draw_matrices
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import EARLIER, Run, Variant
from cplae_analysis.figures.style import Drawn, LeftOut, colours, counts_text, dots_with_mean, mean_and_sd, name_places, panels_of_strips, places

MOST_FEATURES = 60
MOST_DIRECTIONS = 4
MOST_TARGETS = 8
CHOICES = {
    "panel": "the features of the study's list",
    "r2": "the features whose R² within the modality is above 0.25 (a choice on the same cells)",
}


def tables_of(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    means, correlations = run.tables["typewise"], run.tables["type_correlations"]
    if not len(correlations):
        raise LeftOut(f"no cross-validation with labels has three features to compare, or {EARLIER}")
    return means, correlations


def chosen_variant(run: Run, correlations: pd.DataFrame) -> Variant:
    """Of the first experiment with types: the trained variant of most coupling."""
    known = [variant for variant in run.variants if not variant.is_baseline and variant.id in set(correlations["variant"])]
    if not known:
        raise LeftOut("every network failed")
    own = [variant for variant in known if variant.experiment == known[0].experiment]
    return max(own, key=run.coupling_of)


def across(table: pd.DataFrame, modalities: list[str]) -> tuple[list[tuple[str, str]], str]:
    """Directions between modalities, or those within where a study has one: of many one to each modality, and what to say of the others."""
    pairs = [tuple(pair) for pair in table[["from", "to"]].drop_duplicates().to_numpy()]
    pairs = [pair for pair in pairs if pair[0] != pair[1]] or pairs
    if len(pairs) <= MOST_DIRECTIONS:
        return pairs, ""
    single = [pair for pair in pairs if pair[0] in modalities]
    first = {}
    for start, end in sorted(single, key=lambda pair: modalities.index(pair[0])):
        first.setdefault(end, (start, end))
    shown = [first[end] for end in modalities if end in first][:MOST_TARGETS]
    return shown, f" Of {len(pairs)} directions one to each modality is drawn{'' if len(shown) == len(first) else f', to the first {MOST_TARGETS}'}, from the first of the others."


def scaled(rows: pd.DataFrame, side: str) -> pd.DataFrame:
    """[types x features], each feature over its largest mean by magnitude, in the order of the table."""
    wide = rows.pivot(index="type", columns="feature", values=side)
    wide = wide.loc[rows["type"].unique(), rows["feature"].unique()]
    return wide / wide.abs().max().replace(0, 1)


def draw_means(axes: Axes, values: pd.DataFrame, rows: list[str], columns: list[str], title: str):
    image = axes.imshow(values.to_numpy(), cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_title(title, fontsize=9)
    axes.set_yticks(range(len(rows)), rows, fontsize=6)
    axes.set_xticks(range(len(columns)), columns, fontsize=6, rotation=90)
    axes.tick_params(length=0)
    return image


def draw(run: Run) -> Drawn:
    means, correlations = tables_of(run)
    variant = chosen_variant(run, correlations)
    means, correlations = means[means["variant"] == variant.id], correlations[correlations["variant"] == variant.id]
    pairs, hidden = across(means, run.modalities)
    types = means["type"].nunique()
    short = short_names([*means["type"], *means["feature"], *run.modalities])
    figure, grid = plt.subplots(
        len(pairs), 2, figsize=(13, (1.6 + 0.14 * max(types, 8)) * len(pairs)), squeeze=False, layout="constrained"
    )
    said = []
    for row, (start, end) in zip(grid, pairs, strict=True):
        own = means[(means["from"] == start) & (means["to"] == end)]
        found = correlations[(correlations["from"] == start) & (correlations["to"] == end)]
        by_type = found[found["over"] == "features"].set_index("name")
        by_feature = found[found["over"] == "types"].set_index("name")
        shown = [scaled(own, side).iloc[:, :MOST_FEATURES] for side in ("measured", "decoded")]
        columns = [short[name] for name in shown[0].columns]
        draw_means(row[0], shown[0], [short[name] for name in shown[0].index], columns, f"{short[end]}, measured")
        labels = [f"{by_type['pearson'].get(name, np.nan):.2f}" for name in shown[1].index]
        image = draw_means(row[1], shown[1], labels, columns, f"{short[end]} decoded from {short[start]}; r of each type")
        figure.colorbar(image, ax=row[1], shrink=0.6)
        said.append(described(found, by_type, by_feature, (start, end)))
    caption = (
        f"{variant.label}: means of each type of more than 10 cells over the held-out cells of {correlations['folds'].max():g} folds, each cell decoded by "
        "the network that did not learn from it. Each feature is divided by its largest mean by magnitude, measured and decoded separately, as in the paper. "
        + " ".join(said)
        + f" ± is the SD over types or features.{hidden}"
    )
    return Drawn(figure, caption)


def described(found: pd.DataFrame, by_type: pd.DataFrame, by_feature: pd.DataFrame, pair: tuple[str, str]) -> str:
    """'T → E: r .98 ± .02 over 17 types, ...'"""
    text = f"{pair[0]} → {pair[1]}, over {len(by_feature)} features, {CHOICES[found['panel'].iloc[0]]}: "
    mean, sd = mean_and_sd(by_type["pearson"])
    centred, centred_sd = mean_and_sd(by_type["pearson_centred"])
    feature, feature_sd = mean_and_sd(by_feature["pearson"])
    hidden = f"; the first {MOST_FEATURES} are drawn" if len(by_feature) > MOST_FEATURES else ""
    return (
        f"{text}r of a type {mean:.2f} ± {sd:.2f} ({len(by_type)} types), without the features' means over types {centred:.2f} ± {centred_sd:.2f}; "
        f"of a feature over types {feature:.2f} ± {feature_sd:.2f}{hidden}."
    )


def draw_strips(run: Run, correlations: pd.DataFrame, variants: list[Variant], columns: dict[str, str]) -> tuple[Figure, str]:
    """A panel a direction and column, a dot a type; and what to say of directions that are not drawn."""
    pairs, hidden = across(correlations, run.modalities)
    panels = [(pair, column) for pair in pairs for column in columns]
    figure, grid = panels_of_strips(variants, len(panels), most_columns=2, height=2.8)
    colour = colours(run.variants)
    titles = short_names([f"{start} → {end}: {name}" for start, end in pairs for name in columns.values()], MOST_IN_TITLE)
    for axes, ((start, end), column) in zip(grid.flat, panels, strict=False):
        own = correlations[(correlations["from"] == start) & (correlations["to"] == end)]
        for place, variant in zip(places(variants), variants, strict=True):
            values = own.loc[own["variant"] == variant.id, column].dropna().to_numpy()
            if len(values):
                dots_with_mean(axes, place, values, colour[variant.id])
        axes.set_title(titles[f"{start} → {end}: {columns[column]}"])
        axes.grid(axis="y", alpha=0.3)
        name_places(axes, variants)
    return figure, hidden


def draw_correlations(run: Run) -> Drawn:
    """Every variant and baseline, across modalities: one dot a type, or matrices where there are many modalities."""
    _, correlations = tables_of(run)
    correlations = correlations[correlations["over"] == "features"]
    variants = [variant for variant in run.variants if variant.id in set(correlations["variant"])]
    many, columns, hidden = len(run.modalities) > MOST_PANELS_WIDE, {"pearson": "r of means", "pearson_centred": "r, centred"}, ""
    if many:
        figure = draw_matrices([Measure(name, correlations, column, 0, 1) for column, name in columns.items()], variants, run.modalities)
    else:
        figure, hidden = draw_strips(run, correlations, variants, columns)
    counts = correlations.dropna(subset=["pearson"]).groupby(["variant", "from", "to"]).size()
    of_types = f"n = {counts_text(list(counts)) if len(counts) else 'no'} types"
    caption = (
        "Correlation of measured with decoded means of a type over its features, "
        + (f"mean and SD (small) over {of_types} of more than 10 cells. " if many else f"one dot a type of more than 10 cells, bar: mean over {of_types}. ")
        + f"Held-out cells of all {counts_text([int(count) for count in correlations['folds'].dropna()])} folds, "
        "each predicted by the network or baseline that did not learn from it; the same types and features for all. r of means: scaled as in the paper; the baseline `mean`, "
        "if the study has it, shows how much of r is the profile that all types share. Centred: less each feature's mean over types, so that only what tells types apart counts." + hidden
    )
    return Drawn(figure, caption)
