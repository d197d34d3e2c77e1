"""How well each modality is predicted from each."""

import pandas as pd
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import MOST_PANELS_WIDE, Measure, draw_matrices
from cplae_analysis.figures.members import BY_DECODED, together_text
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import Drawn, LeftOut, colours, counts_text, dots_with_mean, name_places, panels_of_strips, places


def directions(run: Run) -> list[tuple[str, str]]:
    """(from, to), those to the first modality first, within before across."""
    names = run.modalities
    return [(a, b) for b in names for a in (b, *(other for other in names if other != b))]


def direction_name(start: str, end: str) -> str:
    return f"{start} → {end}" + (" (within)" if start == end else " (across)")


def draw_strips(run: Run, table: pd.DataFrame, variants: list[Variant]) -> Figure:
    pairs = directions(run)
    figure, grid = panels_of_strips(variants, len(pairs), most_columns=len(run.modalities), height=2.9)
    colour, titles = colours(run.variants), short_names([direction_name(*pair) for pair in pairs], MOST_IN_TITLE)
    for axes, (start, end) in zip(grid.flat, pairs, strict=False):
        own = table[(table["from"] == start) & (table["to"] == end)]
        for place, variant in zip(places(variants), variants, strict=True):
            values = own[own["variant"] == variant.id]["r2"].dropna().to_numpy()
            if len(values):
                dots_with_mean(axes, place, values, colour[variant.id])
        axes.axhline(0, color="#888888", linewidth=0.8)
        axes.set_title(titles[direction_name(start, end)])
        axes.grid(axis="y", alpha=0.3)
        name_places(axes, variants)
    for axes in grid[:, 0]:
        axes.set_ylabel("R² on held-out cells")
    return figure


def draw(run: Run) -> Drawn:
    table = run.tables["reconstruction"]
    if not len(table):
        raise LeftOut("every network failed")
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    many = len(run.modalities) > MOST_PANELS_WIDE
    if many:
        figure = draw_matrices([Measure("R²", table, "r2", 0, 1)], variants, run.modalities)
    else:
        figure = draw_strips(run, table, variants)
    sizes = table.groupby(["variant", "from", "to"]).size()
    together = together_text(table["variant"], "value" if many else "dot", BY_DECODED)
    caption = (
        "R² between measured and predicted features of the held-out cells, mean over features; A → B: B decoded from the latents "
        f"of A. {'Mean and SD (small) over' if many else 'One dot a network, bar: their mean;'} n = {counts_text(list(sizes))} {run.replicate_words()} of each variant.{together} "
        "0 is as good as the mean of each feature, 1 is perfect."
    )
    return Drawn(figure, caption)
