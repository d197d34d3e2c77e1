"""Types of the cells and their colours, of tables/cells.csv and tables/taxonomy.csv."""

from dataclasses import dataclass, field

import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np

from cplae_analysis.figures.run_folder import MAKES_TABLES, Run
from cplae_analysis.figures.style import INK, PALETTE, WITHOUT_TYPE

UNKNOWN = ""
MOST_SEEN = 7
MOST_IN_LEGEND = 64


@dataclass(frozen=True)
class Labels:
    """A type for each cell of the run, '' where the data has none; `coarse`: one coarser type a cell, or empty."""

    column: str
    types: np.ndarray
    coarse_column: str
    coarse: np.ndarray


@dataclass(frozen=True)
class Colouring:
    """A colour for each cell [cells], the entries of a legend and its title, the order of the types, and what a caption says."""

    cells: list[str]
    legend: dict[str, str] = field(default_factory=dict)
    title: str = ""
    types: list[str] = field(default_factory=list)
    says: str = ""


class NoLabels(Exception):
    """Why the cells have no types."""


def cells_column(name: str) -> str:
    """The column of cells.csv that has the labels of this name: another one where the table has such a column itself."""
    return f"obs {name}" if name == "cell" or name.startswith(("has_", "obs ")) else name


def column_of(run: Run, name: str) -> np.ndarray:
    """A label of each cell of results.h5, by the cells' names."""
    table, column = run.tables["cells"], cells_column(name)
    if column not in table.columns:
        raise NoLabels(f"tables/cells.csv has no column '{column}'")
    found = dict(zip(table["cell"], table[column], strict=True))
    return np.array([found.get(cell, UNKNOWN) for cell in run.cells])


def read_types(run: Run) -> tuple[str, np.ndarray]:
    """The study's label column, and each cell's type in it. Throws NoLabels with the reason where there are none to be had."""
    spec = run.study.get("labels", {})
    column = spec.get("column", "")
    if not column:
        raise NoLabels("the study names no label column")
    if not len(run.tables["cells"]):
        raise NoLabels(f"tables/cells.csv is missing; {MAKES_TABLES}")
    return column, column_of(run, column)


def read_labels(run: Run) -> Labels:
    """Types as single cells are coloured by them. Throws NoLabels."""
    column, types = read_types(run)
    spec = run.study.get("labels", {})
    also = {name: column_of(run, name) for name in spec.get("also", []) if cells_column(name) in run.tables["cells"].columns}
    for name, coarse in also.items():
        if is_coarser(types, coarse):
            return Labels(column, types, name, coarse)
    for name, coarse in also.items():
        # More types than the eye tells apart, and not within the coarser ones: those are shown instead.
        if count_of(types) > MOST_SEEN >= count_of(coarse) > 1 and not colours_of_taxonomy(run, types):
            return Labels(name, coarse, "", np.array([]))
    return Labels(column, types, "", np.array([]))


def count_of(types: np.ndarray) -> int:
    return len({value for value in types if value})


def is_coarser(types: np.ndarray, coarse: np.ndarray) -> bool:
    """Fewer than nine classes, and each type lies within one of them."""
    classes = {value for value in coarse if value}
    pairs = {(one, other) for one, other in zip(types, coarse, strict=True) if one}
    return 1 < len(classes) < min(9, len(set(types))) and len(pairs) == len({one for one, _ in pairs})


def leaf_order(run: Run) -> list[str]:
    """Leaves of the tree as a walk from its root meets them, children in the order of the table; [] without a tree."""
    tree = run.tables["taxonomy"]
    below: dict[str, list[str]] = {}
    leaves = set(tree["label"]) - set(tree["parent"]) if len(tree) else set()
    for row in tree.itertuples():
        below.setdefault(row.parent, []).append(row.label)
    found, todo = [], list(reversed(below.get("", [])))
    while todo:
        node = todo.pop()
        # Taken out, so that a damaged table with a circle in it comes to an end.
        todo += reversed(below.pop(node, []))
        if node in leaves:
            found.append(node)
    return list(dict.fromkeys(found))


def types_in_order(run: Run, types: np.ndarray) -> list[str]:
    """The types that cells have: in the order of the tree, what it lacks behind it by name."""
    there = {str(value) for value in types if value}
    known = [leaf for leaf in leaf_order(run) if leaf in there]
    return known + sorted(there - set(known))


def colours_of_taxonomy(run: Run, types: np.ndarray) -> dict[str, str]:
    """The colours that the tree brings, if it has one for each type that is a leaf of it, and most types are; else none."""
    tree = run.tables["taxonomy"]
    if not len(tree):
        return {}
    own = {label: colour for label, colour in zip(tree["label"], tree["colour"], strict=True) if colour}
    leaves, there = set(leaf_order(run)), types_in_order(run, types)
    known = [name for name in there if name in leaves]
    if 2 * len(known) <= len(there) or not all(name in own for name in known):
        return {}
    return {name: own.get(name, WITHOUT_TYPE) for name in there}


def shades(colour: str, count: int) -> list[str]:
    """`count` steps of one hue, dark to light."""
    hue, saturation, value = matplotlib.colors.rgb_to_hsv(matplotlib.colors.to_rgb(colour))
    steps = np.linspace(-0.28, 0.28, count) if count > 1 else np.zeros(1)
    return [
        matplotlib.colors.to_hex(
            matplotlib.colors.hsv_to_rgb((hue, min(1, max(0.25, saturation - step)), min(1, max(0.3, value + step))))
        )
        for step in steps
    ]


def colours_by_family(labels: Labels, order: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """A hue for each coarse type, its shades for the types in it; and the legend."""
    families = sorted({str(value) for value in labels.coarse if value})
    hues = [*PALETTE, INK]
    colour = {}
    for number, family in enumerate(families):
        within = {t for t, c in zip(labels.types, labels.coarse, strict=True) if c == family and t}
        members = [name for name in order if name in within]
        colour |= dict(zip(members, shades(hues[number], len(members)), strict=True))
    return colour, dict(zip(families, hues, strict=False))


def colours_of_types(run: Run, labels: Labels) -> tuple[dict[str, str], dict[str, str], str]:
    """The colour of each type, the entries of the legend, and whose colours they are."""
    order = types_in_order(run, labels.types)
    own = colours_of_taxonomy(run, labels.types)
    if own:
        return own, own, f"Colour is the {labels.column} ({len(own)} types, in the taxonomy's own colours)"
    if labels.coarse_column:
        colour, legend = colours_by_family(labels, order)
        return colour, legend, f"Colour is the {labels.coarse_column}, its shades the {labels.column} types within it ({len(colour)})"
    palette = list(PALETTE)
    if len(order) > len(PALETTE):
        palette = [matplotlib.colors.to_hex(c) for c in plt.get_cmap("viridis")(np.linspace(0, 0.95, len(order)))]
    colour = dict(zip(order, palette, strict=False))
    placed = "in the order of the tree" if set(order) & set(leaf_order(run)) else "in alphabetical order"
    return colour, colour, f"Colour is the {labels.column} ({len(order)} types, {placed})"


def colouring(run: Run) -> Colouring:
    """How cells are coloured wherever single cells are drawn."""
    try:
        labels = read_labels(run)
    except NoLabels as reason:
        return Colouring([WITHOUT_TYPE] * len(run.cells), says=f"Cells are not coloured by type: {reason}.")
    colour, legend, says = colours_of_types(run, labels)
    cells = [colour.get(name, WITHOUT_TYPE) for name in labels.types]
    title = labels.coarse_column if labels.coarse_column and legend is not colour else labels.column
    return Colouring(cells, legend if len(legend) <= MOST_IN_LEGEND else {}, title, list(labels.types), says + "; grey: no type.")
