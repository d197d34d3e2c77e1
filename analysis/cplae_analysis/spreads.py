"""How much of a headline number is chance: its SD over seeds on one split, beside that over folds."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cplae_analysis.figures.members import MEMBER, TOGETHER
from cplae_analysis.figures.names import is_of_several
from cplae_analysis.figures.run_folder import Run, is_baseline
from cplae_analysis.pooled import LEAST_MODALITIES, is_many, means_of_directions, means_of_types, of_networks

COLUMNS = ["group", "experiment", "settings", "metric", "seed", "fold", "value"]
SPREADS = ["group", "experiment", "settings", "metric", "mean", "sd_seeds", "seeds", "splits", "sd_folds", "folds", "folds_of"]


def pooled_sd(values: pd.Series, groups: pd.Series) -> float:
    """SD within groups: the root of their variances' mean, each with the weight of its degrees of freedom; NaN where no group has two values."""
    squares = freedom = 0.0
    for _, own in values.dropna().groupby(groups):
        squares += float(((own - own.mean()) ** 2).sum())
        freedom += len(own) - 1
    return float(np.sqrt(squares / freedom)) if freedom else np.nan


def finest(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracies at the finest resolution of each label and representation."""
    if not len(table):
        return table
    return table[table["n_classes"] == table.groupby(["label", "representation"])["n_classes"].transform("max")]


def named(table: pd.DataFrame, metric: pd.Series | str, value: str) -> pd.DataFrame:
    """The table's rows with a metric of summary.csv and its value, and `settings`: every key of the study but the names, as one text."""
    if not len(table):
        return pd.DataFrame(columns=["experiment", "variant", "settings", "metric", "fold", "init", "value"])
    keys = list(table.columns[table.columns.get_loc("variant") + 1 : table.columns.get_loc("fold")])
    settings = table[keys].agg(",".join, axis=1) if keys else ""
    return table[["experiment", "variant", "fold", "init"]].assign(settings=settings, metric=metric, value=table[value])


def scores(run: Run) -> pd.DataFrame:
    """Headline numbers of every network: R² of each direction, accuracies at the finest resolutions, FOSCTTM, best number of components; of three modalities and more
    first the means over directions, of more than three without those
    of several modalities at once.

    `group` is what differs in chance alone: the variant, of members of an ensemble without their number. `fold` is '' for one split.
    """
    tables = run.tables_with_members
    matching, accuracy = tables["matching"], finest(tables["accuracy"])
    if len(matching):
        matching = matching[matching["measure"] == "foscttm"]
    r2, directions = tables["reconstruction"], lambda table, name: name + table["to"] + "<-" + table["from"] if len(table) else name
    classes = accuracy["n_classes"].map("{:.0f}".format) if len(accuracy) else ""
    many = len(run.modalities) >= LEAST_MODALITIES
    pooled = [(mean, of_networks(tables[mean.table], mean)[1]) for mean in (means_of_directions(run) + means_of_types(run) if many else ())]
    found = pd.concat(
        [
            *(named(frame, mean.name, mean.value) for mean, frame in pooled),
            named(r2, directions(r2, "r2 "), "r2"),
            named(accuracy, "accuracy " + accuracy["representation"] + " " + accuracy["label"] + " " + classes if len(accuracy) else "", "accuracy"),
            named(matching, directions(matching, "foscttm "), "value"),
            named(tables["clusters"], "best_components", "best_components"),
        ]
    )
    if is_many(run):
        # Hundreds, which nobody reads one by one and which take most of the report's time.
        found = found[~found["metric"].map(is_of_several).astype(bool)]
    found = found[~found["variant"].map(is_baseline) & ~found["variant"].str.contains(TOGETHER)]
    member = found["variant"].str.extract(MEMBER)
    found = found.assign(group=member["of"].fillna(found["variant"]), seed=member["number"].fillna(found["init"]))
    return found[COLUMNS].reset_index(drop=True)


def count_text(counts: Iterable[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low}" if low == high else f"{low} to {high}"


def over_folds(rows: pd.DataFrame) -> tuple[float, str]:
    """SD over the folds of one seed, pooled over seeds, and how many folds; ('' and NaN without two folds)."""
    own = rows[rows["fold"] != ""].dropna(subset=["value"])
    sd = pooled_sd(own["value"], own["seed"])
    return (sd, count_text(own.groupby("seed").size())) if np.isfinite(sd) else (np.nan, "")


def spreads(table: pd.DataFrame) -> pd.DataFrame:
    """Of `scores`: a row for each group and metric that some split has two seeds of.

    `sd_seeds`: over the seeds of one split, pooled over splits; `seeds` in each, `splits` of them. `sd_folds`: over the folds of one seed, pooled over
    seeds; where the group has one split, of the cross-validated group of the same settings, which `folds_of` names.
    """
    found = []
    folded = dict(list(table[table["fold"] != ""].groupby(["settings", "metric"], sort=False)))
    for (group, experiment, settings, metric), own in table.groupby(["group", "experiment", "settings", "metric"], sort=False):
        own = own.dropna(subset=["value"])
        sd_seeds = pooled_sd(own["value"], own["fold"])
        if not np.isfinite(sd_seeds):
            continue
        sizes = own.groupby("fold").size()
        (sd_folds, folds), folds_of = over_folds(own), group
        if not folds:
            alike = folded.get((settings, metric), table.iloc[:0])
            folds_of = alike["group"].iloc[0] if len(alike) else ""
            sd_folds, folds = over_folds(alike[alike["group"] == folds_of])
        found.append((group, experiment, settings, metric, own["value"].mean(), sd_seeds, count_text(sizes), len(sizes), sd_folds, folds, folds_of if folds else ""))
    return pd.DataFrame(found, columns=SPREADS)
