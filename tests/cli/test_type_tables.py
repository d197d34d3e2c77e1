"""Types, averages of networks and relative losses of a run, computed again from its results.h5 and data by NumPy, SciPy and
scikit-learn; the panel of features, which may change without training."""

import json
import shutil

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, refused, succeed
from scipy.linalg import orthogonal_procrustes
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import r2_score

MODALITIES = ("T", "E")
# More steps than the smoke study's, so that some features are predicted; three networks, so that there is something to average.
CHANGES = [
    *("training.steps=1500", "training.validate_every=100", "training.keep_best_after=500", "training.learning_rate=0.01"),
    *("training.latent_dim=3", "experiment.consensus.initialisations=3", "experiment.consensus.components=[2, 2]"),
]
TRAINED = [word for change in CHANGES for word in ("--set", change)]
RELU = ("T",)


def study(folder):
    """A copy of the smoke study beside a panel of T; the last name is no gene."""
    path = folder / "smoke.toml"
    shutil.copy(SMOKE, path)
    (folder / "genes.txt").write_text("# genes\ngene_07\ngene_10\ngene_03\ngene_21\nVip\n")
    return [path, *TRAINED, "--set", "modality.T.panel=genes.txt"]


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    """(words of the study, its run)"""
    folder = tmp_path_factory.mktemp("types")
    words = study(folder)
    done = succeed("run", *words, "--data", tiny, "--out", folder / "run", ranks=2)
    assert "1 of the 5 names of \"genes.txt\" are no features of T: Vip" in done.stderr
    assert "type_pearson E<-T" in done.stdout and "ensemble_r2 T<-E" in done.stdout
    return words, folder / "run"


@pytest.fixture(scope="module")
def run(made):
    return made[1]


@pytest.fixture(scope="module")
def cohort(tiny):
    data = md.read_h5mu(tiny)
    values, names = {}, {}
    for name in MODALITIES:
        part = data[name]
        dense = part.X.toarray() if hasattr(part.X, "toarray") else np.asarray(part.X)
        values[name] = np.full((data.n_obs, part.n_vars), np.nan, np.float32)
        values[name][data.obs_names.get_indexer(part.obs_names)] = dense
        names[name] = list(part.var_names)
    return values, names, data.obs["leaf"].astype(str).to_numpy()


def table(run, name):
    return pd.read_csv(run / "tables" / f"{name}.csv")


class Network:
    """One replicate of results.h5: its split, its latents, and its decoders by NumPy (docs/model.md)."""

    def __init__(self, group, replicate):
        self.split = group["split"][replicate]
        self.latents = {name: group[f"latents/{name}"][replicate].astype(float) for name in MODALITIES}
        parameters = group["weights/parameters"]
        self.layout = json.loads(parameters.attrs["layout"])
        self.parameters = parameters[replicate].astype(float)

    def decode(self, modality, latents):
        slots = [slot for slot in self.layout if slot["name"].startswith(f"decoder_{modality}/")]
        arrays = [
            self.parameters[slot["offset"] : slot["offset"] + slot["rows"] * slot["columns"]].reshape(slot["rows"], slot["columns"])
            for slot in slots
        ]
        x = latents
        for weight, bias in zip(arrays[0::2], arrays[1::2]):
            is_last = weight is arrays[-2]
            x = x @ weight + bias
            x = np.maximum(x, 0) if not is_last or modality in RELU else x
        return x


def networks(run, variant):
    with h5py.File(run / "results.h5") as file:
        group = file["variants"][variant]
        return [Network(group, replicate) for replicate in range(len(group["split"]))]


def has(values):
    return np.isfinite(values).any(axis=1)


def held_out(network, values, source, target):
    return np.flatnonzero((network.split != 0) & has(values[source]) & has(values[target]))


def pooled(run, cohort, variant, source, target):
    """Cells in the order of the folds, and what the fold's network decodes of them."""
    cells, decoded = [], []
    for network in networks(run, variant):
        own = held_out(network, cohort[0], source, target)
        cells.append(own)
        decoded.append(network.decode(target, network.latents[source][own]))
    return np.concatenate(cells), np.concatenate(decoded)


def usable_types(labels):
    names, counts = np.unique(labels, return_counts=True)
    return names[(counts > 10) & (names != "")]


def features_of(run, cohort, target):
    """The panel of T; of E what the reference variant, the last one, predicts within."""
    if target == "T":
        return ["gene_07", "gene_10", "gene_03", "gene_21"]
    cells, decoded = pooled(run, cohort, "cross_validation,lambda=1", "E", "E")
    truth = cohort[0]["E"][cells]
    r2 = [r2_score(x[there], y[there]) for x, y in zip(truth.T, decoded.T) for there in [np.isfinite(x)]]
    return [name for name, value in zip(cohort[1]["E"], r2) if value > 0.25]


def expected_means(run, cohort, variant, source, target):
    """(measured, decoded) [types x features], means over the same cells."""
    values, names, labels = cohort
    cells, decoded = pooled(run, cohort, variant, source, target)
    places = [names[target].index(feature) for feature in features_of(run, cohort, target)]
    measured, decoded = values[target][cells][:, places].astype(float), decoded[:, places]
    decoded = np.where(np.isnan(measured), np.nan, decoded)
    types = usable_types(labels)
    return types, *(np.array([np.nanmean(side[labels[cells] == name], axis=0) for name in types]) for side in (measured, decoded))


def rows_of(frame, variant, source, target):
    return frame[(frame["variant"] == variant) & (frame["from"] == source) & (frame["to"] == target)]


DIRECTIONS = [(source, target) for source in MODALITIES for target in MODALITIES]
# The program decodes in float32, the oracle in double precision: a few roundings of 6e-8 of values up to 10.
CLOSE = dict(rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("variant", ["cross_validation,lambda=0", "cross_validation,lambda=1"])
@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_means_of_types(run, cohort, variant, source, target):
    own = rows_of(table(run, "typewise"), variant, source, target)
    types, measured, decoded = expected_means(run, cohort, variant, source, target)
    features = features_of(run, cohort, target)
    assert len(features) >= 3, "the smoke study learns too little for this test"
    assert list(own["feature"].unique()) == features and set(own["type"]) == set(types)
    for side, expected in (("measured", measured), ("decoded", decoded)):
        found = own.pivot(index="type", columns="feature", values=side).loc[types, features]
        np.testing.assert_allclose(found.to_numpy(), expected, **CLOSE)


def correlation(x, y):
    there = np.isfinite(x) & np.isfinite(y)
    return pearsonr(x[there], y[there])[0]


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_correlations_of_types_and_features(run, cohort, source, target):
    variant = "cross_validation,lambda=1"
    own = rows_of(table(run, "type_correlations"), variant, source, target)
    types, *means = expected_means(run, cohort, variant, source, target)
    scaled = [side / np.nanmax(np.abs(side), axis=0) for side in means]
    centred = [side - np.nanmean(side, axis=0) for side in scaled]
    by_type = own[own["over"] == "features"].set_index("name").loc[types]
    for column, sides in (("pearson", scaled), ("pearson_raw", means), ("pearson_centred", centred)):
        expected = [correlation(*pair) for pair in zip(*sides)]
        # Centred means are differences, a tenth of the means and less.
        np.testing.assert_allclose(by_type[column], expected, atol=1e-4)
    by_feature = own[own["over"] == "types"].set_index("name").loc[features_of(run, cohort, target)]
    np.testing.assert_allclose(by_feature["pearson"], [correlation(*pair) for pair in zip(means[0].T, means[1].T)], atol=1e-4)
    assert set(own["panel"]) == {"panel" if target == "T" else "r2"} and set(own["folds"]) == {3}
    summary = table(run, "summary").set_index(["variant", "metric"]).loc[variant]
    name = f"{target}<-{source}"
    for metric, values in ((f"type_pearson {name}", by_type["pearson"]), (f"feature_pearson {name}", by_feature["pearson"])):
        np.testing.assert_allclose(summary.loc[metric, ["mean", "sd", "n"]].astype(float), [values.mean(), values.std(ddof=1), len(values)], rtol=1e-12)


def test_baselines_are_pooled_as_networks_are(run, cohort):
    """The mean of the training cells, which is known without fitting anything."""
    values, names, labels = cohort
    variant = "cross_validation,baseline=mean"
    own = rows_of(table(run, "typewise"), variant, "T", "E")
    features = features_of(run, cohort, "E")
    places = [names["E"].index(feature) for feature in features]
    cells, decoded = [], []
    for network in networks(run, "cross_validation,lambda=0"):
        test = held_out(network, values, "T", "E")
        train = (network.split == 0) & has(values["T"]) & has(values["E"])
        cells.append(test)
        decoded.append(np.tile(np.nanmean(values["E"][train].astype(float), axis=0)[places], (len(test), 1)))
    cells, decoded = np.concatenate(cells), np.concatenate(decoded)
    decoded[np.isnan(values["E"][cells][:, places])] = np.nan
    types = usable_types(labels)
    expected = [np.nanmean(decoded[labels[cells] == name], axis=0) for name in types]
    found = own.pivot(index="type", columns="feature", values="decoded").loc[types, features]
    np.testing.assert_allclose(found.to_numpy(), expected, **CLOSE)
    listed = set(zip(*(table(run, "typewise")[column] for column in ("variant", "from", "to"))))
    for name, directions in (("pc_cca=4x4", DIRECTIONS), ("baseline=ridge", [("T", "E"), ("E", "T")])):
        assert {pair for variant, *pair in map(list, listed) if variant == f"cross_validation,{name}" for pair in [tuple(pair)]} == set(directions)


def value_of(frame, **keys):
    for key, value in keys.items():
        frame = frame[frame[key].fillna("") == value]
    assert len(frame) == 1, keys
    return frame["value"].item()


def mean_r2(truth, predicted):
    return np.mean([r2_score(x[there], y[there]) for x, y in zip(truth.T, predicted.T) for there in [np.isfinite(x)]])


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_average_of_networks(run, cohort, source, target):
    ensembles = table(run, "ensembles")
    assert set(ensembles["variant"]) == {"consensus"} and set(ensembles["members"]) == {3}
    members = networks(run, "consensus")
    cells = held_out(members[0], cohort[0], source, target)
    truth = cohort[0][target][cells].astype(float)
    predicted = np.array([member.decode(target, member.latents[source][cells]) for member in members])
    mean, spread = predicted.mean(axis=0), predicted.std(axis=0, ddof=1)
    one_by_one = [mean_r2(truth, each) for each in predicted]
    there = np.isfinite(truth)
    error = np.abs(truth - mean)
    within = [spearmanr(spread[own, i], error[own, i])[0] for i, own in enumerate(there.T)]
    expected = {
        "r2_of_average": mean_r2(truth, mean),
        "r2_of_members": np.mean(one_by_one),
        "r2_of_best_member": np.max(one_by_one),
        "spread": spread[there].mean(),
        "error": error[there].mean(),
        # Ranks of entries that float32 and double order differently: a few of hundreds.
        "spread_error_correlation": spearmanr(spread[there], error[there])[0],
        "spread_error_correlation_within_features": np.nanmean(within),
        "within_two_spreads": (error[there] <= 2 * spread[there]).mean(),
    }
    for measure, value in expected.items():
        assert value_of(ensembles, measure=measure, **{"from": source, "to": target}) == pytest.approx(value, abs=2e-3 if "spread" in measure else 1e-4), measure


def qda_accuracy(latents, labels, train, test, classes):
    """Regularised by hundredths, divisor n, as docs/statistics.md has it."""
    scores = []
    fitted = [name for name in classes if (labels[train] == name).sum() >= 6]
    for name in fitted:
        own = latents[train][labels[train] == name]
        covariance = 0.99 * np.cov(own.T, ddof=0) + 0.01 * np.eye(own.shape[1])
        difference = latents - own.mean(axis=0)
        square = (difference @ np.linalg.inv(covariance) * difference).sum(axis=1)
        scores.append(np.log(len(own)) - 0.5 * np.linalg.slogdet(covariance)[1] - 0.5 * square)
    kept = test & np.isin(labels, fitted)
    return np.mean(np.array(fitted)[np.argmax(scores, axis=0)][kept] == labels[kept])


@pytest.mark.parametrize("modality", MODALITIES)
def test_accuracy_of_aligned_latents(run, cohort, modality):
    values, _, labels = cohort
    members = networks(run, "consensus")
    train = members[0].split == 0
    stacks = [np.concatenate([member.latents[m][train & has(values[m])] for m in MODALITIES]) for member in members]
    turned = [member.latents[modality] @ orthogonal_procrustes(stack, stacks[0])[0] for member, stack in zip(members, stacks)]
    own = has(values[modality])
    ensembles = table(run, "ensembles")

    def accuracy(latents):
        return qda_accuracy(latents[own], labels[own], train[own], ~train[own], usable_types(labels))

    each = [accuracy(member.latents[modality]) for member in members]
    keys = {"from": modality, "to": "", "label": "leaf"}
    for measure, value in (("average", accuracy(np.mean(turned, axis=0))), ("members", np.mean(each)), ("best_member", np.max(each))):
        # A share of whole cells.
        assert value_of(ensembles, measure=f"accuracy_of_{measure}", **keys) == pytest.approx(value, abs=1e-12), measure


def test_losses_relative_to_no_coupling(run):
    losses, relative = table(run, "losses"), table(run, "relative")
    kept = losses[(losses["kept"] == 1) & (losses["part"] == "validation")]
    means = kept.groupby(["variant", "term"])["value"].mean()
    assert set(relative["variant"]) == {"cross_validation,lambda=1"} and set(relative["reference"]) == {"cross_validation,lambda=0"}
    assert set(relative["term"]) == {"mse_T", "mse_E", "coupling_T_E"}
    for row in relative.itertuples():
        expected = means[row.variant, row.term], means[row.reference, row.term]
        np.testing.assert_allclose([row.loss, row.reference_loss, row.relative], [*expected, expected[0] / expected[1]], rtol=1e-12)
        assert (row.n, row.reference_n) == (3, 3)


def tables_of(run):
    return {path.name: path.read_bytes() for path in sorted((run / "tables").glob("*.csv"))}


def test_another_panel_trains_nothing(made, tiny, tmp_path):
    words, done = made
    run = tmp_path / "run"
    shutil.copytree(done, run)
    networks_before = {path.name: path.stat().st_mtime_ns for path in (run / "work/networks").iterdir()}
    panel = words[0].parent / "others.txt"
    panel.write_text("gene_04\ngene_05\ngene_06\n")
    other = [*words, "--set", "modality.T.panel=others.txt"]
    refused("reduce", *other, "--data", tiny, "--out", run, "--quiet", names=["types,cross_validation", "cplae evaluate"])
    before = {path.name: path.stat().st_mtime_ns for path in (run / "work/statistics").iterdir()}
    log = succeed("run", *other, "--data", tiny, "--out", run).stderr
    assert "0 to train" in log
    after = {path.name: path.stat().st_mtime_ns for path in (run / "work/statistics").iterdir()}
    assert {name for name in after if after[name] != before[name]} == {name for name in after if name.startswith("types")}
    assert {path.name: path.stat().st_mtime_ns for path in (run / "work/networks").iterdir()} == networks_before
    own = table(run, "typewise")
    assert set(own.loc[own["to"] == "T", "feature"]) == {"gene_04", "gene_05", "gene_06"}
    assert "0 damaged" not in succeed("verify", run).stdout
    # The same file with another content, and back.
    panel.write_text("gene_07\ngene_10\ngene_03\ngene_21\nSst\n")
    succeed("run", *other, "--data", tiny, "--out", run)
    assert tables_of(run) == tables_of(done)


def test_ranks_change_no_bit(made, tiny, tmp_path):
    words, done = made
    run = tmp_path / "run"
    shutil.copytree(done, run)
    for path in (run / "work/statistics").iterdir():
        if not path.name.startswith("mixture"):
            path.unlink()
    succeed("run", *words, "--data", tiny, "--out", run)
    assert tables_of(run) == tables_of(done)
    status = succeed("status", run).stdout
    count = len(list((run / "work/statistics").glob("*.unit")))
    assert f"statistics  {count} of {count} done, 0 left" in status


def test_lists_of_other_data_are_left(tiny, tmp_path):
    """A study for real cells meets a simulated cohort."""
    words = study(tmp_path)
    (tmp_path / "genes.txt").write_text("Vip\nSst\nNpy\n")
    log = succeed("plan", *words, "--data", tiny).stderr
    assert "modality.T.panel: none of the 3 names" in log
