"""SD of the headline numbers over seeds, beside that over folds."""

import re
from collections.abc import Sequence

import pandas as pd

from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import Run, Variant, variant_label
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, metric_name, name_places, panels_of_strips, places
from cplae_analysis.pooled import is_many
from cplae_analysis.spreads import scores, spreads

MOST_PANELS = 16
HEAD = ("number", "variant", "mean", "SD over seeds", "seeds × splits", "SD over folds", "folds")


def stability(run: Run) -> pd.DataFrame:
    """Raises LeftOut where no setting has two networks on one split."""
    found = spreads(scores(run))
    if not len(found):
        raise LeftOut("no setting has two networks on one split (repeats, sweeps with several initialisations, members of a cross-validation)")
    return found


def groups_of(run: Run, table: pd.DataFrame) -> list[Variant]:
    pairs = table[["experiment", "group"]].drop_duplicates().to_numpy()
    several = len({experiment for experiment, _ in pairs}) > 1
    return [Variant(group, experiment, variant_label(group, experiment, several and group != experiment), False) for experiment, group in pairs]


def table_of(table: pd.DataFrame, variants: list[Variant], metrics: list[str]) -> list[list[str]]:
    label, rows = {variant.id: variant.label for variant in variants}, []
    for metric in metrics:
        for row in table[table["metric"] == metric].itertuples():
            over_folds = f"{row.sd_folds:.3g}" if row.folds else "–"
            of = "" if row.folds_of in ("", row.group) else f" ({row.folds_of})"
            rows.append([metric_name(metric), label[row.group], f"{row.mean:.3g}", f"{row.sd_seeds:.3g}", f"{row.seeds} × {row.splits}", over_folds, f"{row.folds or '–'}{of}"])
    return rows


def metrics_of(run: Run, table: pd.DataFrame) -> list[str]:
    """In their order; of many modalities those first that are no single direction's."""
    metrics = list(dict.fromkeys(table["metric"]))
    if not is_many(run):
        return metrics
    return sorted(metrics, key=lambda metric: ("<-" in metric, metric.startswith("accuracy "), label_place(run, metric)))


def label_place(run: Run, metric: str) -> int:
    """Of an accuracy: which of the study's labels it is of; 0 of others."""
    labels = list(dict.fromkeys(run.tables["accuracy"]["label"]))
    label = metric.split(" ", 2)[2].rpartition(" ")[0] if metric.startswith("accuracy ") else ""
    return labels.index(label) if label in labels else 0


def shown_of(run: Run, metrics: list[str]) -> list[str]:
    """Of many modalities means over directions and accuracies by the first label."""
    if is_many(run):
        metrics = [metric for metric in metrics if "<-" not in metric and label_place(run, metric) == 0]
    return metrics[:MOST_PANELS]


def splits_text(count: int) -> str:
    return "one split" if count == 1 else f"each of {count} splits"


def headline_rows(table: pd.DataFrame, variant: Variant) -> pd.DataFrame:
    """Of the headline variant, else of one of the same settings, else of the first group."""
    own = re.sub(r",members?=\d+$", "", variant.id)
    if own not in set(table["group"]):
        alike = table[(table["folds_of"] == own) | (table["folds_of"] == variant.id)]
        own = (alike if len(alike) else table)["group"].iloc[0]
    return table[table["group"] == own]


def sentence(run: Run, variant: Variant, metrics: Sequence[str]) -> str:
    """For the first page: SD over seeds beside that over folds, of those of the metrics that there are."""
    try:
        own = headline_rows(stability(run), variant)
    except LeftOut as reason:
        return f"not known, {reason}."
    shown = own[own["metric"].isin(metrics)]
    shown = shown.set_index("metric").loc[[metric for metric in metrics if metric in set(shown["metric"])]]
    if not len(shown):
        return "not known for the numbers above."
    parts = [f"{metric_name(row.Index)} {row.sd_seeds:.2g}" + (f" ({row.sd_folds:.2g})" if row.folds else "") for row in shown.itertuples()]
    first = shown.iloc[0]
    folds = f", in brackets over {first['folds']} folds" if first["folds"] else ""
    of = f" of {first['folds_of']}" if first["folds"] and first["folds_of"] != own["group"].iloc[0] else ""
    return f"SD of {own['group'].iloc[0]} over {first['seeds']} seeds on {splits_text(first['splits'])}{folds}{of}: {', '.join(parts)}."


def draw(run: Run) -> Drawn:
    table = stability(run)
    variants, metrics = groups_of(run, table), metrics_of(run, table)
    shown = shown_of(run, metrics)
    figure, grid = panels_of_strips(variants, len(shown), most_columns=4, height=2.5, shares_y=False)
    titles = short_names(map(metric_name, shown), MOST_IN_TITLE)
    for axes, metric in zip(grid.flat, shown, strict=False):
        own = table[table["metric"] == metric].set_index("group")
        for column, words, look in (("sd_seeds", "over seeds", {"marker": "o", "color": PALETTE[0]}), ("sd_folds", "over folds", {"marker": "s", "facecolors": "none", "edgecolors": PALETTE[1]})):
            axes.scatter(places(variants), [own[column].get(variant.id, float("nan")) for variant in variants], s=30, label=words, zorder=3, **look)
        axes.set_title(titles[metric_name(metric)], fontsize=8.5)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", alpha=0.3)
        name_places(axes, variants)
    for axes in grid[:, 0]:
        axes.set_ylabel("SD")
    grid.flat[0].legend(fontsize=7)
    caption = (
        "SD of the headline numbers, on held-out cells. Over seeds: networks of one split that differ in initial weights and batches alone, pooled over the splits (folds) that have several; n = "
        f"{', '.join(dict.fromkeys(f'{row.seeds} on {splits_text(row.splits)}' for row in table.itertuples()))}. Over folds: networks of one setting on different folds, pooled over seeds; each "
        "fold has a seed of its own, so this SD holds that of seeds as well. Of variants with one split it is that of the cross-validated variant of the same settings, where the study has one."
        + (f" The first {len(shown)} of {len(metrics)} numbers are drawn." if len(metrics) > len(shown) else "")
        + (" Those of several modalities at once are in it as their mean alone." if is_many(run) else "")
    )
    return Drawn(figure, caption, (HEAD, table_of(table, variants, metrics)))
