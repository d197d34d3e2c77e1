"""The look that all figures share: a palette that colour-blind readers can tell apart, axes, dots with a mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from cplae_analysis.figures.run_folder import Variant

# Okabe and Ito (2008), without black and with yellow last: it is weak on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442")
BASELINES = ("#4D4D4D", "#999999", "#737373", "#BFBFBF")
INK = "#222222"
MEMBER_OR_ALL = re.compile(r",members?=\d+$")
WITHOUT_TYPE = "#BBBBBB"

plt.rcParams.update(
    {
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.labelsize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        # Names come from the data: "$" is a letter in them and begins no formula.
        "text.parse_math": False,
        # The places of a figure are found once for its SVG, PDF and PNG: letters must be as wide in all of them, or
        # labels leave the page.
        "text.hinting": "no_hinting",
        "figure.dpi": 100,
        "savefig.facecolor": "white",
        # The same run, the same bytes; and letters that stay letters in a drawing program.
        "svg.hashsalt": "cplae",
        "pdf.fonttype": 42,
    }
)


@dataclass(frozen=True)
class Drawn:
    """A figure and what it says: what n is, what the spread is; perhaps its numbers as a table (heads, rows)."""

    figure: Figure
    caption: str
    table: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None


class PlainLogFormatter(LogFormatter):
    """Marks of a logarithmic axis as plain numbers: matplotlib's own are formulas, which would be shown as they are written."""

    def __call__(self, value: float, place: int | None = None) -> str:
        return f"{value:g}" if super().__call__(value, place) else ""


class LeftOut(Exception):
    """Why a study has no such figure."""


def colours(variants: Sequence[Variant]) -> dict[str, str]:
    """One colour a variant, the same in all figures; members have that of their ensemble, baselines are grey."""
    trained = list(dict.fromkeys(MEMBER_OR_ALL.sub("", variant.id) for variant in variants if not variant.is_baseline))
    baselines = [variant.id for variant in variants if variant.is_baseline]
    if len(trained) <= len(PALETTE):
        shades = list(PALETTE)
    else:
        shades = [matplotlib.colors.to_hex(c) for c in plt.get_cmap("viridis")(np.linspace(0, 0.9, len(trained)))]
    chosen = dict(zip(trained, shades, strict=False))
    chosen = {variant.id: chosen[MEMBER_OR_ALL.sub("", variant.id)] for variant in variants if not variant.is_baseline}
    return chosen | {name: BASELINES[number % len(BASELINES)] for number, name in enumerate(baselines)}


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Over the finite values, the SD with n - 1; NaN where there are too few."""
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    mean = float(finite.mean()) if len(finite) else np.nan
    return mean, float(finite.std(ddof=1)) if len(finite) > 1 else np.nan


def counted(count: float, words: str) -> str:
    """'3 folds', '1 fold'."""
    return f"{count:.0f} {words.removesuffix('s') if count == 1 else words}"


def dots_with_mean(axes: Axes, place: float, values: Sequence[float], colour: str) -> None:
    """A dot a value, beside one another in their order, and a bar at their mean."""
    shift = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
    axes.scatter(place + shift, values, s=16, color=colour, alpha=0.75, linewidths=0, zorder=3)
    mean, _ = mean_and_sd(values)
    axes.hlines(mean, place - 0.34, place + 0.34, color=colour, linewidth=2.2, zorder=4)


def places(variants: Sequence[Variant]) -> list[float]:
    """Where each variant stands on the x axis: one step apart, half a step more between experiments."""
    found: list[float] = []
    for number, variant in enumerate(variants):
        gap = number > 0 and variants[number - 1].experiment != variant.experiment
        found.append((found[-1] if found else -1.0) + (1.5 if gap else 1.0))
    return found


def name_places(axes: Axes, variants: Sequence[Variant]) -> None:
    at = places(variants)
    axes.set_xticks(at, [variant.label for variant in variants], rotation=40, ha="right", rotation_mode="anchor")
    axes.set_xlim(at[0] - 0.6, at[-1] + 0.6)
    axes.tick_params(axis="x", labelsize=8 if len(variants) <= 12 else 6)


def strip_width(variants: Sequence[Variant]) -> float:
    """Inches that a panel of so many variants needs."""
    return min(12.0, max(2.2, 0.9 + 0.36 * len(variants)))


def panels_of_strips(variants: Sequence[Variant], count: int, most_columns: int, height: float, shares_y: bool = True) -> tuple[Figure, np.ndarray]:
    """A figure with `count` panels, each with room for a strip of dots a variant; rows share y where each is full, if they may. [rows x columns] axes."""
    columns = max(1, min(most_columns, int(14 // strip_width(variants))))
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(max(3.2, strip_width(variants) + 0.3) * columns, height * rows), squeeze=False,
        sharey="row" if shares_y and columns == most_columns else False, sharex=True, layout="constrained",
    )
    for axes in list(grid.flat)[count:]:
        axes.set_visible(False)
    return figure, grid


def metric_name(metric: str) -> str:
    """A metric of summary.csv as a reader wants it: 'r2 E<-T' is 'R² T → E'."""
    kind, _, rest = metric.partition(" ")
    if "<-" in rest:
        pair, _, label = rest.partition(" ")
        end, start = pair.split("<-", 1)
        kind = {"r2": "R²", "mse": "squared error", "foscttm": "FOSCTTM"}.get(kind, kind.replace("_", " "))
        return f"{kind} {start} → {end}" + (f", {label}" if label else "")
    if kind == "accuracy":
        representation, _, label = rest.partition(" ")
        label, _, classes = label.rpartition(" ")
        return f"accuracy of {label} ({classes}) from {representation}"
    return "best number of components" if metric == "best_components" else metric


def counts_text(counts: Sequence[int]) -> str:
    """'10' or '9 to 10'."""
    found = sorted(set(counts))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"
