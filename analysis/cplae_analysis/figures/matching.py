"""How well the latents of two modalities of the same held-out cells meet."""

import pandas as pd
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import MOST_PANELS_WIDE, Measure, draw_matrices
from cplae_analysis.figures.members import BY_LATENTS, together_text
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import EARLIER, Run, Variant
from cplae_analysis.figures.style import Drawn, LeftOut, colours, counts_text, dots_with_mean, name_places, panels_of_strips, places

TITLES = {
    "foscttm": "FOSCTTM (less is better)",
    "label_transfer": "label transfer, 5 neighbours",
    "purity": "purity of 15 neighbours",
}


def panels(table) -> list[tuple[str, str, str, str]]:
    """(measure, label, from, to), of the first label column."""
    labels = [label for label in table["label"].unique() if label]
    found = []
    for measure in TITLES:
        label = "" if measure == "foscttm" else labels[0] if labels else None
        own = table[(table["measure"] == measure) & (table["label"] == label)]
        found += [(measure, label, *pair) for pair in own[["from", "to"]].drop_duplicates().to_numpy()]
    return found


def title(measure: str, label: str, start: str, end: str) -> str:
    return f"{start} → {end}: {TITLES[measure]}" + (f", {label}" if label else "")


def measures(table: pd.DataFrame) -> list[Measure]:
    """Each measure by the first label column, over all pairs of modalities."""
    found = {}
    for measure, label, _, _ in panels(table):
        own = table[(table["measure"] == measure) & (table["label"] == label)]
        found[measure] = Measure(TITLES[measure], own, "value", 0, 0.5 if measure == "foscttm" else 1)
    return list(found.values())


def draw_strips(run: Run, table: pd.DataFrame, variants: list[Variant]) -> Figure:
    shown = panels(table)
    figure, grid = panels_of_strips(variants, len(shown), most_columns=len(run.modalities), height=2.6)
    colour, titles = colours(run.variants), short_names([title(*panel) for panel in shown], MOST_IN_TITLE)
    for axes, (measure, label, start, end) in zip(grid.flat, shown, strict=False):
        own = table[(table["measure"] == measure) & (table["label"] == label) & (table["from"] == start) & (table["to"] == end)]
        for place, variant in zip(places(variants), variants, strict=True):
            rows_of_it = own[own["variant"] == variant.id]
            values = rows_of_it["value"].dropna().to_numpy()
            if len(values):
                dots_with_mean(axes, place, values, colour[variant.id])
                if measure != "foscttm":
                    ceiling = rows_of_it["ceiling"].mean()
                    axes.hlines(ceiling, place - 0.34, place + 0.34, color="#888888", linewidth=0.8, linestyle=":")
        axes.set_title(titles[title(measure, label, start, end)])
        axes.grid(axis="y", alpha=0.3)
        name_places(axes, variants)
    return figure


def least_sd_text(run: Run) -> str:
    """The least SD of all networks' latents along their least axes, and whose it is."""
    table = run.tables["latents"]
    if not len(table) or not table["sd"].notna().any():
        return ""
    row = table.loc[table["sd"].idxmin()]
    return f" (least of all here: {row['sd']:.2g}, {row['representation']} of {row['variant']})"


def draw(run: Run) -> Drawn:
    table = run.tables["matching"]
    if not len(table):
        raise LeftOut(f"no cell has two modalities, or {EARLIER}")
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    many = len(run.modalities) > MOST_PANELS_WIDE
    figure = draw_matrices(measures(table), variants, run.modalities) if many else draw_strips(run, table, variants)
    sizes = table.dropna(subset=["value"]).groupby(["variant", "measure", "label", "from", "to"]).size()
    together = together_text(table["variant"], "value" if many else "dot", BY_LATENTS)
    caption = (
        "Held-out cells that have both modalities, A → B: a cell's latents in A among other cells' latents in B. FOSCTTM: share of "
        "cells of B that lie strictly closer than the cell's own; chance is 0.5. Label transfer and purity: the nearest training "
        f"cells of B, and how many of them are of the cell's type{'' if many else '; dotted: the highest value that class sizes allow'}. "
        f"{'Mean and SD (small) over' if many else 'One dot a network, bar: mean;'} n = {counts_text(list(sizes))} {run.replicate_words()} of each variant.{together} "
        "Latents that have collapsed onto a point have a FOSCTTM of 0 as well: matching.csv also has it with half of the ties, and latents.csv tells a collapse by its least SD"
        f"{least_sd_text(run)}."
    )
    return Drawn(figure, caption)
