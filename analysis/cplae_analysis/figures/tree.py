"""The types on their tree, how many cells each has, and how finely the study tells them apart."""

from dataclasses import dataclass

import h5py
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cplae_analysis.figures.labels import Labels, NoLabels, colours_of_taxonomy, colours_of_types, count_of, read_labels, read_types, types_in_order
from cplae_analysis.figures.names import short_names, widen
from cplae_analysis.figures.run_folder import Replicate, Run
from cplae_analysis.figures.style import INK, PALETTE, WITHOUT_TYPE, Drawn, LeftOut

MOST_TYPES = 200
INCHES_A_TYPE = 0.155
NAME_POINTS = 7
ROOM_FOR_NAMES = 1.3  # inches


@dataclass(frozen=True)
class Node:
    """An inner node of the tree that is drawn: where it stands, and its branches' (place, height)."""

    height: float
    branches: list[tuple[float, float]]


def branches_of(run: Run, types: list[str]) -> list[Node]:
    """Inner nodes over the types that cells have; nodes with one branch left are passed over."""
    tree = run.tables["taxonomy"]
    height = dict(zip(tree["label"], tree["height"], strict=True))
    below: dict[str, list[str]] = {}
    for row in tree.itertuples():
        below.setdefault(row.parent, []).append(row.label)
    place, found = {name: float(at) for at, name in enumerate(types)}, []

    def walk(node: str, depth: int) -> tuple[float, float] | None:
        """Place and height of what stands for the node; None where no cell is below it."""
        if node in place:
            return place[node], 0.0
        if depth > len(height):
            return None
        parts = [part for part in (walk(child, depth + 1) for child in below.get(node, [])) if part]
        if len(parts) < 2:
            return parts[0] if parts else None
        found.append(Node(height[node], parts))
        return (parts[0][0] + parts[-1][0]) / 2, height[node]

    for root in below.get("", []):
        walk(root, 0)
    return found


def draw_tree(axes: Axes, nodes: list[Node]) -> None:
    for node in nodes:
        ends = [place for place, _ in node.branches]
        axes.plot([node.height, node.height], [min(ends), max(ends)], color=INK, linewidth=0.8)
        for place, height in node.branches:
            axes.plot([height, node.height], [place, place], color=INK, linewidth=0.8)
    axes.invert_xaxis()
    axes.set_xlabel("height in the tree")
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False, labelleft=False)


def resolutions(run: Run, column: str) -> list[tuple[int, dict[str, str]]]:
    """(classes, type -> class) of each cut of the tree that the study asks for, coarse to fine."""
    table, found = run.tables["cells"], []
    for name in table.columns:
        head, _, classes = name.rpartition(" ")
        if head == column and classes.isdigit():
            found.append((int(classes), dict(zip(table[column], table[name], strict=True))))
    return sorted(found, key=lambda cut: cut[0])


def draw_cuts(axes: Axes, types: list[str], cuts: list[tuple[int, dict[str, str]]]) -> None:
    """A strip for each resolution; its two greys change where another class begins."""
    shown = np.zeros((len(types), len(cuts)))
    for column, (_, classes) in enumerate(cuts):
        names = [classes.get(name, "") for name in types]
        changes = [0, *(int(one != other) for one, other in zip(names, names[1:], strict=False))]
        shown[:, column] = np.cumsum(changes) % 2
    axes.imshow(shown, cmap="Greys", vmin=-0.6, vmax=2.2, aspect="auto", interpolation="nearest")
    axes.set_xticks(range(len(cuts)), [str(classes) for classes, _ in cuts], rotation=90, fontsize=7)
    axes.set_xlabel("merged\nto")
    axes.tick_params(left=False, labelleft=False, bottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def shown_split(run: Run) -> Replicate | None:
    """A network of an experiment of repeats, else the first fold."""
    repeats = [r for r in run.replicates if run.experiment(run.experiment_of(r.variant)).get("kind") == "repeats"]
    return next(iter(repeats or run.replicates), None)


def held_out_of(run: Run, replicate: Replicate) -> np.ndarray:
    with h5py.File(run.folder / "results.h5") as file:
        return file["variants"][replicate.variant]["split"][replicate.row] != 0


def labels_of(run: Run) -> Labels:
    """The study's types themselves, in families where they are within them."""
    labels, (column, types) = read_labels(run), read_types(run)
    return labels if labels.column == column else Labels(column, types, "", np.array([]))


def colours_and_words(run: Run, labels: Labels) -> tuple[dict[str, str], str]:
    """A colour for each type that means something; else one for all."""
    colour, _, says = colours_of_types(run, labels)
    if labels.coarse_column or colours_of_taxonomy(run, labels.types) or count_of(labels.types) <= len(PALETTE):
        return colour, f" {says}."
    return dict.fromkeys(colour, PALETTE[0]), ""


def draw_counts(axes: Axes, run: Run, types: list[str], labels: Labels, split: Replicate | None) -> None:
    colour, _ = colours_and_words(run, labels)
    held_out = held_out_of(run, split) if split else np.zeros(len(run.cells), bool)
    train = np.array([np.sum((labels.types == name) & ~held_out) for name in types])
    out = np.array([np.sum((labels.types == name) & held_out) for name in types])
    at = np.arange(len(types))
    axes.barh(at, train, color=[colour.get(name, WITHOUT_TYPE) for name in types], height=0.75)
    axes.barh(at, out, left=train, color="white", edgecolor=INK, linewidth=0.6, hatch="//////", height=0.75)
    for place, total in zip(at, train + out, strict=True):
        axes.annotate(f"{total}", (total, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=6.5)
    shown = short_names(types)
    widen(axes.figure, shown.values(), NAME_POINTS, ROOM_FOR_NAMES)
    axes.set_yticks(at, [shown[name] for name in types], fontsize=NAME_POINTS)
    axes.set_ylim(len(types) - 0.4, -0.6)
    axes.set_xlabel("cells")
    axes.margins(x=0.12)


def caption_of(run: Run, labels: Labels, types: list[str], split: Replicate | None, parts: dict) -> str:
    without = int(np.sum(labels.types == ""))
    where = f" Plain: training cells, hatched: held-out cells of {split.variant}, {split.name}." if split else ""
    return (
        f"Cells of each of the {len(types)} types of {labels.column} (n = {len(run.cells) - without} cells; {without} without a type)."
        + where
        + (" Left: the tree, without types that no cell has." if parts["tree"] else "")
        + (" Strips: the classes to which the tree is merged; the grey changes where another class begins." if parts["cuts"] else "")
        + colours_and_words(run, labels)[1]
    )


def draw(run: Run) -> Drawn:
    try:
        labels = labels_of(run)
    except NoLabels as reason:
        raise LeftOut(str(reason)) from reason
    types = types_in_order(run, labels.types)
    if not 0 < len(types) <= MOST_TYPES:
        raise LeftOut(f"there are {len(types)} types, of which at most {MOST_TYPES} can be drawn" if types else "no cell has a type")
    nodes, cuts = branches_of(run, types), resolutions(run, labels.column)
    widths = ([2.2] if nodes else []) + ([0.16 * len(cuts)] if cuts else []) + [4.2]
    figure, grid = plt.subplots(
        1, len(widths), figsize=(sum(widths) + 1.6, 1.1 + INCHES_A_TYPE * len(types)), squeeze=False, sharey=True,
        width_ratios=widths, layout="constrained",
    )
    panels = list(grid[0])
    split = shown_split(run)
    draw_counts(panels[-1], run, types, labels, split)
    panels[-1].tick_params(labelleft=True)
    if nodes:
        draw_tree(panels[0], nodes)
    if cuts:
        draw_cuts(panels[-2], types, cuts)
    return Drawn(figure, caption_of(run, labels, types, split, {"tree": nodes, "cuts": cuts}))
