"""Rotatable latents: one plotly scene a modality, whose cameras turn together."""

import json
from dataclasses import dataclass

import numpy as np
from plotly.offline import get_plotlyjs

from cplae_analysis.figures.labels import Colouring, colouring
from cplae_analysis.figures.latents import chosen_network, read_latents
from cplae_analysis.figures.run_folder import Run
from cplae_analysis.figures.style import INK, LeftOut

MOST_CELLS = 20_000
AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Scenes:
    """One plotly figure a modality, as plain data, and what is said of them."""

    figures: list[dict]
    titles: list[str]
    caption: str
    legend: dict[str, str]

    @property
    def json(self) -> str:
        # No "</script>" of a cell's name may end the script that this text stands in.
        return json.dumps(self.figures, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def axes_of(latents: list[np.ndarray]) -> tuple[list[np.ndarray], str]:
    """Three coordinates a cell of each modality, and how they were made: principal axes where there are more than three."""
    dimensions = latents[0].shape[1]
    if dimensions < 3:
        raise LeftOut(f"the latent space has {dimensions} dimension{'s' if dimensions > 1 else ''}")
    if dimensions == 3:
        return latents, "Axes: the three latent dimensions."
    stacked = np.concatenate([values[np.isfinite(values).all(axis=1)] for values in latents])
    centre = stacked.mean(axis=0)
    axes = np.linalg.svd(stacked - centre, full_matrices=False)[2][:3]
    share = np.square((stacked - centre) @ axes.T).sum() / np.square(stacked - centre).sum()
    said = f"Axes: the first three principal axes of all {dimensions} latent dimensions ({100 * share:.0f} % of the variance)."
    return [(values - centre) @ axes.T for values in latents], said


def hover_texts(run: Run, colours: Colouring, at: np.ndarray) -> list[str]:
    return [f"{run.cells[cell]}<br>{colours.types[cell] or 'no type'}" if colours.types else run.cells[cell] for cell in at]


def trace(points: np.ndarray, at: np.ndarray, look: dict) -> dict:
    coordinates = {axis: [round(float(value), 3) for value in points[at, number]] for number, axis in enumerate(AXES)}
    return {
        "type": "scatter3d",
        "mode": "markers",
        "name": look["name"],
        "text": look["texts"],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": look["size"], "color": look["colours"], "opacity": 0.85, "line": look["line"]},
        **coordinates,
    }


def traces(run: Run, points: np.ndarray, held_out: np.ndarray, colours: Colouring) -> list[dict]:
    """Training and held-out cells, which wear another mark; of very many cells an even choice."""
    present = np.flatnonzero(np.isfinite(points).all(axis=1))
    shown = present[:: -(-len(present) // MOST_CELLS)] if len(present) else present
    size = float(np.clip(60 / np.sqrt(max(1, len(shown))) + 1, 1.5, 4))
    made = []
    for name, part in (("training cells", shown[~held_out[shown]]), ("held-out cells", shown[held_out[shown]])):
        if not len(part):
            continue
        out = name.startswith("held")
        look = {
            "name": name,
            "texts": hover_texts(run, colours, part),
            "size": round(size * (1.3 if out else 1), 2),
            "colours": [colours.cells[cell] for cell in part],
            "line": {"color": INK, "width": 1 if out else 0},
        }
        made.append(trace(points, part, look))
    return made


def layout(reach: list[list[float]]) -> dict:
    """The same ranges in every scene, so that places can be compared."""
    scene = {
        f"{axis}axis": {"title": {"text": f"{number + 1}"}, "range": reach[number], "showspikes": False, "gridcolor": "#DDDDDD", "backgroundcolor": "white"}
        for number, axis in enumerate(AXES)
    }
    return {"scene": scene | {"aspectmode": "data", "dragmode": "turntable"}, "showlegend": False, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}}


def make_scenes(run: Run) -> Scenes:
    """Of the network that the static figure shows; throws LeftOut."""
    network = chosen_network(run)
    latents, held_out = read_latents(run, network)
    points, axes = axes_of(latents)
    colours = colouring(run)
    everything = np.concatenate(points)
    finite = everything[np.isfinite(everything).all(axis=1)]
    reach = [[float(low) - 0.1, float(high) + 0.1] for low, high in zip(finite.min(axis=0), finite.max(axis=0), strict=True)]
    figures = [{"data": traces(run, own, held_out, colours), "layout": layout(reach)} for own in points]
    counts = [int(np.isfinite(own).all(axis=1).sum()) for own in points]
    titles = [f"from {name} (n = {count} cells)" for name, count in zip(run.modalities, counts, strict=True)]
    thinned = f" At most {MOST_CELLS} cells a modality are in the rotatable picture, evenly chosen." if max(counts) > MOST_CELLS else ""
    caption = f"Drag to rotate (all turn together), scroll to zoom, point at a cell for its name and type; larger, ringed: held out. {axes}{thinned}"
    return Scenes(figures, titles, caption, colours.legend)


def plotly_script() -> str:
    """plotly.js, whole: none of the smaller bundles is in a Python package."""
    return get_plotlyjs()
