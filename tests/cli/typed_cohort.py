"""A cohort whose types are rare in many ways, of two modalities that cells lack, and its run; shared by the tests of tables of this folder."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from program import make_mudata, study_text, succeed

MODALITIES = ("T", "E")
FEATURES = {"T": 9, "E": 6}
# In T and E together. Of Q1 10 cells have E, of X1 and B2 11: below and above the rule, and some 6 of 11 train. D1 is below it everywhere,
# A3 too until it is joined. "odd" is not in the tree, and some cells have no type.
TYPES = {"A1": 40, "A2": 34, "A3": 9, "B1": 36, "B2": 28, "C1": 30, "C2": 22, "D1": 10, "Q1": 13, "X1": 15, "odd": 5, "": 6}
HAVE_E = {"Q1": 10, "X1": 11, "B2": 11, "C2": 12}
# label: (parent, height). B3 and Q2 are in no cell; nB and nC are of one height; nBC joins three classes at once.
TREE = {
    "root": ("", 9), "nA": ("root", 3), "nA12": ("nA", 0.5), "nBC": ("root", 2), "nB": ("nBC", 1), "nC": ("nBC", 1), "nDQ": ("root", 4), "nQ": ("nDQ", 0.2),
    "A1": ("nA12", 0), "A2": ("nA12", 0), "A3": ("nA", 0), "B1": ("nB", 0), "B2": ("nB", 0), "B3": ("nB", 0), "C1": ("nC", 0), "C2": ("nC", 0),
    "X1": ("nBC", 0), "D1": ("nDQ", 0), "Q1": ("nQ", 0), "Q2": ("nQ", 0),
}  # fmt: skip
CLASSES = [8, 6, 5, 3, 2]  # 6 and 5 come to the same five classes, 2 to the root alone
EXPERIMENTS = f"""kind = "kfold"
folds = 3
vary."coupling.lambda" = [0, 1]
pc_cca = [[4, 4]]
classes = {CLASSES}
[[experiment]]
name = "again"
kind = "repeats"
initialisations = 9
test_fraction = 0.5
components = [1, 7]
starts = 4
classes = [3]
vary."training.latent_dim" = [2, 3]
"""
STEPS, KEEP_AFTER = 1500, 750
SETTINGS = [
    *(f"training.steps={STEPS}", f"training.validate_every={STEPS // 60}", f"training.keep_best_after={KEEP_AFTER}"),
    *("training.latent_dim=3", "training.learning_rate=0.01"),
    *("labels.taxonomy=data", 'labels.also=["donor", "sex"]', "modality.T.output=relu"),
]


def make_labels(rng):
    """Types in an order drawn by chance; a numeric column; a column with missing values and a class of ten."""
    types = rng.permutation(np.repeat(list(TYPES), list(TYPES.values())))
    count = len(types)
    sex = rng.choice(["f", "m", ""], count, p=[0.5, 0.4, 0.1])
    sex[rng.choice(count, 10, replace=False)] = "x"
    return pd.DataFrame({"type": types, "donor": rng.choice([3, 12, 7], count, p=[0.6, 0.3, 0.1]), "sex": sex})


def make_present(rng, types):
    """A tenth of the cells lacks T, a quarter of the others E."""
    lacks = rng.random(len(types))
    present = {"T": lacks > 0.1, "E": (lacks < 0.1) | (lacks > 0.325)}
    for name, count in HAVE_E.items():
        present["T"][types == name] = True
        present["E"][types == name] = np.arange((types == name).sum()) < count
    return present


def add_oddities(name, x):
    """A gene of two cells and a property of six, so that folds have constant and nearly empty ones; cells that nobody predicts well."""
    if name == "T":
        x[:, -1] = np.where(np.arange(len(x)) % 200 == 7, 3, 0)
    else:
        x[np.arange(len(x)) % 40 != 4, -1] = np.nan
        x[::25, :-1] *= 6


def make_cohort():
    rng = np.random.default_rng(3)
    obs = make_labels(rng)
    names = pd.Index([f"cell {i:03d}" for i in range(len(obs))])
    centres = {name: rng.normal(size=3) * 1.5 for name in TYPES}
    factors = np.array([centres[name] for name in obs["type"]]) + rng.normal(size=(len(obs), 3))
    present, parts = make_present(rng, obs["type"].to_numpy()), {}
    for name, features in FEATURES.items():
        x = factors @ rng.normal(size=(3, features)) + rng.normal(size=(len(obs), features))
        x = np.maximum(x, 0) if name == "T" else x
        x[rng.random(x.shape) < 0.03] = np.nan
        add_oddities(name, x)
        var = pd.DataFrame(index=[f"{name}{i}" for i in range(features)])
        parts[name] = ad.AnnData(X=x.astype(np.float32), obs=pd.DataFrame(index=names), var=var)[present[name]].copy()
    data = make_mudata(parts)
    del data.obs["cell class"]
    obs = obs.set_index(names).loc[data.obs_names]
    for column in obs:
        data.obs[column] = obs[column] if column == "donor" else pd.Categorical(obs[column].where(obs[column] != ""))
    inner = {parent for parent, _ in TREE.values()}
    rows = [(label, parent, float(height), label not in inner) for label, (parent, height) in TREE.items()]
    data.uns["taxonomy"] = pd.DataFrame(rows, columns=["label", "parent", "height", "leaf"])
    return data


@pytest.fixture(scope="module")
def typed():
    return make_cohort()


def run_typed(data, folder, *more):
    """The study of these tests, and whatever else is set."""
    data.write_h5mu(folder / "data.h5mu")
    (folder / "own.toml").write_text(study_text(MODALITIES, column="type", experiment=EXPERIMENTS))
    words = [word for setting in (*SETTINGS, *more) for word in ("--set", setting)]
    succeed("run", folder / "own.toml", "--data", folder / "data.h5mu", "--out", folder / "run", "--quiet", *words, ranks=2)
    return folder / "run"


@pytest.fixture(scope="module")
def typed_run(typed, tmp_path_factory):
    return run_typed(typed, tmp_path_factory.mktemp("typed"))


def values_of(data):
    """[cells x features] of each modality in the order of the cells, NaN where it is lacking."""
    return {name: data[name].to_df().reindex(data.obs_names).to_numpy(float) for name in MODALITIES}


def root_of(matrix, power):
    """Symmetric root (0.5) of a covariance, or its inverse (-0.5)."""
    variances, axes = np.linalg.eigh(matrix)
    return axes * variances**power @ axes.T


class Side:
    """One modality of PC-CCA: its components, standardised over the cells that have both."""

    def __init__(self, x, is_training, both, components):
        self.there = np.isfinite(x).any(axis=1)
        own = self.there & is_training
        self.filled = np.where(np.isnan(x), np.nanmean(x[own], axis=0), x)
        self.centre = self.filled[own].mean(axis=0)
        self.axes = np.linalg.svd(self.filled[own] - self.centre, full_matrices=False)[2][:components].T
        scores = (self.filled - self.centre) @ self.axes
        self.mean, self.sd = scores[both].mean(axis=0), scores[both].std(axis=0, ddof=1)
        self.inputs, self.both = (scores - self.mean) / self.sd, both

    def turn(self, rotation):
        """Canonical scores, whitened: z."""
        self.scores = self.inputs @ rotation
        shared = self.scores[self.both]
        self.scores_mean, self.covariance = shared.mean(axis=0), np.cov(shared.T)
        self.loadings = np.linalg.lstsq(shared, self.inputs[self.both], rcond=None)[0]
        z = (self.scores - self.scores_mean) @ root_of(self.covariance, -0.5)
        return np.where(self.there[:, None], z, np.nan)

    def decode(self, z):
        scores = z @ root_of(self.covariance, 0.5) + self.scores_mean
        return (scores @ self.loadings * self.sd + self.mean) @ self.axes.T + self.centre


def pc_cca(values, is_training, components, dim):
    """(latents, sides) of the paper's linear baseline: QR and SVD of Bjorck and Golub."""
    both = is_training & np.all([np.isfinite(x).any(axis=1) for x in values.values()], axis=0)
    sides = {name: Side(x, is_training, both, components) for name, x in values.items()}
    (q1, r1), (q2, r2) = (np.linalg.qr(side.inputs[both]) for side in sides.values())
    u, _, v = np.linalg.svd(q1.T @ q2)
    rotations = np.linalg.solve(r1, u[:, :dim]), np.linalg.solve(r2, v.T[:, :dim])
    return {name: side.turn(rotation) for (name, side), rotation in zip(sides.items(), rotations)}, sides
