"""Types of the cells, which a run folder does not hold: from the data file that its provenance names, if it is that file still."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from figures.run_folder import Run

UNKNOWN = ""


@dataclass(frozen=True)
class Labels:
    """A type for each cell of the run ('' where the data has none); `coarse` has no entry, or one coarser type a cell."""

    column: str
    types: np.ndarray
    coarse_column: str
    coarse: np.ndarray


class NoLabels(Exception):
    """Why the cells have no types."""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_file(run: Run) -> Path:
    """The data of the run, as it was."""
    named = run.session.get("data_path", "")
    path = Path(run.session.get("working_folder", ".")) / named
    if not named or not path.is_file():
        raise NoLabels(f"the data file {named or '(not named in provenance.json)'} is not there any more")
    expected = run.provenance.get("identity", {}).get("data_sha256", "")
    if sha256(path) != expected:
        raise NoLabels(f"the data file {named} has changed since the run (its SHA-256 is another)")
    return path


def texts(values: np.ndarray) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def read_column(obs: h5py.Group, name: str) -> list[str]:
    """A column of obs as texts, in any of the layouts of anndata 0.7 and later."""
    item = obs[name]
    if isinstance(item, h5py.Group) and "codes" in item:
        categories, codes = texts(item["categories"][...]), item["codes"][...]
    elif isinstance(item, h5py.Group):
        values = texts(item["values"][...])
        return [UNKNOWN if absent else value for value, absent in zip(values, item["mask"][...], strict=True)]
    elif "__categories" in obs and name in obs["__categories"]:
        categories, codes = texts(obs["__categories"][name][...]), item[...]
    else:
        return texts(item[...])
    return [categories[code] if code >= 0 else UNKNOWN for code in codes]


def read_labels(run: Run) -> Labels:
    """Throws NoLabels with the reason where there are none to be had."""
    spec = run.study.get("labels", {})
    column = spec.get("column", "")
    if not column:
        raise NoLabels("the study names no label column")
    path = data_file(run)
    try:
        with h5py.File(path) as file:
            obs = file["obs"]
            index = texts(obs[obs.attrs["_index"]][...])
            row = {name: number for number, name in enumerate(index)}
            rows = [row[cell] for cell in run.cells]
            columns = {name: np.array(read_column(obs, name))[rows] for name in (column, *spec.get("also", []))}
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise NoLabels(f"obs column {column} of {path.name} cannot be read ({type(error).__name__})") from error
    types = columns.pop(column)
    for name, coarse in columns.items():
        if is_coarser(types, coarse):
            return Labels(column, types, name, coarse)
    return Labels(column, types, "", np.array([]))


def is_coarser(types: np.ndarray, coarse: np.ndarray) -> bool:
    """Fewer than nine classes, and each type lies within one of them."""
    classes = {value for value in coarse if value}
    pairs = {(one, other) for one, other in zip(types, coarse, strict=True) if one}
    return 1 < len(classes) < min(9, len(set(types))) and len(pairs) == len({one for one, _ in pairs})
