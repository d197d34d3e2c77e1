"""A study of three modalities of which cells lack some, and its networks by NumPy; shared by the tests of this folder."""

import json

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from program import make_mudata, study_text, succeed
from test_tables import has

NAMES = ("T", "E", "M")
TRAINED = 240
COUPLED, APART, TOGETHER = "folds,lambda=1,member=0", "folds,lambda=0,member=0", "folds,lambda=1,members=2"
RIDGE = 1e-2  # of the class covariances
# Networks are in float32: what they decode keeps some 1e-6 of values of order 1 to 10.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}
EXPERIMENTS = """kind = "kfold"
folds = 3
members = 2
vary."coupling.lambda" = [0, 1]
baselines = ["mean", "neighbours", "ridge", "reduced_rank"]
[[experiment]]
name = "again"
kind = "repeats"
initialisations = 3
"""


def modality(rng, factors, name, cells, features):
    """Linear in the cells' factors, with noise and some missing entries."""
    values = factors @ rng.normal(size=(factors.shape[1], features)) + 0.7 * rng.normal(size=(len(cells), features))
    values[rng.random(values.shape) < 0.02] = np.nan
    return ad.AnnData(
        X=values.astype(np.float32),
        obs=pd.DataFrame(index=pd.Index(cells)),
        var=pd.DataFrame(index=[f"{name}{i}" for i in range(features)]),
    )


def make_cohort():
    """E and M know of one half of what T does each; a third of the cells lacks E, another M, some T. Four classes."""
    rng = np.random.default_rng(7)
    count = TRAINED + 60
    cells = np.array([f"cell {i:03d}" for i in range(count)])
    classes = np.arange(count) % 4
    factors = np.array([[2, 0], [-2, 0], [0, 2], [0, -2]])[classes] + rng.normal(size=(count, 2))
    made = {name: modality(rng, factors[:, own], name, cells, 6 + i) for i, (name, own) in enumerate((("T", [0, 1]), ("E", [0]), ("M", [1])))}
    lacking = rng.integers(0, 4, count)  # 0: T and E and M
    kept = {"T": (lacking != 3) | (np.arange(count) % 2 == 0), "E": lacking != 1, "M": lacking != 2}
    return make_mudata({name: made[name][kept[name]].copy() for name in NAMES}, classes=("a", "b", "c", "d"))


@pytest.fixture(scope="module")
def cohort():
    """All cells in the order of their names, by chance that of training cells before new ones."""
    data = make_cohort()
    order = sorted(data.obs_names)
    return data[order].copy()


@pytest.fixture(scope="module")
def run(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("subsets")
    cohort[:TRAINED].copy().write_h5mu(folder / "training.h5mu")
    (folder / "own.toml").write_text(study_text(NAMES, experiment=EXPERIMENTS))
    settings = [word for setting in ("steps=300", "validate_every=100", "keep_best_after=200") for word in ("--set", f"training.{setting}")]
    succeed("run", folder / "own.toml", "--data", folder / "training.h5mu", "--out", folder / "run", "--quiet", *settings, ranks=2)
    return folder / "run"


def table(run, name):
    return pd.read_csv(run / "tables" / f"{name}.csv")


class Network:
    """One network of results.h5, in double precision: one hidden layer, linear outputs."""

    def __init__(self, group, replicate):
        self.tensors = {}
        for part in ("parameters", "moving"):
            values = group[f"weights/{part}"]
            for slot in json.loads(values.attrs["layout"]):
                flat = values[replicate, slot["offset"] : slot["offset"] + slot["rows"] * slot["columns"]]
                self.tensors[slot["name"]] = flat.reshape(slot["rows"], slot["columns"]).astype(float)
        self.split = group["split"][replicate]
        self.own = {name: group[f"latents/{name}"][replicate].astype(float) for name in NAMES}

    def dense(self, name, x):
        return x @ self.tensors[f"{name}/weight"] + self.tensors[f"{name}/bias"]

    def encode(self, name, x):
        part = f"encoder_{name}"
        z = self.dense(f"{part}/fc1", np.maximum(self.dense(f"{part}/fc0", np.nan_to_num(x)), 0))
        mean, variance = (self.tensors[f"{part}/batch_norm/moving_{moment}"] for moment in ("mean", "variance"))
        return (z - mean) / np.sqrt(variance + 1e-10)

    def decode(self, name, z):
        return self.dense(f"decoder_{name}/Xout", np.maximum(self.dense(f"decoder_{name}/fc0", z), 0))

    def together(self, names):
        """Mean of the latents; NaN of cells that lack one."""
        return np.mean([self.own[name] for name in names], axis=0)


@pytest.fixture(scope="module")
def networks(run):
    with h5py.File(run / "results.h5") as file:
        return {variant: [Network(group, r) for r in range(len(group["split"]))] for variant, group in file["variants"].items()}


def values_of(data, first, last):
    """Values of some cells, NaN where a modality is lacking."""
    cells = list(data.obs_names[first:last])
    return {name: data[name].to_df().reindex(cells).to_numpy(float) for name in NAMES}


@pytest.fixture(scope="module")
def values(cohort):
    return values_of(cohort, 0, TRAINED)


def having(values, names):
    return np.all([has(values[name]) for name in names], axis=0)
