"""The latents of one network, the modalities side by side."""

import h5py
import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.labels import Labels, NoLabels, read_labels
from figures.run_folder import Replicate, Run
from figures.style import INK, PALETTE, WITHOUT_TYPE, Drawn, LeftOut

PROJECTIONS = ((0, 1), (0, 2))


def chosen_network(run: Run) -> Replicate:
    """Least held-out loss among the networks of the first experiment of repeats, else of the first variant; of
    several variants the most coupled come first, since latents of uncoupled modalities lie in spaces of their own."""
    done = [replicate for replicate in run.replicates if replicate.done]
    if not done:
        raise LeftOut("every network failed")
    trained = [variant for variant in run.variants if not variant.is_baseline]
    trained.sort(key=lambda variant: -run.coupling_of(variant))
    repeats = [v for v in trained if run.experiment(v.experiment).get("kind") == "repeats"]
    for variant in (*repeats, *trained):
        own = [replicate for replicate in done if replicate.variant == variant.id]
        if own:
            return min(own, key=lambda r: r.held_out_loss if np.isfinite(r.held_out_loss) else np.inf)
    return done[0]


def read_latents(run: Run, network: Replicate) -> tuple[list[np.ndarray], np.ndarray]:
    """Latents of each modality [cells x dimensions], and which cells were held out."""
    with h5py.File(run.folder / "results.h5") as file:
        group = file["variants"][network.variant]
        latents = [group[f"latents/{name}"][network.row] for name in run.modalities]
        return latents, group["split"][network.row] != 0


def shades(colour: str, count: int) -> list[tuple[float, ...]]:
    """`count` steps of one hue, dark to light."""
    hue, saturation, value = matplotlib.colors.rgb_to_hsv(matplotlib.colors.to_rgb(colour))
    steps = np.linspace(-0.28, 0.28, count) if count > 1 else np.zeros(1)
    return [
        tuple(matplotlib.colors.hsv_to_rgb((hue, min(1, max(0.25, saturation - step)), min(1, max(0.3, value + step)))))
        for step in steps
    ]


def colours_by_family(labels: Labels) -> tuple[dict, dict]:
    """A hue for each coarse type, its shades for the types in it; and the legend."""
    families = sorted({value for value in labels.coarse if value})
    hues = [*PALETTE, INK]
    colour = {}
    for number, family in enumerate(families):
        members = sorted({t for t, c in zip(labels.types, labels.coarse, strict=True) if c == family and t})
        colour |= dict(zip(members, shades(hues[number], len(members)), strict=True))
    return colour, dict(zip(families, hues, strict=False))


def colours_of_types(labels: Labels) -> tuple[dict, dict]:
    """The colour of each type, and the entries of the legend."""
    types = sorted({value for value in labels.types if value})
    if labels.coarse_column:
        return colours_by_family(labels)
    if len(types) <= len(PALETTE):
        colour = dict(zip(types, PALETTE, strict=False))
    else:
        colour = dict(zip(types, plt.get_cmap("viridis")(np.linspace(0, 0.95, len(types))), strict=True))
    return colour, colour if len(types) <= 24 else {}


def draw_panel(axes: Axes, points: np.ndarray, colour: np.ndarray, held_out: np.ndarray) -> None:
    """Training cells plain and below, held-out cells ringed and above."""
    present = np.isfinite(points).all(axis=1)
    size = float(np.clip(9000 / max(1, present.sum()), 2, 16))
    below, above = present & ~held_out, present & held_out
    axes.scatter(*points[below].T, s=size, c=colour[below], alpha=0.75, linewidths=0, rasterized=True)
    axes.scatter(
        *points[above].T, s=1.9 * size, c=colour[above], edgecolors=INK, linewidths=0.7, alpha=0.95, rasterized=True
    )


def add_legend(figure: Figure, entries: dict, title: str) -> None:
    def dot(colour: object, **more: object) -> Line2D:
        return Line2D([], [], linestyle="", marker="o", markerfacecolor=colour, markeredgewidth=0, **more)

    handles = [dot(colour, label=name, markersize=6) for name, colour in entries.items()]
    if not entries:
        handles.append(dot(WITHOUT_TYPE, label="a colour each" if title else "cell", markersize=5))
    ring = dot("white", label="held out", markersize=6)
    ring.set(markeredgewidth=0.9, markeredgecolor=INK)
    figure.legend(handles=[*handles, ring], title=title, loc="outside right center", alignment="left")


def colours_of_cells(run: Run) -> tuple[np.ndarray, dict, str, str]:
    """RGB of each cell, legend, its title, and what the caption says of it."""
    plain = np.tile(matplotlib.colors.to_rgb(WITHOUT_TYPE), (len(run.cells), 1))
    try:
        labels = read_labels(run)
    except NoLabels as reason:
        return plain, {}, "", f"Cells are not coloured by type: {reason}."
    colour, legend = colours_of_types(labels)
    for cell, name in enumerate(labels.types):
        if name in colour:
            plain[cell] = matplotlib.colors.to_rgb(colour[name])
    if labels.coarse_column:
        says = f"Colour is the {labels.coarse_column}, its shades the {labels.column} types within it ({len(colour)})"
    else:
        says = f"Colour is the {labels.column} ({len(colour)} types, in alphabetical order)"
    return plain, legend, labels.coarse_column or labels.column, says + "; grey: no type."


def draw(run: Run) -> Drawn:
    network = chosen_network(run)
    latents, held_out = read_latents(run, network)
    dimensions = latents[0].shape[1]
    if dimensions < 2:
        raise LeftOut("the latent space has one dimension")
    projections = [pair for pair in PROJECTIONS if max(pair) < dimensions]
    colour, legend, title, says = colours_of_cells(run)
    figure, grid = plt.subplots(
        len(projections),
        len(latents),
        figsize=(3.3 * len(latents) + 1.4, 3.2 * len(projections) + 0.3),
        squeeze=False,
        sharex=True,
        sharey="row",
        layout="constrained",
    )
    for row, (first, second) in enumerate(projections):
        for column, (name, values) in enumerate(zip(run.modalities, latents, strict=True)):
            axes = grid[row, column]
            draw_panel(axes, values[:, [first, second]], colour, held_out)
            axes.set_xlabel(f"latent {first + 1}")
            axes.tick_params(labelbottom=True)
            if row == 0:
                axes.set_title(f"from {name} (n = {int(np.isfinite(values[:, 0]).sum())} cells)")
        grid[row, 0].set_ylabel(f"latent {second + 1}")
    add_legend(figure, legend, title)
    caption = (
        f"Latents of {' and '.join(run.modalities)} in one network: {network.variant}, {network.name} (held-out loss "
        f"{network.held_out_loss:.4g}, the least of its variant). Axes are latent dimensions in units of their SD in training "
        f"(batch-normalised), the same for all modalities. Ringed: the {int(held_out.sum())} cells that were held out. {says}"
    )
    return Drawn(figure, caption)
