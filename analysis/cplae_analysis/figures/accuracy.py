"""How well types are predicted from the latents, against the number of types."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from cplae_analysis.figures.matrices import balanced
from cplae_analysis.figures.members import BY_LATENTS, together_text
from cplae_analysis.figures.names import MOST_IN_TITLE, short_names, single_or_all
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.figures.style import (
    Drawn,
    LeftOut,
    colours,
    counts_text,
    dots_with_mean,
    mean_and_sd,
    name_places,
    places,
    strip_width,
)


WIDEST = 12.0  # inches of panels beside one another


def modality_of(representation: str) -> str:
    return f"latents of {representation[1:]}" if representation.startswith("z") else representation


def class_places(rows: pd.DataFrame) -> dict[float, float]:
    """Where each number of classes stands: at those that the classifier could use; one step apart where more classes leave no more
    of them with cells enough, since a line would turn back."""
    usable = rows.groupby("n_classes")["n_usable"].mean()
    if usable.is_monotonic_increasing and usable.is_unique:
        return dict(usable)
    return {classes: float(place) for place, classes in enumerate(usable.index)}


def draw_line(axes: Axes, rows: pd.DataFrame, variant: Variant, look: dict) -> None:
    """Mean accuracy against the number of classes."""
    at, means, sds = [], [], []
    for classes, own in rows.groupby("n_classes"):
        mean, sd = mean_and_sd(own["accuracy"])
        at.append(look["places"][classes] + look["shift"])
        means.append(100 * mean)
        sds.append(0 if pd.isna(sd) else 100 * sd)
    axes.errorbar(
        at,
        means,
        yerr=sds,
        label=variant.label,
        color=look["colour"],
        linestyle="--" if variant.is_baseline else "-",
        marker="s" if variant.is_baseline else "o",
        markersize=4.5,
        linewidth=1.5,
        elinewidth=1.0,
        capsize=2.5,
    )


def draw_lines(axes: Axes, rows: pd.DataFrame, variants: list[Variant], colour: dict) -> None:
    at = class_places(rows)
    reach = max(at.values(), default=0) - min(at.values(), default=0)
    for number, variant in enumerate(variants):
        shift = 0.007 * reach * (number - (len(variants) - 1) / 2)
        own = rows[rows["variant"] == variant.id]
        draw_line(axes, own, variant, {"colour": colour[variant.id], "shift": shift, "places": at})
    names = []
    for classes, own in rows.groupby("n_classes"):
        usable = counts_text([int(count) for count in own["n_usable"]])
        names.append(usable if usable == f"{classes:.0f}" else f"{usable}\n({classes:.0f})")
    axes.set_xticks(list(at.values()), names, fontsize=8)
    axes.set_xlabel("types with more than 10 cells (of all)")


def draw_strip(axes: Axes, rows: pd.DataFrame, variants: list[Variant], colour: dict) -> None:
    for place, variant in zip(places(variants), variants, strict=True):
        own = rows[rows["variant"] == variant.id]["accuracy"].dropna()
        if len(own):
            dots_with_mean(axes, place, 100 * own.to_numpy(), colour[variant.id])
    name_places(axes, variants)


def panels(table: pd.DataFrame) -> tuple[list[tuple[str, str]], bool]:
    """Experiments and labels with several resolutions, whose curves are drawn; else all of them, as dots."""
    counts = table.groupby(["experiment", "label"], sort=False)["n_classes"].nunique()
    several = list(counts[counts > 1].index)
    return (several, True) if several else (list(counts.index), False)


def empty_grid(rows: int, representations: int, width: float):
    """Axes [rows x representations], whose lines are broken where the page ends."""
    columns = balanced(representations, max(1, int(WIDEST // width)))
    lines = -(-representations // columns)
    figure, grid = plt.subplots(
        rows * lines, columns, figsize=(width * columns + 1.5, 3.3 * rows * lines), squeeze=False, sharey=True, layout="constrained"
    )
    grid = grid.reshape(rows, lines * columns)
    for axes in grid[:, representations:].flat:
        axes.set_visible(False)
    return figure, grid[:, :representations], columns


def titles_of(shown: dict) -> dict[tuple[str, str, str], str]:
    """(experiment, label, representation) -> title."""
    panels_shown = [(*row, representation) for row in shown["rows"] for representation in shown["representations"]]
    whole = [
        f"{modality_of(representation)}: {label}" + (f" ({experiment})" if len(shown["rows"]) > 1 else "")
        for experiment, label, representation in panels_shown
    ]
    short = short_names(whole, MOST_IN_TITLE)
    return {panel: short[title] for panel, title in zip(panels_shown, whole, strict=True)}


def draw_panels(grid, table: pd.DataFrame, shown: dict, colour: dict) -> None:
    """A row of the grid for each experiment and label, a column for each representation."""
    rows, as_lines, titles = shown["rows"], shown["as_lines"], titles_of(shown)
    for row, (experiment, label) in enumerate(rows):
        of_row = table[(table["experiment"] == experiment) & (table["label"] == label)]
        variants = [variant for variant in shown["variants"] if variant.id in set(of_row["variant"])]
        for column, representation in enumerate(shown["representations"]):
            axes = grid[row, column]
            panel = of_row[of_row["representation"] == representation]
            (draw_lines if as_lines else draw_strip)(axes, panel, variants, colour)
            axes.set_title(titles[experiment, label, representation])
            axes.grid(axis="y", alpha=0.3)
        for first in grid[row, :: shown["columns"]]:
            first.set_ylabel("accuracy on held-out cells (%)")
        if as_lines:
            grid[row, shown["columns"] - 1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def caption_of(run: Run, table: pd.DataFrame, shown: dict) -> str:
    rows, as_lines = shown["rows"], shown["as_lines"]
    drawn = table.merge(pd.DataFrame(rows, columns=["experiment", "label"]))
    sizes = drawn.groupby(["variant", "label", "representation", "n_classes"]).size()
    spread = "Mean and SD (bars)" if as_lines else "One dot a network, bar: mean,"
    return (
        f"Accuracy of quadratic discriminants fitted to the latents of the training cells, on the held-out cells. {spread} "
        f"over n = {counts_text(list(sizes))} {run.replicate_words() if not as_lines else drawn_words(run, rows)} of each variant"
        + (", points set apart a little for sight; the tree of types is merged to the number of classes given." if as_lines else ".")
        + (" Dashed: baselines." if as_lines and any(v.is_baseline for v in shown["variants"]) else "")
        + (" Labels of one resolution are in the table above." if as_lines else "")
        + together_text(drawn["variant"], "value" if as_lines else "dot", BY_LATENTS)
    )


def draw(run: Run) -> Drawn:
    table = run.tables["accuracy"]
    if not len(table):
        reason = "every network failed" if run.study.get("labels", {}).get("column") else "the study has no labels"
        raise LeftOut(reason)
    rows, as_lines = panels(table)
    shown = {
        "rows": rows,
        "as_lines": as_lines,
        "representations": single_or_all(table["representation"]),
        "variants": [v for v in run.variants if v.id in set(table["variant"])],
    }
    width = 3.6 if as_lines else strip_width(shown["variants"])
    figure, grid, shown["columns"] = empty_grid(len(rows), len(shown["representations"]), width)
    draw_panels(grid, table, shown, colours(run.variants))
    return Drawn(figure, caption_of(run, table, shown))


def drawn_words(run: Run, rows: list[tuple[str, str]]) -> str:
    kept = {experiment for experiment, _ in rows}
    return " or ".join(dict.fromkeys(run.replicate_word(v) for v in run.variants if v.experiment in kept))
