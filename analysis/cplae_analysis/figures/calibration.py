"""Intervals about the values that an ensemble predicts: do they hold as many of the measured ones as they say?"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cplae_analysis.figures.matrices import MOST_COLUMNS, Measure, draw_matrix, matrix_inches
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names
from cplae_analysis.figures.reconstruction import direction_name, directions
from cplae_analysis.figures.run_folder import EARLIER, Run, Variant
from cplae_analysis.figures.style import PALETTE, Drawn, LeftOut, colours, counts_text, dots_with_mean, mean_and_sd, name_places, places, strip_width

# Up to so many directions and variants, directions have a panel each; of more, each variant has one for all of them, and a matrix.
MOST_PANELS, MOST_VARIANTS = 4, 8
WIDEST_FIGURE = 14.0  # inches, which a page shows without scrolling
BESIDE = 1.9  # inches of the legend
MARKERS = "osD^vP*X"  # of variants in one diagram
NOMINAL = (0.5, 0.8, 0.95)
WIDEST = NOMINAL[-1]
# Of the axis about it, in percent: folds that differ by tenths shall look as alike as they are.
LEAST_REACH = 3
HEAD = (
    "variant", "from", "to", "folds", "held-out cells a fold",
    *(f"{kind}: {share} %" for kind in ("calibrated", "spread alone") for share in (50, 80, 95)),
)


@dataclass(frozen=True)
class Intervals:
    """One kind of them: its column, and how it is drawn."""

    column: str
    words: str
    marker: str
    line: str
    colour: str  # where colours do not tell variants apart


CALIBRATED = Intervals("coverage", "calibrated interval", "o", "-", PALETTE[0])
SPREAD = Intervals("coverage_spread", "spread alone", "s", "--", PALETTE[1])


def held(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean and SD over folds, by nominal share."""
    found = {nominal: mean_and_sd(own[column]) for nominal, own in rows.groupby("nominal")}
    return pd.DataFrame(found, index=["mean", "sd"]).T


def of_direction(table: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    return table[(table["from"] == start) & (table["to"] == end)]


def draw_diagonal(axes: Axes) -> None:
    axes.plot([0, 100], [0, 100], color="#888888", linewidth=0.9, zorder=1)
    axes.set(xlim=(40, 100), ylim=(0, 102), xlabel="the interval says (%)")
    axes.set_xticks([50, 80, 95])
    axes.grid(alpha=0.3)


def draw_series(axes: Axes, rows: pd.DataFrame, kind: Intervals, look: dict) -> None:
    """At the shares that the intervals say: set apart for sight they would lie off the grey line, whatever they hold."""
    found = 100 * held(rows, kind.column)
    axes.errorbar(
        100 * found.index, found["mean"], yerr=found["sd"].fillna(0), linestyle=kind.line, markerfacecolor=look["color"] if kind is CALIBRATED else "white",
        markersize=5, linewidth=1.3, elinewidth=1.0, capsize=2.5, zorder=3, **look,
    )


def draw_reliability(axes: Axes, rows: pd.DataFrame, variants: list[Variant], colour: dict[str, str]) -> None:
    """Of one direction: nominal against observed shares, the two kinds of intervals of every variant."""
    draw_diagonal(axes)
    for number, variant in enumerate(variants):
        own = rows[rows["variant"] == variant.id]
        for kind in (CALIBRATED, SPREAD):
            look = {"color": kind.colour, "marker": kind.marker, "label": kind.words}
            if len(variants) > 1:
                look = {"color": colour[variant.id], "marker": MARKERS[number % len(MARKERS)], "label": f"{variant.label}: {kind.words}", "alpha": 0.7}
            draw_series(axes, own, kind, look)


def draw_widest(axes: Axes, rows: pd.DataFrame, variants: list[Variant], colour: dict[str, str]) -> None:
    """Of one direction: what the widest interval holds, a dot a fold."""
    axes.axhline(100 * WIDEST, color="#888888", linewidth=0.9, zorder=1)
    for place, variant in zip(places(variants), variants, strict=True):
        values = 100 * rows.loc[(rows["variant"] == variant.id) & (rows["nominal"] == WIDEST), "coverage"].dropna().to_numpy()
        if len(values):
            dots_with_mean(axes, place, values, CALIBRATED.colour if len(variants) == 1 else colour[variant.id])
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 100 * WIDEST - LEAST_REACH), max(high, 100 * WIDEST + LEAST_REACH))
    axes.grid(axis="y", alpha=0.3)
    name_places(axes, variants)


def draw_panels(run: Run, table: pd.DataFrame, variants: list[Variant], pairs: list[tuple[str, str]]) -> Figure:
    """A column a direction: the diagram, and below it the widest interval."""
    width = min(max(2.7, strip_width(variants)), (WIDEST_FIGURE - BESIDE) / len(pairs))
    figure, grid = plt.subplots(2, len(pairs), figsize=(width * len(pairs) + BESIDE, 5.9), squeeze=False, sharey="row", layout="constrained", height_ratios=(1.3, 1))
    colour, titles = colours(run.variants), short_names([direction_name(*pair) for pair in pairs], MOST_IN_TITLE)
    for column, pair in enumerate(pairs):
        own = of_direction(table, *pair)
        draw_reliability(grid[0, column], own, variants, colour)
        draw_widest(grid[1, column], own, variants, colour)
        grid[0, column].set_title(titles[direction_name(*pair)])
    grid[0, 0].set_ylabel("values held (%)")
    grid[1, 0].set_ylabel(f"held by {100 * WIDEST:g} % intervals (%)")
    grid[0, -1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return figure


def is_wide(variants: list[Variant], pairs: list[tuple[str, str]]) -> bool:
    """Whether there is no room for a panel a direction with all variants in it."""
    return len(pairs) > MOST_PANELS or len(variants) > MOST_VARIANTS


def draw_directions(axes: Axes, rows: pd.DataFrame, pairs: list[tuple[str, str]]) -> None:
    """Of one variant: a thin line a direction, means over folds."""
    draw_diagonal(axes)
    within = Intervals("coverage", "calibrated, within", "o", "-", PALETTE[0])
    across = Intervals("coverage", "calibrated, across", "^", "-", PALETTE[2])
    for kind, own in ((SPREAD, pairs), (across, [pair for pair in pairs if pair[0] != pair[1]]), (within, [pair for pair in pairs if pair[0] == pair[1]])):
        for number, pair in enumerate(own):
            found = 100 * held(of_direction(rows, *pair), kind.column)["mean"]
            axes.plot(100 * found.index, found, color=kind.colour, marker=kind.marker, linestyle=kind.line, markersize=3.5, linewidth=0.8, alpha=0.8, label="" if number else kind.words)


def draw_many(run: Run, table: pd.DataFrame, variants: list[Variant], pairs: list[tuple[str, str]]) -> Figure:
    """A column a variant, of the first few: all directions in one diagram, and the widest interval as a matrix."""
    variants = variants[:MOST_COLUMNS]
    size = max(2.9, matrix_inches(run.modalities))
    figure, grid = plt.subplots(2, len(variants), figsize=(size * len(variants) + BESIDE, 2 * size + 0.6), squeeze=False, layout="constrained")
    percents = table[table["nominal"] == WIDEST].assign(coverage=lambda rows: 100 * rows["coverage"])
    widest = Measure("", percents, "coverage", 85, 100, digits=1)
    for column, variant in enumerate(variants):
        draw_directions(grid[0, column], table[table["variant"] == variant.id], pairs)
        draw_matrix(grid[1, column], widest.rows[widest.rows["variant"] == variant.id], widest, run.modalities)
        grid[0, column].set_title(variant.label)
        grid[1, column].set_title(f"held by {100 * WIDEST:g} % intervals (%)", fontsize=8)
    grid[0, 0].set_ylabel("values held (%)")
    grid[0, -1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return figure


def table_of(table: pd.DataFrame, variants: list[Variant], pairs: list[tuple[str, str]]) -> list[list[str]]:
    """Mean ± SD over folds, in percent."""
    rows = []
    for variant in variants:
        for start, end in pairs:
            own = of_direction(table[table["variant"] == variant.id], start, end)
            if not len(own):
                continue
            shares = [share for kind in (CALIBRATED, SPREAD) for _, share in held(own, kind.column).reindex(NOMINAL).iterrows()]
            cells = [int(count) for count in own["n_cells"]]
            rows.append([variant.label, start, end, str(own["fold"].nunique()), counts_text(cells), *(percent(share) for share in shares)])
    return rows


def percent(share: pd.Series) -> str:
    if not np.isfinite(share["mean"]):
        return "–"
    return f"{100 * share['mean']:.1f}" + (f" ± {100 * share['sd']:.1f}" if np.isfinite(share["sd"]) else "")


def said_of_widest(table: pd.DataFrame, variants: list[Variant], pairs: list[tuple[str, str]]) -> str:
    """What the 95 % intervals hold: of each direction, or of the least and the greatest of many."""
    said, many = [], is_wide(variants, pairs)
    for variant in variants[:MOST_COLUMNS] if many else variants:
        own = table[(table["variant"] == variant.id) & (table["nominal"] == WIDEST)]
        shares = {pair: mean_and_sd(of_direction(own, *pair)["coverage"])[0] for pair in pairs}
        shares = {pair: share for pair, share in shares.items() if np.isfinite(share)}
        if not shares:
            continue
        spread = own[own["from"].isin({start for start, _ in pairs})].groupby(["from", "to"])["coverage_spread"].mean()
        named = shares if len(pairs) <= MOST_PANELS else {pair: shares[pair] for pair in (min(shares, key=shares.get), max(shares, key=shares.get))}
        words = ", ".join(f"{start} → {end} {100 * share:.1f} %" for (start, end), share in named.items())
        of = "" if len(pairs) <= MOST_PANELS else f" (least and most of {len(shares)} directions)"
        said.append(f"{variant.label}: {words}{of}; spread alone {100 * spread.min():.0f} to {100 * spread.max():.0f} %")
    return "; ".join(said)


def caption_of(run: Run, table: pd.DataFrame, variants: list[Variant], pairs: list[tuple[str, str]]) -> str:
    many = is_wide(variants, pairs)
    folds = [int(count) for count in table.dropna(subset=["coverage"]).groupby(["variant", "from", "to"])["fold"].nunique()]
    cells = sorted(int(count) for count in table["n_cells"])
    hidden = f" The first {MOST_COLUMNS} of {len(variants)} variants are drawn and told of here." if many and len(variants) > MOST_COLUMNS else ""
    joint = " Several modalities at once: calibration.csv." if (~table["from"].isin(run.modalities)).any() else ""
    drawn = "Top: a line a direction, mean over" if many else "Top: mean and SD (error bars, mostly smaller than the marks) over"
    below = "bottom: mean and SD (small) over them" if many else "bottom: one dot a fold, line: mean"
    return (
        "A predicted value comes with an interval, which says how far off it may be: the 95 % interval of a gene in a cell should hold what is then measured there 95 times in 100. "
        "On the grey line intervals can be taken at their word; below it they are too short, above it longer than need be. "
        f"{drawn} n = {counts_text(folds)} folds, {counts_text(cells)} held-out cells each, all their features together; {below}. "
        "Calibrated: from the spread of the fold's networks and their errors on the other folds, so that the cells which are counted had no part in it (docs/statistics.md). "
        "Spread alone: the SD among the networks taken for that of the errors, which knows of chance in training but not of noise in the cells. "
        f"Held by the 95 % intervals: {said_of_widest(table, variants, pairs)}.{hidden}{joint}"
    )


def draw(run: Run) -> Drawn:
    table = run.tables["calibration"]
    if not len(table):
        raise LeftOut(f"no cross-validation has several networks a fold (`members`), whose predictions have intervals, or {EARLIER}")
    if not table["coverage"].notna().any():
        raise LeftOut("one fold alone has networks with results: there is no other to calibrate intervals on")
    variants = [variant for variant in run.variants if variant.id in set(table["variant"])]
    known = {tuple(pair) for pair in table[["from", "to"]].drop_duplicates().to_numpy()}
    pairs = [pair for pair in directions(run) if pair in known]
    figure = (draw_many if is_wide(variants, pairs) else draw_panels)(run, table, variants, pairs)
    return Drawn(figure, caption_of(run, table, variants, pairs), (HEAD, table_of(table, variants, pairs)))
