"""How well types are predicted from the latents, against the number of types."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from figures.run_folder import Run, Variant
from figures.style import (
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


def modality_of(representation: str) -> str:
    return f"latents of {representation[1:]}" if representation.startswith("z") else representation


def draw_line(axes: Axes, rows: pd.DataFrame, variant: Variant, look: dict) -> None:
    """Mean accuracy against the number of classes that the classifier could use."""
    at, means, sds = [], [], []
    for _, own in rows.groupby("n_classes"):
        mean, sd = mean_and_sd(own["accuracy"])
        at.append(own["n_usable"].mean() + look["shift"])
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
    reach = rows["n_usable"].max() - rows["n_usable"].min()
    for number, variant in enumerate(variants):
        shift = 0.007 * reach * (number - (len(variants) - 1) / 2)
        own = rows[rows["variant"] == variant.id]
        draw_line(axes, own, variant, {"colour": colour[variant.id], "shift": shift})
    pairs = rows[["n_classes", "n_usable"]].drop_duplicates().sort_values("n_classes").to_numpy().astype(int)
    names = {usable: f"{usable}" if usable == classes else f"{usable}\nof {classes}" for classes, usable in pairs}
    axes.set_xticks(list(names), list(names.values()))
    axes.set_xlabel("types (those with more than 10 cells)")


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


def draw(run: Run) -> Drawn:
    table = run.tables["accuracy"]
    if not len(table):
        reason = "every network failed" if run.study.get("labels", {}).get("column") else "the study has no labels"
        raise LeftOut(reason)
    rows, as_lines = panels(table)
    representations = list(dict.fromkeys(table["representation"]))
    colour = colours(run.variants)
    most = [v for v in run.variants if v.id in set(table["variant"])]
    width = 3.6 if as_lines else strip_width(most)
    figure, grid = plt.subplots(
        len(rows),
        len(representations),
        figsize=(width * len(representations) + 1.5, 3.3 * len(rows)),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    for row, (experiment, label) in enumerate(rows):
        of_row = table[(table["experiment"] == experiment) & (table["label"] == label)]
        variants = [variant for variant in most if variant.id in set(of_row["variant"])]
        for column, representation in enumerate(representations):
            axes = grid[row, column]
            panel = of_row[of_row["representation"] == representation]
            (draw_lines if as_lines else draw_strip)(axes, panel, variants, colour)
            axes.set_title(f"{modality_of(representation)}: {label}" + (f" ({experiment})" if len(rows) > 1 else ""))
            axes.grid(axis="y", alpha=0.3)
        grid[row, 0].set_ylabel("accuracy on held-out cells (%)")
        if as_lines:
            grid[row, -1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    drawn = table.merge(pd.DataFrame(rows, columns=["experiment", "label"]))
    sizes = drawn.groupby(["variant", "label", "representation", "n_classes"]).size()
    spread = "Mean and SD (bars)" if as_lines else "One dot a network, bar: mean,"
    caption = (
        f"Accuracy of quadratic discriminants fitted to the latents of the training cells, on the held-out cells. {spread} "
        f"over n = {counts_text(list(sizes))} {run.replicate_words() if not as_lines else drawn_words(run, rows)} of each variant"
        + (", points set apart a little for sight; the tree of types is merged to the number of classes given." if as_lines else ".")
        + (" Dashed: baselines." if as_lines and any(v.is_baseline for v in most) else "")
        + (" Labels of one resolution are in the table above." if as_lines else "")
    )
    return Drawn(figure, caption)


def drawn_words(run: Run, rows: list[tuple[str, str]]) -> str:
    kept = {experiment for experiment, _ in rows}
    return " or ".join(dict.fromkeys(run.replicate_word(v) for v in run.variants if v.experiment in kept))
