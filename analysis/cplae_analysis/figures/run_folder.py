"""A finished run folder, read into memory: the study, its provenance, its tables and what it says of each network."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from cplae_analysis.figures.members import without_members
from cplae_analysis.figures.one_run import require_losses, require_study
from cplae_analysis.figures.small_files import ReportError, first_line, read_provenance, read_study

# Columns that hold numbers; all others are names, so that a gene called "NA" stays a gene.
NUMBERS = {
    "accuracy": ("n_classes", "n_usable", "n_fitted", "n_cells", "accuracy"),
    "reconstruction": ("n_cells", "r2", "mse"),
    "features": ("r2", "pearson"),
    "losses": ("step", "kept", "value"),
    "bic": ("components", "bic", "n_cells"),
    "clusters": ("best_components", "bic"),
    "cluster_counts": ("bin_left", "bin_right", "count", "modal_components"),
    "summary": ("mean", "sd", "n"),
}
NAMES = {
    "accuracy": ("fold", "init", "label", "representation"),
    "reconstruction": ("fold", "init", "from", "to"),
    "features": ("fold", "init", "from", "to", "feature"),
    "losses": ("fold", "init", "part", "term"),
    "bic": ("fold", "init"),
    "clusters": ("fold", "init"),
    "cluster_counts": (),
    "summary": ("metric",),
}
# Tables that runs of earlier versions lack.
LATER_NUMBERS = {
    "matching": ("n_cells", "value", "ceiling"),
    "latents": ("axis", "sd"),
    "comparisons": ("difference", "low", "high", "folds", "p", "p_holm"),
    "consensus": ("n_cells", "value"),
    "contingency": ("row_order", "column_order", "count"),
    "typewise": ("n_cells", "measured", "decoded"),
    "type_correlations": ("folds", "n", "n_cells", "pearson", "pearson_raw", "pearson_centred"),
    "ensembles": ("members", "n_cells", "value"),
    "calibration": ("n_cells", "nominal", "coverage_spread", "coverage"),
    "relative": ("loss", "n", "reference_loss", "reference_n", "relative"),
}
LATER_NAMES = {
    "matching": ("fold", "init", "from", "to", "measure", "label"),
    "latents": ("fold", "init", "representation"),
    "comparisons": ("reference", "metric"),
    "consensus": ("measure", "first", "second", "cells"),
    "contingency": ("first", "second", "cells", "row", "column"),
    "typewise": ("from", "to", "type", "feature"),
    "type_correlations": ("from", "to", "over", "name", "panel"),
    "ensembles": ("measure", "from", "to", "label"),
    "calibration": ("fold", "from", "to"),
    "relative": ("term", "reference"),
}
# Without the keys that other tables start with.
WITHOUT_KEYS = {"cells": ("cell",), "taxonomy": ("label", "parent", "height", "leaf", "colour")}
READ_TABLES = (*NUMBERS, *LATER_NUMBERS, *WITHOUT_KEYS)
MAKES_TABLES = "`cplae run` makes it"
EARLIER = "the tables are of an earlier version (`cplae run` makes them anew)"
DONE = 0


@dataclass(frozen=True)
class Variant:
    """One setting of one experiment, or a baseline of it."""

    id: str
    experiment: str
    label: str
    is_baseline: bool


@dataclass(frozen=True)
class Replicate:
    """One network: where it stands in results.h5, and how it ended."""

    variant: str
    row: int
    name: str
    done: bool
    failed_step: int
    held_out_loss: float


def read_table(path: Path, table: str) -> pd.DataFrame:
    """One tidy table; numbers that cannot be read are NaN, names are texts."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise ReportError(f"{path}: {first_line(error)}") from error
    numbers = (NUMBERS | LATER_NUMBERS).get(table, ())
    keys = ("experiment", "variant", *(NAMES | LATER_NAMES).get(table, ()))
    for column in (*WITHOUT_KEYS.get(table, keys), *numbers):
        if column not in frame.columns:
            raise ReportError(f"{path}: column '{column}' is missing")
    for column in (*numbers, *(("height",) if table == "taxonomy" else ())):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
    return frame


def require_finished(folder: Path) -> None:
    if not folder.is_dir():
        raise ReportError(f"{folder}: no such folder, expected a run folder of cplae")
    if not (folder / "provenance.json").is_file() and not (folder / "study.toml").is_file():
        raise ReportError(f"{folder}: not a run folder, it has neither provenance.json nor study.toml")
    needed = ["provenance.json", "study.toml", "results.h5", *(f"tables/{table}.csv" for table in NUMBERS)]
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise ReportError(f"{folder}: the run is not finished, missing: {', '.join(missing)} (run it again to go on)")


def variant_label(variant: str, experiment: str, says_experiment: bool) -> str:
    """'cross_validation,lambda=0.5' as a reader wants it: 'λ = 0.5'."""
    settings = variant.removeprefix(experiment).lstrip(",")
    if not settings:
        return experiment
    parts = [part.replace("=", " = ", 1) for part in settings.split(",")]
    if parts[0].startswith("pc_cca = "):
        parts[0] = "PC-CCA " + parts[0].removeprefix("pc_cca = ").replace("x", "×")
    elif parts[0].startswith("baseline = "):
        parts[0] = parts[0].removeprefix("baseline = ").replace("_", " ")
    text = ", ".join(parts).replace("lambda = ", "λ = ").replace("alpha_", "α ")
    return f"{experiment}: {text}" if says_experiment else text


def settings_of(variant: str) -> dict[str, str]:
    """'cross_validation,lambda=0.5' -> {'lambda': '0.5'}."""
    return dict(part.split("=", 1) for part in variant.split(",")[1:] if "=" in part)


def is_baseline(variant: str) -> bool:
    return ",pc_cca=" in variant or ",baseline=" in variant


def texts(dataset: h5py.Dataset) -> list[str]:
    return [name.decode() for name in dataset[...]]


def held_out_losses(group: h5py.Group) -> np.ndarray:
    """Loss on the held-out cells of each kept network [replicates]; NaN where there is none."""
    losses = group["losses"][...]
    terms = [str(term) for term in group["losses"].attrs["terms"]]
    kept = losses[:, :, terms.index("step")] == group["replicate"]["best_step"][:, None]
    total = np.where(kept, losses[:, :, terms.index("validation_total")], np.nan)
    return np.array([row[np.isfinite(row)][0] if np.isfinite(row).any() else np.nan for row in total])


class Run:
    """A finished run; raises ReportError where the folder is none."""

    def __init__(self, folder: Path) -> None:
        require_finished(folder)
        self.folder = folder
        self.study = read_study(folder / "study.toml")
        self.provenance = read_provenance(folder / "provenance.json")
        self.tables = {table: read_table(folder / "tables" / f"{table}.csv", table) for table in NUMBERS}
        for table in (*LATER_NUMBERS, *WITHOUT_KEYS):
            path = folder / "tables" / f"{table}.csv"
            self.tables[table] = read_table(path, table) if path.is_file() else pd.DataFrame()
        results = folder / "results.h5"
        try:
            with h5py.File(results) as file:
                require_study(folder / "study.toml", self.study, results, file.attrs.get("study"))
                self.cells = texts(file["cells"])
                self.replicates = self._read_replicates(file)
                found = file.get("features", {})
                self.features = {name: texts(found[name]) for name in self.modalities if name in found}
        except (OSError, KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError) as error:
            raise ReportError(f"{results}: {first_line(error)}") from error
        require_losses(folder / "tables" / "losses.csv", self.tables["losses"], results, self.replicates)
        self.tables_with_members = self.tables
        self.tables = {name: without_members(table) for name, table in self.tables.items()}

    @staticmethod
    def _read_replicates(file: h5py.File) -> list[Replicate]:
        found = []
        for variant, group in file["variants"].items():
            losses = held_out_losses(group)
            for row, entry in enumerate(group["replicate"][...]):
                kind, number = ("fold", entry["fold"]) if entry["fold"] >= 0 else ("init", entry["init"])
                done = int(entry["status"]) == DONE
                step = int(entry["failed_step"])
                found.append(Replicate(variant, row, f"{kind} {number}", done, step, float(losses[row])))
        return found

    @property
    def name(self) -> str:
        return self.study.get("study", {}).get("name", "study")

    @property
    def modalities(self) -> list[str]:
        return [modality["name"] for modality in self.study["modality"]]

    @property
    def session(self) -> dict:
        """The last session that worked on the run."""
        sessions = self.provenance.get("sessions", [])
        return sessions[-1] if sessions else {}

    def experiment(self, name: str) -> dict:
        return next((entry for entry in self.study["experiment"] if entry["name"] == name), {})

    @cached_property
    def variants(self) -> list[Variant]:
        """In the order of the study; baselines follow the variants of their experiment."""
        order = [entry["name"] for entry in self.study["experiment"]]
        rows = pd.concat([self.tables["summary"], self.tables["reconstruction"]])[["experiment", "variant"]]
        pairs = [tuple(pair) for pair in rows.drop_duplicates().to_numpy()]
        pairs += [(self.experiment_of(r.variant), r.variant) for r in self.replicates]
        pairs = list(dict.fromkeys(pairs))
        varied = {experiment for experiment, variant in pairs if variant != experiment}
        made = [
            Variant(variant, experiment, variant_label(variant, experiment, len(varied) > 1), is_baseline(variant))
            for experiment, variant in pairs
        ]
        return sorted(made, key=lambda v: (order.index(v.experiment) if v.experiment in order else 0, v.is_baseline))

    def experiment_of(self, variant: str) -> str:
        return variant.split(",", 1)[0]

    def coupling_of(self, variant: Variant) -> float:
        """The variant's lambda, from its id where it is varied."""
        return float(settings_of(variant.id).get("lambda", self.study.get("coupling", {}).get("lambda", 1)))

    def is_supervised(self, variant: Variant) -> bool:
        """Its networks learnt types beside their modalities, which needs coupling and two classes, and as many as latent dimensions."""
        labels, training, cells = self.study.get("labels", {}), self.study.get("training", {}), self.tables["cells"]
        columns = [name for name in (labels.get("column"), *labels.get("also", ())) if name in cells]
        if variant.is_baseline or not labels.get("column") or not columns:
            return False
        classes = sum((cells[name].dropna().value_counts() > 10).sum() for name in columns)
        classes += len(self.tables["taxonomy"]) if labels.get("taxonomy") else 0  # more than its inner nodes
        if classes < max(2, int(settings_of(variant.id).get("latent_dim", training.get("latent_dim", 3)))):
            return False
        weight = settings_of(variant.id).get("supervision", training.get("supervision", 0))
        return float(weight) > 0 and self.coupling_of(variant) > 0

    def replicate_word(self, variant: Variant) -> str:
        return "folds" if self.experiment(variant.experiment).get("kind") == "kfold" else "initialisations"

    def replicate_words(self) -> str:
        """What the replicates of this study are, for captions."""
        return " or ".join(dict.fromkeys(self.replicate_word(variant) for variant in self.variants))
