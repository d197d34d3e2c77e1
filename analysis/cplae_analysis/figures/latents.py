"""The latents of one network, the modalities side by side."""

import h5py
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cplae_analysis.figures.labels import Colouring, colouring
from cplae_analysis.figures.matrices import balanced
from cplae_analysis.figures.names import short_names, widen
from cplae_analysis.figures.run_folder import Replicate, Run
from cplae_analysis.figures.style import INK, WITHOUT_TYPE, Drawn, LeftOut

PROJECTIONS = ((0, 1), (0, 2))
MOST_COLUMNS = 3
MOST_IN_ONE_COLUMN = 24
MOST_LETTERS_OF_MODALITY = 18
LEGEND_POINTS = {1: 8.5, 2: 6.5}  # by its columns
ROOM_FOR_NAMES = {1: 1.0, 2: 1.1}  # inches of the figure for the names of one column


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


def draw_panel(axes: Axes, points: np.ndarray, colour: np.ndarray, held_out: np.ndarray) -> None:
    """Training cells plain and below, held-out cells ringed and above."""
    present = np.isfinite(points).all(axis=1)
    size = float(np.clip(9000 / max(1, present.sum()), 2, 16))
    below, above = present & ~held_out, present & held_out
    axes.scatter(*points[below].T, s=size, c=colour[below], alpha=0.75, linewidths=0, rasterized=True)
    axes.scatter(
        *points[above].T, s=1.9 * size, c=colour[above], edgecolors=INK, linewidths=0.7, alpha=0.95, rasterized=True
    )


def add_legend(figure: Figure, colours: Colouring) -> None:
    def dot(colour: object, **more: object) -> Line2D:
        return Line2D([], [], linestyle="", marker="o", markerfacecolor=colour, markeredgewidth=0, **more)

    short = short_names([*colours.legend, colours.title])
    handles = [dot(colour, label=short[name], markersize=6) for name, colour in colours.legend.items()]
    if not handles:
        handles.append(dot(WITHOUT_TYPE, label="a colour each" if colours.title else "cell", markersize=5))
    ring = dot("white", label="held out", markersize=6)
    ring.set(markeredgewidth=0.9, markeredgecolor=INK)
    columns = 2 if len(handles) > MOST_IN_ONE_COLUMN else 1
    figure.legend(
        handles=[*handles, ring], title=short[colours.title] or None, loc="outside right center", alignment="left",
        ncols=columns, fontsize=LEGEND_POINTS[columns], columnspacing=0.8, handletextpad=0.2,
    )
    for _ in range(columns):
        widen(figure, short.values(), LEGEND_POINTS[columns], ROOM_FOR_NAMES[columns])


def draw_latents(run: Run, latents: list[np.ndarray], held_out: np.ndarray, colours: Colouring) -> Figure:
    """A column for each modality, a row for each pair of axes; of many modalities a few columns, one below the other."""
    projections = [pair for pair in PROJECTIONS if max(pair) < latents[0].shape[1]]
    many = len(colours.legend) > MOST_IN_ONE_COLUMN
    columns = balanced(len(latents), MOST_COLUMNS)
    lines = -(-len(latents) // columns)
    figure, grid = plt.subplots(
        lines * len(projections),
        columns,
        figsize=(3.3 * columns + (2.9 if many else 1.4), 3.2 * lines * len(projections) + 0.3),
        squeeze=False,
        sharex=True,
        sharey="row" if lines == 1 else True,
        layout="constrained",
    )
    colour, short = np.array(colours.cells), short_names(run.modalities, MOST_LETTERS_OF_MODALITY)
    for row, (first, second) in enumerate(projections):
        for number, (name, values) in enumerate(zip(run.modalities, latents, strict=True)):
            axes = grid[number // columns * len(projections) + row, number % columns]
            draw_panel(axes, values[:, [first, second]], colour, held_out)
            axes.set_xlabel(f"latent {first + 1}")
            axes.tick_params(labelbottom=True)
            if row == 0:
                axes.set_title(f"from {short[name]} (n = {int(np.isfinite(values[:, 0]).sum())} cells)")
            if number % columns == 0:
                axes.set_ylabel(f"latent {second + 1}")
    for number in range(len(latents), lines * columns):
        for row in range(len(projections)):
            grid[number // columns * len(projections) + row, number % columns].set_visible(False)
    add_legend(figure, colours)
    return figure


def listed(names: list[str]) -> str:
    """'T, E and M'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def draw(run: Run) -> Drawn:
    network = chosen_network(run)
    latents, held_out = read_latents(run, network)
    if latents[0].shape[1] < 2:
        raise LeftOut("the latent space has one dimension")
    colours = colouring(run)
    caption = (
        f"Latents of {listed(run.modalities)} in one network: {network.variant}, {network.name} (held-out loss "
        f"{network.held_out_loss:.4g}, the least of its variant). Axes are latent dimensions in units of their SD in training "
        f"(batch-normalised), the same for all modalities. Ringed: the {int(held_out.sum())} cells that were held out. {colours.says}"
    )
    return Drawn(draw_latents(run, latents, held_out, colours), caption)
