"""Predictions of new cells, computed again by NumPy and scikit-learn from the weights in results.h5; the run's data file is gone."""

import json
import resource
import shutil
import subprocess

import anndata as ad
import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, call, command, make_modalities, make_mudata, refused, study_text, succeed
from sums import seal
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

TRAINED = 240
COUPLED = "cross_validation,lambda=1"
RIDGE = 1e-2  # of the class covariances
# Networks are in float32: their latents and what they decode keep some 1e-6 of values of order 1 to 10.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}
LABELS = ("leaf", "leaf 3")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Raw counts in T, E in units of its own; the first cells are for training, the others are new."""
    path = tmp_path_factory.mktemp("all") / "all.h5mu"
    succeed("simulate", "--preset", "tiny", "--seed", 1, "--cells", TRAINED + 60, "--counts", "--out", path)
    data = md.read_h5mu(path)
    data["E"].X = np.asarray(data["E"].X) * 7 - 60
    return data


@pytest.fixture(scope="module")
def run(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("predict")
    training = cohort[:TRAINED].copy()
    training.uns = cohort.uns
    training.write_h5mu(folder / "training.h5mu")
    settings = ["--set", "modality.T.transform=log_cpm", "--set", "modality.E.transform=zscore"]
    succeed("run", SMOKE, "--data", folder / "training.h5mu", "--out", folder / "run", "--quiet", *settings, ranks=2)
    (folder / "training.h5mu").unlink()
    return folder / "run"


@pytest.fixture(scope="module")
def new_cells(cohort):
    """T of cells that no network has seen: genes in another order, three of them missing, five others added."""
    rng = np.random.default_rng(5)
    own = cohort["T"][TRAINED:].copy()
    kept = rng.permutation(own.n_vars)[: own.n_vars - 3]
    counts = np.hstack([np.asarray(own.X)[:, kept], rng.poisson(3, (own.n_obs, 5))])
    names = [*own.var_names[kept], *(f"other {i}" for i in range(5))]
    order = rng.permutation(len(names))
    made = ad.AnnData(
        X=counts[:, order].astype(np.float32),
        obs=pd.DataFrame({"donor": ["one", "two"] * 30, "depth": np.arange(60.0)}, index=own.obs_names),
        var=pd.DataFrame(index=np.array(names)[order]),
    )
    return made, own.var_names[np.setdiff1d(np.arange(own.n_vars), kept)]


@pytest.fixture(scope="module")
def predicted(run, new_cells, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    new_cells[0].write_h5ad(folder / "new.h5ad")
    words = [x for label in LABELS for x in ("--label", label)]
    done = succeed(
        *("predict", run, "--data", folder / "new.h5ad", "--modality", "T", "--input", "raw", *words),
        *("--variant", COUPLED, "--out", folder / "p.h5mu", "--table", folder / "p.csv"),
    )
    return md.read_h5mu(folder / "p.h5mu"), pd.read_csv(folder / "p.csv"), done.stdout


class Network:
    """One network of results.h5, in double precision."""

    def __init__(self, file, variant, replicate):
        group = file[f"variants/{variant}"]
        self.tensors = {}
        for part in ("parameters", "moving"):
            values = group[f"weights/{part}"]
            for slot in json.loads(values.attrs["layout"]):
                flat = values[replicate, slot["offset"] : slot["offset"] + slot["rows"] * slot["columns"]]
                self.tensors[slot["name"]] = flat.reshape(slot["rows"], slot["columns"]).astype(float)
        self.split = group["split"][replicate]
        self.own = {m: group[f"latents/{m}"][replicate].astype(float) for m in ("T", "E")}

    def dense(self, name, x):
        return x @ self.tensors[f"{name}/weight"] + self.tensors[f"{name}/bias"]

    def encode(self, modality, x):
        """One hidden layer, as jobs/smoke.toml has it."""
        part = f"encoder_{modality}"
        z = self.dense(f"{part}/fc1", np.maximum(self.dense(f"{part}/fc0", np.nan_to_num(x)), 0))
        mean, variance = (self.tensors[f"{part}/batch_norm/moving_{name}"] for name in ("mean", "variance"))
        return (z - mean) / np.sqrt(variance + 1e-10)

    def decode(self, modality, z):
        part = f"decoder_{modality}"
        x = self.dense(f"{part}/Xout", np.maximum(self.dense(f"{part}/fc0", z), 0))
        return np.maximum(x, 0) if modality == "T" else x


@pytest.fixture(scope="module")
def trained(run):
    with h5py.File(run / "results.h5") as file:
        replicates = len(file[f"variants/{COUPLED}/split"])
        scaling = {m: (file[f"features_scaling/{m}/centre"][:], file[f"features_scaling/{m}/scale"][:]) for m in ("T", "E")}
        features = {m: [name.decode() for name in file[f"features/{m}"][:]] for m in ("T", "E")}
        return [Network(file, COUPLED, r) for r in range(replicates)], scaling, features


def training_values(cohort):
    counts = np.asarray(cohort["T"].X)[:TRAINED].astype(float)
    million = 1e6 * counts / counts.sum(axis=1, keepdims=True)
    return million, np.asarray(cohort["E"].X)[:TRAINED].astype(float)


@pytest.fixture(scope="module")
def expected_input(cohort, new_cells, trained):
    """log_e(1 + x) of counts that sum to the share that the shared genes have of a training cell's million."""
    million, _ = training_values(cohort)
    found = new_cells[0].to_df()
    names = trained[2]["T"]
    shared = [name for name in names if name in found]
    assert len(shared) == len(names) - 3
    total = 1e6 * million[:, [names.index(name) for name in shared]].sum() / million.sum()
    counts = found[shared].to_numpy(float)
    logs = pd.DataFrame(np.log1p(total * counts / counts.sum(axis=1, keepdims=True)), columns=shared)
    return logs.reindex(columns=names).to_numpy()


def test_input_is_brought_to_the_training_cells(predicted, expected_input, new_cells, trained):
    data, _, told = predicted
    assert list(data["T"].var_names) == trained[2]["T"]
    np.testing.assert_allclose(data["T"].X, expected_input, rtol=1e-6)
    assert f"{len(trained[2]['T']) - 3} of {len(trained[2]['T'])} found by name; 3 missing, taken as 0: " in told
    assert set(new_cells[1]) == set(told.split("taken as 0: ")[1].split(";")[0].split(", "))
    assert "5 others left out: other " in told
    assert list(data.uns["cplae_prediction"]) == [line.strip() for line in told.splitlines()[1:]]


def test_the_run_s_own_cells_are_remarked(predicted, run, cohort, tmp_path):
    assert "own cells" not in predicted[2]
    cohort["T"][TRAINED - 20 :].copy().write_h5ad(tmp_path / "mixed.h5ad")
    succeed("predict", run, "--data", tmp_path / "mixed.h5ad", "--modality", "T", "--input", "raw", "--out", tmp_path / "p.h5mu")
    assert [note[:14] for note in md.read_h5mu(tmp_path / "p.h5mu").uns["cplae_prediction"] if "own cells" in note] == ["20 of 80 cells"]


def classes_of(run, label):
    return pd.read_csv(run / "tables/cells.csv", dtype=str).fillna("")[label].to_numpy()


def fitted(network, modality, names):
    """Training cells of the classes of more than 10 cells, 6 of them in training."""
    counts = pd.Series(names[names != ""]).value_counts()
    training = pd.Series(names[network.split == 0]).value_counts()
    usable = [name for name in counts.index[counts > 10] if training.get(name, 0) >= 6]
    rows = (network.split == 0) & np.isin(names, usable)
    return network.own[modality][rows], names[rows]


@pytest.mark.parametrize("label", LABELS)
def test_types_are_the_votes_of_scikit_learn(run, predicted, expected_input, trained, label):
    names = classes_of(run, label)
    every = sorted(set(names) - {""})
    votes = np.zeros((len(expected_input), len(every)))
    posterior = votes.copy()
    for network in trained[0]:
        z = network.encode("T", expected_input)
        model = QuadraticDiscriminantAnalysis(reg_param=RIDGE).fit(*fitted(network, "T", names))
        places = [every.index(name) for name in model.classes_]
        posterior[:, places] += model.predict_proba(z)
        votes[np.arange(len(z)), [every.index(name) for name in model.predict(z)]] += 1
    count = len(trained[0])
    order = votes + posterior / (10 * count)  # more votes first, then the higher probability
    best = order.argmax(axis=1)
    obs = predicted[0].obs
    assert list(obs[f"predicted_{label}"].astype(str)) == [every[i] for i in best]
    rows = np.arange(len(best))
    np.testing.assert_allclose(obs[f"predicted_{label}_agreement"], votes[rows, best] / count, atol=1e-12)
    np.testing.assert_allclose(obs[f"predicted_{label}_probability"], posterior[rows, best] / count, atol=1e-3)
    assert 1 < len(set(best)) and votes[rows, best].min() < count, "some networks disagree"


def test_the_other_modality_is_mean_and_spread_of_all_networks(predicted, expected_input, trained, cohort):
    networks, scaling, features = trained
    centre, scale = scaling["E"]
    decoded = np.array([n.decode("E", n.encode("T", expected_input)) for n in networks])
    e = predicted[0]["E"]
    assert list(e.var_names) == features["E"]
    np.testing.assert_allclose(e.X, decoded.mean(axis=0) * scale + centre, **CLOSE)
    np.testing.assert_allclose(e.layers["sd"], decoded.std(axis=0, ddof=1) * scale, rtol=1e-3, atol=1e-3)
    above = (decoded > 0).mean(axis=0)  # z-scores: the training mean is 0
    agreement = np.where(decoded.mean(axis=0) > 0, above, 1 - above)
    near = (np.abs(decoded) < 1e-4).any(axis=0) | (np.abs(decoded.mean(axis=0)) < 1e-4)
    assert near.mean() < 0.02
    np.testing.assert_allclose(e.layers["agreement"][~near], agreement[~near], atol=1e-6)
    np.testing.assert_allclose(centre, np.nanmean(training_values(cohort)[1], axis=0), rtol=1e-5)


def test_latents_are_those_of_the_best_network(run, predicted, expected_input, trained):
    data, table, told = predicted
    losses = pd.read_csv(run / "tables/losses.csv")
    kept = losses[(losses["variant"] == COUPLED) & (losses["kept"] == 1) & (losses["part"] == "validation") & (losses["term"] == "total")]
    best = int(kept.set_index("fold")["value"].idxmin())
    z = trained[0][best].encode("T", expected_input)
    np.testing.assert_allclose(data.obsm["X_cplae_T"], z, **CLOSE)
    np.testing.assert_array_equal(data["T"].obsm["X_cplae_T"], data.obsm["X_cplae_T"])
    np.testing.assert_array_equal(table[["z_T_0", "z_T_1"]].to_numpy().astype(np.float32), data.obsm["X_cplae_T"].astype(np.float32))
    assert f"networks: 3 of {COUPLED}; latents of {COUPLED},fold={best}" in told


def nearest_class(network, names, z):
    values, own = fitted(network, "T", names)
    squared = []
    for name in sorted(set(own)):
        cells = values[own == name]
        covariance = (1 - RIDGE) * np.cov(cells.T, ddof=0) + RIDGE * np.eye(cells.shape[1])
        centred = z - cells.mean(axis=0)
        squared.append((centred @ np.linalg.inv(covariance) * centred).sum(axis=1))
    return np.min(squared, axis=0)


def share_below(percentiles, value):
    """Read off the percentiles; np.interp takes the last of equal ones, here it is the first."""
    keep = np.r_[True, np.diff(percentiles) > 0]
    return np.interp(value, percentiles[keep], np.linspace(0, 1, 101)[keep])


def test_distances_are_places_among_held_out_cells(run, predicted, expected_input, trained, cohort):
    names = classes_of(run, LABELS[0])
    pooled = np.concatenate([nearest_class(n, names, n.own["T"][n.split != 0]) for n in trained[0]])
    new = np.array([nearest_class(n, names, n.encode("T", expected_input)) for n in trained[0]])
    expected = (pooled[None, None] < new[:, :, None]).mean(axis=2).mean(axis=0)
    obs = predicted[0].obs
    # A place may change by one of the pooled cells where two distances are equal to float32's precision.
    np.testing.assert_allclose(obs["distance_latent"], expected, atol=1.5 / len(pooled))

    logs = np.log1p(training_values(cohort)[0])
    own = np.concatenate([((n.decode("T", n.own["T"]) - logs) ** 2).mean(axis=1)[n.split != 0] for n in trained[0]])
    table = pd.read_csv(run / "tables/held_out.csv")
    table = table[(table["variant"] == COUPLED) & (table["modality"] == "T")]
    np.testing.assert_allclose(table["error"], np.quantile(own, np.linspace(0, 1, 101)), rtol=1e-4)
    assert (table["missing"] == 0).all() and (table["n_cells"] == len(own)).all() and list(table["percent"]) == list(range(101))
    errors = [np.nanmean((n.decode("T", n.encode("T", expected_input)) - expected_input) ** 2, axis=1) for n in trained[0]]
    expected = np.mean([share_below(table["error"].to_numpy(), e) for e in errors], axis=0)
    np.testing.assert_allclose(obs["distance_input"], expected, atol=1e-3)
    assert 0 < expected.min() and expected.max() <= 1
    np.testing.assert_allclose(obs["missing_share"], 3 / expected_input.shape[1])
    assert (obs["distance_missing"] == 1).all(), "held-out cells lack no gene"


def test_inputs_of_the_training_are_in_a_table(run, cohort):
    table = pd.read_csv(run / "tables/inputs.csv")
    million, measured = training_values(cohort)
    for name, values in (("T", np.log1p(million)), ("E", measured)):
        own = table[table["modality"] == name]
        assert list(own["feature"]) == list(cohort[name].var_names)
        assert list(own["n_cells"]) == list(np.isfinite(values).sum(axis=0))
        np.testing.assert_allclose(own["mean"], np.nanmean(values, axis=0), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(own["sd"], np.nanstd(values, axis=0), rtol=1e-5)
    own = table[table["modality"] == "T"]
    np.testing.assert_allclose(own["mean_expm1"], million.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(own["mean_exp2m1"], (np.exp2(np.log1p(million)) - 1).mean(axis=0), rtol=1e-5)
    assert table.loc[table["modality"] == "E", "mean_expm1"].isna().all(), "-60 is no logarithm of counts per million"


def test_other_columns_stay_and_earlier_predictions_are_replaced(run, predicted, new_cells, tmp_path):
    data, table, _ = predicted
    assert list(data.obs["donor"].astype(str)) == ["one", "two"] * 30 and list(data.obs["depth"]) == list(range(60))
    assert list(table["cell"]) == list(data.obs_names) and list(table["predicted_leaf"]) == list(data.obs["predicted_leaf"])
    again = new_cells[0].copy()
    again.obs["predicted_leaf"] = "nothing"
    again.write_h5ad(tmp_path / "new.h5ad")
    words = ["predict", run, "--data", tmp_path / "new.h5ad", "--modality", "T", "--input", "raw", "--out", tmp_path / "p.h5mu"]
    succeed(*words, "--variant", COUPLED)
    first = md.read_h5mu(tmp_path / "p.h5mu")
    assert list(first.obs["predicted_leaf"]) == list(data.obs["predicted_leaf"])
    assert "predicted_leaf 3" not in first.obs and first.uns["taxonomy"]["label"].tolist()
    refused(*words, names=["is there already", "--force"])
    done = [succeed(*words, "--force", *more).stdout for more in ([], ["--variant", "consensus"])]
    assert f"networks: 3 of {COUPLED};" in done[0] and "networks: 2 of consensus;" in done[1]


@pytest.mark.parametrize("kind", ["log1p_cpm", "log2_cpm"])
def test_logarithms_are_counts_of_another_kind(run, predicted, new_cells, tmp_path, kind):
    logs = new_cells[0].copy()
    million = 1e6 * logs.X.astype(float) / logs.X.sum(axis=1, keepdims=True)
    logs.X = (np.log1p(million) if kind == "log1p_cpm" else np.log2(1 + million)).astype(np.float32)
    logs.write_h5ad(tmp_path / "logs.h5ad")
    words = ["predict", run, "--data", tmp_path / "logs.h5ad", "--modality", "T", "--variant", COUPLED, "--out", tmp_path / "p.h5mu"]
    succeed(*words, "--input", kind)
    found = md.read_h5mu(tmp_path / "p.h5mu")
    # Powers of float32 logarithms up to 20 keep 1e-5 of themselves.
    np.testing.assert_allclose(found["T"].X, predicted[0]["T"].X, atol=1e-4)
    np.testing.assert_allclose(found["E"].X, predicted[0]["E"].X, rtol=1e-3, atol=1e-2)
    wrong = "log1p_cpm" if kind == "log2_cpm" else "raw"
    refused(*words, "--force", "--input", wrong, names=["T, --input", "expected"])


def test_own_cells_come_out_as_the_run_has_them(run, cohort, trained, tmp_path):
    """From E to T, taken as it is; new cells that were the run's have the run's latents."""
    cohort["E"][:TRAINED].copy().write_h5ad(tmp_path / "E.h5ad")
    out = tmp_path / "p.csv"
    words = ["predict", run, "--data", tmp_path / "E.h5ad", "--modality", "E", "--variant", COUPLED, "--out", out]
    told = succeed(*words).stdout
    best = int(told.split(f"latents of {COUPLED},fold=")[1].split()[0])
    z = pd.read_csv(out)[["z_E_0", "z_E_1"]].to_numpy()
    np.testing.assert_allclose(z, trained[0][best].own["E"], rtol=1e-5, atol=1e-5)
    standardised = cohort["E"][:TRAINED].copy()
    standardised.X = (standardised.X - np.nanmean(standardised.X, axis=0)) / np.nanstd(standardised.X, axis=0)
    standardised.write_h5ad(tmp_path / "E.h5ad")
    refused(*words, "--force", names=["E beside the training cells", "training SD", "--input as_trained"])
    assert "UNLIKE THEM" in succeed(*words, "--force", "--input", "as_trained").stdout


def test_networks_that_failed_take_no_part(run, new_cells, tmp_path):
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("work"))
    with h5py.File(tmp_path / "run/results.h5", "r+") as file:
        replicates = file[f"variants/{COUPLED}/replicate"]
        rows = replicates[:]
        rows["status"][1] = 1
        replicates[:] = rows
        file[f"variants/{COUPLED}/latents/T"][1] = np.nan
    seal(tmp_path / "run/results.h5")
    new_cells[0].write_h5ad(tmp_path / "new.h5ad")
    out = tmp_path / "p.csv"
    words = ["predict", tmp_path / "run", "--data", tmp_path / "new.h5ad", "--modality", "T", "--input", "raw", "--out", out]
    assert f"networks: 2 of {COUPLED} (1 failed); latents of" in succeed(*words).stdout
    assert set(pd.read_csv(out)["predicted_leaf_agreement"]) <= {0.5, 1.0}


def test_three_modalities_without_labels(tmp_path):
    """Every other modality is predicted; cells of the new file without the modality are left out."""
    data = make_mudata(make_modalities(["one", "two", "three"], cells=120, lacking=0.2))
    data.write_h5mu(tmp_path / "data.h5mu")
    study = tmp_path / "study.toml"
    study.write_text(study_text(["one", "two", "three"], column=""))
    succeed("run", study, "--data", tmp_path / "data.h5mu", "--out", tmp_path / "run", "--quiet")
    out = tmp_path / "p.h5mu"
    succeed("predict", tmp_path / "run", "--data", tmp_path / "data.h5mu", "--modality", "two", "--out", out)
    found = md.read_h5mu(out)
    assert list(found.mod) == ["two", "one", "three"] and list(found.obs_names) == list(data["two"].obs_names)
    assert not [name for name in found.obs if name.startswith("predicted_")]
    # Held-out cells are among the new ones; a network has seen half of them.
    assert found.obs["distance_latent"].between(0, 1).all() and 0.2 < found.obs["distance_latent"].mean() < 0.8
    assert found["one"].layers["sd"].shape == found["one"].shape


def test_a_run_of_an_earlier_version_is_told_what_to_do(run, new_cells, tmp_path):
    new_cells[0].write_h5ad(tmp_path / "new.h5ad")
    own = shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("work"))
    (own / "tables/held_out.csv").unlink()
    sums = own / "tables/SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(keepends=True) if "held_out" not in line))
    done = call("predict", own, "--data", tmp_path / "new.h5ad", "--modality", "T", "--input", "raw", "--out", tmp_path / "p.csv")
    assert done.returncode == 2 and "held_out.csv: is not there; cplae run, or evaluate and reduce" in done.stderr


def test_features_without_a_value_are_missing(run, cohort, tmp_path):
    """In every cell: as if the column were not there. A tree of types in the new file is not read."""
    made, table = cohort["E"][TRAINED:].copy(), tmp_path / "p.csv"
    words = ["predict", run, "--data", tmp_path / "E.h5ad", "--modality", "E", "--input", "as_trained", "--variant", COUPLED, "--out", table]
    made.X = np.asarray(made.X, dtype=np.float32)
    made.X[:, 2] = np.nan
    made.uns["taxonomy"] = pd.DataFrame({"label": ["a"], "level": ["b"]})
    made.write_h5ad(tmp_path / "E.h5ad")
    succeed(*words)
    without = made[:, [i for i in range(made.n_vars) if i != 2]].copy()
    without.write_h5ad(tmp_path / "E.h5ad")
    first = pd.read_csv(table)
    succeed(*words, "--force")
    pd.testing.assert_frame_equal(first, pd.read_csv(table))


def test_numbers_that_are_names_are_kept(run, new_cells, tmp_path):
    made = new_cells[0].copy()
    made.obs["id"] = np.arange(made.n_obs) + 2**53 + 1
    made.write_h5ad(tmp_path / "new.h5ad")
    succeed("predict", run, "--data", tmp_path / "new.h5ad", "--modality", "T", "--input", "raw", "--out", tmp_path / "p.h5mu")
    assert list(md.read_h5mu(tmp_path / "p.h5mu").obs["id"].astype(str)) == [str(2**53 + 1 + i) for i in range(made.n_obs)]


def test_ranks_of_one_launch_predict_once(run, new_cells, tmp_path):
    new_cells[0].write_h5ad(tmp_path / "new.h5ad")
    words = ["predict", run, "--data", tmp_path / "new.h5ad", "--modality", "T", "--input", "raw", "--out", tmp_path / "p.csv"]
    assert succeed(*words, ranks=2).stdout.count("60 cells, predicted from T") == 1


def test_a_limit_of_file_sizes_is_named_and_leaves_nothing(run, new_cells, tmp_path):
    new_cells[0].write_h5ad(tmp_path / "new.h5ad")
    words = ["predict", run, "--data", tmp_path / "new.h5ad", "--modality", "T", "--input", "raw", "--out", tmp_path / "out.h5mu"]
    limit = (20_000, 20_000)
    done = subprocess.run(command(*words), capture_output=True, text=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert done.returncode == 1 and done.stderr.count("cplae: ") == 1 and "out.h5mu" in done.stderr, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["new.h5ad"]
