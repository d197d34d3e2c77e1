"""Networks of one split that predict together: is their average better, and does their spread tell errors?"""

import pandas as pd

from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import EARLIER, Run
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, name_places, panels_of_strips, places

MOST_PANELS = 12
SHOWN = {"of_members": ("mean of one network", "o"), "of_best_member": ("best network", "^"), "of_average": ("average", "D")}


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
    """Of directions across modalities: how the spread stands to the errors."""
    own = table[(table["variant"] == variant) & (table["to"] != "") & (table["from"] != table["to"])]
    said = []
    for (start, end), rows in own.groupby(["from", "to"], sort=False):
        value = dict(zip(rows["measure"], rows["value"], strict=True))
        said.append(
            f"{start} → {end}: {value['within_two_spreads']:.0%} of entries within two spreads, rank correlation of spread and error "
            f"{value['spread_error_correlation']:.2f} over all entries, {value['spread_error_correlation_within_features']:.2f} within features"
        )
    return "; ".join(said)


def draw(run: Run) -> Drawn:
    table = run.tables["ensembles"]
    if not len(table):
        raise LeftOut(f"no variant has three networks on one split, or {EARLIER}")
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    every = panels(table)
    shown = every[:MOST_PANELS]
    hidden = f" The first {MOST_PANELS} of {len(every)} measures are drawn." if len(every) > MOST_PANELS else ""
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
    first = variants[0]
    members = table.loc[table["variant"] == first.id, "members"].max()
    caption = (
        "Held-out cells of the one split. R² of the mean of what the networks decode, against the mean and the best of one network (which is best is known "
        "afterwards only); accuracy by the mean of their latents, after one orthogonal map a network onto the first. "
        f"{first.label}, {members:g} networks: {calibrated(table, first.id)}. Networks that differ in their initial weights alone know nothing of noise, so their spread is no error bar.{hidden}"
    )
    return Drawn(figure, caption)
