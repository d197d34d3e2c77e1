"""Cells of sequencing batches that no network saw: makes them, and compares what is predicted of them with linear and nearest-neighbour baselines.

    python new_cells.py make --input DIR --data motor_cortex.h5mu --out FOLDER
    python new_cells.py compare --folder FOLDER PREDICTIONS.h5mu...

`make` writes train.h5mu (batches 2 to 8), new_T.h5ad (raw counts of batches 9 to 12, genes in another order, two of them taken away and
2,000 made-up ones added) and measured.h5mu (what `compare` takes for the truth). DIR holds the published counts.csv.gz, ephys_features.csv and
metadata.tsv. Everything random follows from one seed.
"""

import argparse
import warnings
from pathlib import Path

import anndata
import mudata
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

LAST_TRAINING_BATCH = 8
USABLE = 10  # a type needs more training cells than this, as in the study
RIDGE = 1e-2  # of the class covariances, as cplae's


def cells_of(table: pd.DataFrame) -> anndata.AnnData:
    named = table.set_axis(table.index.astype(str), axis=0).set_axis(table.columns.astype(str), axis=1)
    return anndata.AnnData(X=named.to_numpy(np.float32), obs=named[[]], var=named.T[[]])


def pair(t: pd.DataFrame, e: pd.DataFrame, obs: pd.DataFrame) -> mudata.MuData:
    both = mudata.MuData({"T": cells_of(t), "E": cells_of(e)})
    for name in ("leaf", "family"):
        both.obs[name] = obs[name].reindex(both.obs_names).astype(str).astype("category")
    return both


def make(options: argparse.Namespace) -> None:
    data = mudata.read_h5mu(options.data)
    cells = pd.read_csv(options.input / "metadata.tsv", sep="\t", index_col="Cell").loc[data.obs_names]
    counts = pd.read_csv(options.input / "counts.csv.gz", index_col=0).T.loc[data.obs_names]
    ephys = pd.read_csv(options.input / "ephys_features.csv", index_col="cell id").loc[data.obs_names, data["E"].var_names].astype(float)
    old = cells["Sequencing batch"].astype(int).to_numpy() <= LAST_TRAINING_BATCH
    shared = set(cells["Mouse"][old]) & set(cells["Mouse"][~old])
    print(f"{old.sum()} cells to train on, {(~old).sum()} new ones, {len(shared)} mice in both")

    options.out.mkdir(parents=True, exist_ok=True)
    expression = data["T"].to_df()
    training = pair(expression[old], ephys[old], data.obs)
    training.uns["taxonomy"] = data.uns["taxonomy"]
    training.write(options.out / "train.h5mu")
    pair(expression[~old], ephys[~old], data.obs).write(options.out / "measured.h5mu")

    rng = np.random.default_rng(1)
    genes = rng.permutation(counts.columns)
    print("taken away:", ", ".join(genes[:2]))
    made_up = pd.DataFrame(rng.poisson(5, ((~old).sum(), 2000)), index=counts.index[~old]).add_prefix("made_up_")
    new = pd.concat([counts.loc[~old, genes[2:]], made_up], axis=1)
    cells_of(new[rng.permutation(new.columns)]).write_h5ad(options.out / "new_T.h5ad")


class Comparison:
    """Rows of the table: how many types are right, and Pearson's r of E over the new cells for each feature."""

    def __init__(self, folder: Path) -> None:
        self.training, self.measured = mudata.read_h5mu(folder / "train.h5mu"), mudata.read_h5mu(folder / "measured.h5mu")
        new = anndata.read_h5ad(folder / "new_T.h5ad").to_df()
        genes = [gene for gene in self.training["T"].var_names if gene in new.columns]
        counts = new[genes].to_numpy(float)
        self.new_t = np.log1p(1e6 * counts / counts.sum(axis=1, keepdims=True))
        self.t = self.training["T"].to_df()[genes].to_numpy(float)
        e = self.training["E"].X.astype(float)
        self.e = (e - e.mean(0)) / e.std(0)

    def usable(self, label: str) -> np.ndarray:
        counts = self.training.obs[label].astype(str).value_counts()
        return counts.index[counts > USABLE].to_numpy()

    def accuracy(self, label: str, types: np.ndarray) -> tuple[float, int]:
        """Over new cells of usable types."""
        truth = self.measured.obs[label].astype(str)
        known = truth.isin(self.usable(label)).to_numpy()
        return float((np.asarray(types)[known] == truth[known]).mean()), int(known.sum())

    def add(self, name: str, family: np.ndarray, leaf: np.ndarray, e: np.ndarray) -> None:
        with np.errstate(invalid="ignore", divide="ignore"):
            r = np.array([np.corrcoef(column, truth)[0, 1] for column, truth in zip(e.T, self.measured["E"].X.T, strict=True)])
        (of_family, n_family), (of_leaf, n_leaf) = self.accuracy("family", family), self.accuracy("leaf", leaf)
        print(f"| {name} | {of_family:.3f} ({n_family}) | {of_leaf:.3f} ({n_leaf}) | {np.nanmean(r):.3f} ({np.nanmedian(r):.3f}) |")

    def discriminant(self, label: str, z: np.ndarray, new_z: np.ndarray) -> np.ndarray:
        types = self.training.obs[label].astype(str).to_numpy()
        fitted = np.isin(types, self.usable(label))
        return QuadraticDiscriminantAnalysis(reg_param=RIDGE).fit(z[fitted], types[fitted]).predict(new_z)

    def add_pc_cca(self, components: int, dimensions: int) -> None:
        """Canonical variates of principal components by QR and SVD; E by least squares from T's variates."""
        of_t, of_e = (PCA(components, svd_solver="full").fit(x) for x in (self.t, self.e))
        a, b = of_t.transform(self.t), of_e.transform(self.e)
        (qa, ra), (qb, _) = np.linalg.qr(a), np.linalg.qr(b)
        weights = np.linalg.solve(ra, np.linalg.svd(qa.T @ qb)[0][:, :dimensions])
        z, new_z = a @ weights, of_t.transform(self.new_t) @ weights
        z, new_z = z / z.std(0, ddof=1), new_z / z.std(0, ddof=1)
        onto = np.linalg.lstsq(np.c_[np.ones(len(z)), z], b, rcond=None)[0]
        e = of_e.inverse_transform(np.c_[np.ones(len(new_z)), new_z] @ onto)
        types = (self.discriminant(label, z, new_z) for label in ("family", "leaf"))
        self.add(f"PC-CCA ({components}, {components}), d = {dimensions} + QDA", *types, e)

    def add_neighbours(self, name: str, x: np.ndarray, new_x: np.ndarray) -> None:
        types = (KNeighborsClassifier(5).fit(x, self.training.obs[label].astype(str)).predict(new_x) for label in ("family", "leaf"))
        self.add(name, *types, KNeighborsRegressor(5).fit(x, self.e).predict(new_x))

    def add_predictions(self, path: Path) -> None:
        found = mudata.read_h5mu(path)
        if list(found.obs_names) != list(self.measured.obs_names):
            raise SystemExit(f"{path}: other cells than measured.h5mu has")
        self.add(f"cplae, {path.stem}", *(found.obs[f"predicted_{label}"].astype(str) for label in ("family", "leaf")), found["E"].X)


def compare(options: argparse.Namespace) -> None:
    table = Comparison(options.folder)
    print("| predicted from T | family (cells) | leaf (cells) | Pearson r of E, mean (median) |\n| --- | --- | --- | --- |")
    for path in options.predictions:
        table.add_predictions(path)
    for dimensions in (3, 10):
        for components in (10, 29):
            table.add_pc_cca(components, dimensions)
    table.add_neighbours("5 nearest neighbours, genes", table.t, table.new_t)
    reduced = PCA(50, svd_solver="full").fit(table.t)
    table.add_neighbours("5 nearest neighbours, 50 components", reduced.transform(table.t), reduced.transform(table.new_t))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    maker = commands.add_parser("make")
    maker.set_defaults(does=make)
    maker.add_argument("--input", type=Path, required=True, help="folder of the published tables")
    maker.add_argument("--data", type=Path, required=True, help="what analysis/datasets/motor_cortex.py wrote")
    maker.add_argument("--out", type=Path, required=True, help="folder to write into")
    comparer = commands.add_parser("compare")
    comparer.set_defaults(does=compare)
    comparer.add_argument("--folder", type=Path, required=True, help="what make wrote")
    comparer.add_argument("predictions", type=Path, nargs="*", help="what cplae predict wrote")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)
    options.does(options)


if __name__ == "__main__":
    main()
