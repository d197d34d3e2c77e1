"""Networks of one split that predict together: is their average better, and does their spread tell errors?"""

import pandas as pd
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import MOST_PANELS_WIDE, Measure, draw_matrices
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import EARLIER, Run, Variant
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, name_places, panels_of_strips, places

MOST_PANELS = 12
GAIN = 0.05  # where colours of gains end
SHOWN = {"of_members": ("mean of one network", "o"), "of_best_member": ("best network", "^"), "of_average": ("average", "D")}

SPREAD_AND_ERROR = ["within_two_spreads", "spread_error_correlation", "spread_error_correlation_within_features"]


def panels(table: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """(measure, from, to, label): R² of every direction, then accuracies."""
    found = []
    for measure in ("r2", "accuracy"):
        own = table[table["measure"] == f"{measure}_of_average"]
        found += [(measure, *row) for row in own[["from", "to", "label"]].drop_duplicates().to_numpy()]
    return found


def title(measure: str, start: str, end: str, label: str) -> str:
    return f"R² {start} → {end}" if measure == "r2" else f"accuracy of {label} from z{start}"


def calibrated(table: pd.DataFrame, variant: str) -> str:
    """Of directions across modalities: how the spread stands to the errors; of those that have all measures of it."""
    own = table[(table["variant"] == variant) & (table["to"] != "") & (table["from"] != table["to"])]
    said = []
    for (start, end), rows in own.groupby(["from", "to"], sort=False):
        values = rows.set_index("measure")["value"].reindex(SPREAD_AND_ERROR)
        if values.isna().any():
            continue
        within, every, features = values
        said.append(f"{start} → {end}: {within:.0%} of entries within two spreads, rank correlation of spread and error {every:.2f} over all entries, {features:.2f} within features")
    return "; ".join(said)


def calibrated_text(table: pd.DataFrame, variant: str, modalities: list[str]) -> str:
    """Of many directions the least and the greatest; '' where a measure is missing, as where no cell has two modalities."""
    if len(modalities) <= MOST_PANELS_WIDE:
        return calibrated(table, variant)
    own = table[(table["variant"] == variant) & (table["to"] != "") & (table["from"] != table["to"]) & table["from"].isin(modalities)]
    ends = own.groupby("measure")["value"].agg(["min", "max"]).reindex(SPREAD_AND_ERROR)
    if ends.isna().any(axis=None):
        return ""
    within, every, features = ends.to_numpy()
    return (
        f"over the directions across, {within[0]:.0%} to {within[1]:.0%} of entries within two spreads, rank correlation of spread and error "
        f"{every[0]:.2f} to {every[1]:.2f} over all entries, {features[0]:.2f} to {features[1]:.2f} within features"
    )


def draw_strips(table: pd.DataFrame, variants: list[Variant], shown: list[tuple[str, str, str, str]]) -> Figure:
    figure, grid = panels_of_strips(variants, len(shown), most_columns=4, height=2.6)
    titles = short_names([title(*panel) for panel in shown], MOST_IN_TITLE)
    for axes, (measure, start, end, label) in zip(grid.flat, shown, strict=False):
        own = table[(table["from"] == start) & (table["to"] == end) & (table["label"] == label)]
        for number, (name, (words, marker)) in enumerate(SHOWN.items()):
            values = own[own["measure"] == f"{measure}_{name}"].set_index("variant")["value"]
            at = [values.get(variant.id, float("nan")) for variant in variants]
            axes.scatter(places(variants), at, s=34, marker=marker, color=PALETTE[number], label=words, zorder=3)
        axes.set_title(titles[title(measure, start, end, label)])
        axes.grid(axis="y", alpha=0.3)
        name_places(axes, variants)
    grid.flat[0].legend(fontsize=7)
    return figure


def draw_gains(table: pd.DataFrame, variants: list[Variant], modalities: list[str]) -> Figure:
    """Matrices: R² of the average, and by how much it is ahead of the mean of one network."""
    wide = table[table["to"] != ""].pivot_table(index=["variant", "from", "to"], columns="measure", values="value", aggfunc="first").reset_index()
    # Of measures without any number there is no column.
    wide = wide.reindex(columns=["variant", "from", "to", "r2_of_average", "r2_of_members"])
    wide["gain"] = wide["r2_of_average"] - wide["r2_of_members"]
    measures = [Measure("R² of the average", wide, "r2_of_average", 0, 1), Measure("gain over one network", wide, "gain", -GAIN, GAIN, 3, "RdBu")]
    return draw_matrices(measures, variants, modalities)


def table_of(table: pd.DataFrame, variants: list[Variant], every: list[tuple[str, str, str, str]]) -> list[list[str]]:
    rows = []
    for variant in variants:
        own = table[table["variant"] == variant.id].set_index(["measure", "from", "to", "label"])["value"]
        for measure, *panel in every:
            values = [own.get((f"{measure}_{name}", *panel), float("nan")) for name in SHOWN]
            if not all(pd.isna(value) for value in values):
                rows.append([title(measure, *panel), variant.label, *(f"{value:.3f}" for value in values)])
    return rows


def draw(run: Run) -> Drawn:
    table = run.tables["ensembles"]
    if not len(table):
        raise LeftOut(f"no variant has three networks on one split, or {EARLIER}")
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    every, many, hidden = panels(table), len(run.modalities) > MOST_PANELS_WIDE, ""
    if many:
        figure = draw_gains(table, variants, run.modalities)
        every = [panel for panel in every if "+" not in panel[1]]
        hidden = " Accuracies are in the figure's numbers, several modalities at once in ensembles.csv."
    else:
        figure = draw_strips(table, variants, every[:MOST_PANELS])
        hidden = f" The first {MOST_PANELS} of {len(every)} measures are drawn." if len(every) > MOST_PANELS else ""
    first = variants[0]
    said = calibrated_text(table, first.id, run.modalities)
    members = table.loc[table["variant"] == first.id, "members"].max()
    caption = (
        "Held-out cells of the one split. R² of the mean of what the networks decode, against the mean and the best of one network (which is best is known "
        "afterwards only); accuracy by the mean of their latents, after one orthogonal map a network onto the first. "
        f"{first.label}, {members:g} networks{f': {said}' if said else ''}. Networks that differ in their initial weights alone know nothing of noise, so their spread is no error bar.{hidden}"
    )
    return Drawn(figure, caption, (("number", "variant", *(words for words, _ in SHOWN.values())), table_of(table, variants, every)))
