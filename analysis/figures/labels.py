"""Types of the cells, which a run folder does not hold: from the data file that its provenance names, if it is that file still."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from figures.run_folder import Run

UNKNOWN = ""
MOST_SEEN = 7


@dataclass(frozen=True)
class Labels:
    """A type for each cell of the run, '' where the data has none; `coarse`: one coarser type a cell, or empty."""

    column: str
    types: np.ndarray
    coarse_column: str
    coarse: np.ndarray


class NoLabels(Exception):
    """Why the cells have no types."""


def sha256(path: Path) -> str:
    digest = hashlib.sha256()  # hashlib.file_digest is not in Python 3.10
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def data_files(run: Run) -> list[tuple[str, Path]]:
    """Names and paths of the data of the run, as they were: one file, or a line `modality=path` each (then with one hash over all)."""
    folder, sources = Path(run.session.get("working_folder", ".")), []
    for line in run.session.get("data_path", "").splitlines():
        name, _, path = line.rpartition("=") if not (folder / line).is_file() else ("", "", line)
        if not (folder / path).is_file():
            raise NoLabels(f"the data file {path} is not there any more")
        sources.append((name, folder / path))
    if not sources:
        raise NoLabels("provenance.json names no data file")
    found = sha256(sources[0][1])
    if len(sources) > 1:
        lines = "".join(f"{name}={sha256(path)}\n" for name, path in sources)
        found = hashlib.sha256(lines.encode()).hexdigest()
    if found != run.provenance.get("identity", {}).get("data_sha256", ""):
        raise NoLabels("the data have changed since the run (their SHA-256 is another)")
    return sources


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


def parts_of(file: h5py.File, name: str) -> dict[str, h5py.Group]:
    """obs of each modality: those of an .h5mu, or the one of an .h5ad called `name`."""
    if "mod" in file:
        return {part: file["mod"][part]["obs"] for part in file["mod"]}
    return {name: file["obs"]}


def tables_with(file: h5py.File, name: str, column: str) -> list[tuple[h5py.Group, str]]:
    """The tables that have the column, and its name there, as cplae reads them: the global obs; where that lacks it those of the
    modalities; of columns `leaf` that disagree, `T:leaf` is that of modality T."""
    if "mod" in file and "obs" in file and column in file["obs"]:
        return [(file["obs"], column)]
    parts = parts_of(file, name)
    found = [(obs, column) for obs in parts.values() if column in obs]
    modality, _, own = column.partition(":")
    if not found and own and own in parts.get(modality, {}):
        return [(parts[modality], own)]
    return found


def types_of_cells(sources: list[tuple[str, Path]], column: str, cells: list[str]) -> np.ndarray:
    """The column's value for each cell, from the first of the tables that has one."""
    found: dict[str, str] = {}
    has_column = False
    for name, path in sources:
        with h5py.File(path) as file:
            for obs, own in tables_with(file, name or path.stem, column):
                has_column = True
                for cell, value in zip(texts(obs[obs.attrs["_index"]][...]), read_column(obs, own), strict=True):
                    found[cell] = found.get(cell) or value
    if not has_column:
        raise KeyError(column)
    return np.array([found.get(cell, UNKNOWN) for cell in cells])


def read_labels(run: Run) -> Labels:
    """Throws NoLabels with the reason where there are none to be had."""
    spec = run.study.get("labels", {})
    column = spec.get("column", "")
    if not column:
        raise NoLabels("the study names no label column")
    sources = data_files(run)
    try:
        types = types_of_cells(sources, column, run.cells)
        also = {name: types_of_cells(sources, name, run.cells) for name in spec.get("also", [])}
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise NoLabels(f"obs column {column} of the data cannot be read ({type(error).__name__})") from error
    for name, coarse in also.items():
        if is_coarser(types, coarse):
            return Labels(column, types, name, coarse)
    for name, coarse in also.items():
        # More types than the eye tells apart, and not within the coarser ones: those are shown instead.
        if count_of(types) > MOST_SEEN >= count_of(coarse) > 1:
            return Labels(name, coarse, "", np.array([]))
    return Labels(column, types, "", np.array([]))


def count_of(types: np.ndarray) -> int:
    return len({value for value in types if value})


def is_coarser(types: np.ndarray, coarse: np.ndarray) -> bool:
    """Fewer than nine classes, and each type lies within one of them."""
    classes = {value for value in coarse if value}
    pairs = {(one, other) for one, other in zip(types, coarse, strict=True) if one}
    return 1 < len(classes) < min(9, len(set(types))) and len(pairs) == len({one for one, _ in pairs})
