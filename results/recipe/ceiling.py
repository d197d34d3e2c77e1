"""How far prediction of E from T can go on a cohort: other predictors, all of them stacked, and held-out types told.

    python ceiling.py --data m1.h5mu --run predict_m1 --out FOLDER

--run    a finished run of jobs/predict.toml, whose folds and members are taken (cplae export)
--out    exported predictions, and the run with types as a modality (finished ones are not made again)

Pooled R2 of held-out cells (see pooled.py). The stack is a least-squares mixture of the four predictors, one a feature, fitted on the very
held-out cells that it is scored on: no honest mixture of them does better. In the last rows the types of the held-out cells, leaf and family as
zeros and ones, are an input of one network each fold, by the recipe without supervision.
"""

import argparse
import os
import subprocess
from pathlib import Path

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics.pairwise import euclidean_distances

HERE = Path(__file__).parent
JOB = HERE.parents[1] / "jobs" / "predict.toml"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
PLAIN = ['labels.taxonomy=""', "experiment.cross_validation.rare_classes=spread"]


def cplae(*words) -> None:
    subprocess.run(["cplae", *map(str, words)], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)


def folds_of(run: Path) -> np.ndarray:
    """[cells] the fold in which each is held out."""
    with h5py.File(run / "results.h5") as file:
        split = next(iter(file["variants"].values()))["split"][:]
    return split.argmax(axis=0)


def of_networks(run: Path, folds: np.ndarray, out: Path) -> np.ndarray:
    """[cells x features] the mean of the members' predictions of held-out cells."""
    with h5py.File(run / "results.h5") as file:
        members = list(file["variants"])
    total = 0
    for variant in members:
        predicted = None
        for fold in range(folds.max() + 1):
            table = out / f"{variant},fold={fold}.csv"
            if not table.exists():
                cplae("export", run, "--to", table, "--variant", variant, "--fold", fold)
            values = pd.read_csv(table, index_col=0).filter(regex="^decoded_E_from_T_").to_numpy()
            predicted = np.full(values.shape, np.nan) if predicted is None else predicted
            predicted[folds == fold] = values[folds == fold]
        total = total + predicted / len(members)
    return total


def standardised(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, sd = train.mean(axis=0), train.std(axis=0) + 1e-9
    return (train - mean) / sd, (test - mean) / sd


def ridge(train, truth, test):
    train, test = standardised(train, test)
    return Ridge(3000).fit(train, truth).predict(test)


def laplacian_kernel(train, truth, test):
    """Kernel ridge with exp(-distance / 2 medians)."""
    distances = euclidean_distances(train)
    width = 2 * np.median(distances)
    weights = np.linalg.solve(np.exp(-distances / width) + 0.1 * np.eye(len(train)), truth - truth.mean(axis=0))
    return truth.mean(axis=0) + np.exp(-euclidean_distances(test, train) / width) @ weights


def extra_trees(train, truth, test):
    return ExtraTreesRegressor(300, min_samples_leaf=2, max_features=0.3, n_jobs=-1, random_state=0).fit(train, truth).predict(test)


def by_folds(predict, genes, truth, folds) -> np.ndarray:
    predicted = np.empty_like(truth)
    for fold in range(folds.max() + 1):
        held_out = folds == fold
        predicted[held_out] = predict(genes[~held_out], truth[~held_out], genes[held_out])
    return predicted


def stacked(predictions: list[np.ndarray], truth: np.ndarray) -> np.ndarray:
    columns = []
    for feature in range(truth.shape[1]):
        inputs = np.stack([predicted[:, feature] for predicted in predictions], axis=1)
        columns.append(LinearRegression().fit(inputs, truth[:, feature]).predict(inputs))
    return np.stack(columns, axis=1)


def with_types(data: mudata.MuData, out: Path) -> Path:
    """The data with a third modality of leaf and family, zeros and ones over one factor."""
    types = pd.concat([pd.get_dummies(data.obs[name], prefix=name) for name in ("leaf", "family")], axis=1).astype(float)
    types /= np.sqrt(types.to_numpy().var(axis=0).mean())
    modality = anndata.AnnData(types.to_numpy(np.float32), obs=pd.DataFrame(index=data.obs_names), var=pd.DataFrame(index=types.columns))
    more = mudata.MuData({**{name: data[name] for name in data.mod}, "L": modality})
    for name in ("leaf", "family"):
        more.obs[name] = data.obs[name]
    more.write(out / "types.h5mu")
    study = JOB.read_text().replace("[coupling]", '[[modality]]\nname = "L"\nhidden = [80, 80]\nnoise_sd = 0.5\ndropout = 0.3\nalpha = 3.0\n\n[coupling]', 1)
    (out / "types.toml").write_text(study.replace("members = 8", "members = 1"))
    words = [word for change in [*PLAIN, "training.supervision=0", 'experiment.cross_validation.baselines=["mean"]'] for word in ("--set", change)]
    cplae("run", out / "types.toml", "--quiet", "--data", out / "types.h5mu", "--out", out / "types", "--no-report", *words)
    return out / "types"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "run", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    data = mudata.read_h5mu(options.data)
    genes, truth = (np.asarray(data[name].X, dtype=float) for name in ("T", "E"))
    folds = folds_of(options.run)
    means = np.stack([truth[folds != fold].mean(axis=0) for fold in folds])

    def r2(predicted: np.ndarray) -> float:
        return 1 - ((truth - predicted) ** 2).sum() / ((truth - means) ** 2).sum()

    predictions = {"networks": of_networks(options.run, folds, options.out)}
    for predict in (ridge, laplacian_kernel, extra_trees):
        predictions[predict.__name__] = by_folds(predict, genes, truth, folds)
    for name, predicted in predictions.items():
        print(f"{name:18} {r2(predicted):.3f}")
    print(f"{'stack':18} {r2(stacked(list(predictions.values()), truth)):.3f}")
    table = with_types(data, options.out) / "tables" / "reconstruction.csv"
    rows = pd.read_csv(table).query("to == 'E' and fold.notna()")
    about_mean = rows[rows.variant.str.endswith("baseline=mean")].groupby("fold").mse.first()
    for source in ("T", "L", "T+L"):
        own = rows[(rows.variant == "cross_validation") & (rows["from"] == source)].set_index("fold")
        print(f"{'from ' + source:18} {1 - (own.mse * own.n_cells).sum() / (about_mean * own.n_cells).sum():.3f}")


if __name__ == "__main__":
    main()
