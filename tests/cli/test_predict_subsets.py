"""New cells that have any of several modalities: what `cplae predict` makes of them, computed again by NumPy and scikit-learn from
the weights in results.h5."""

import shutil

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import make_mudata, refused, study_text, succeed
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sums import seal
from test_tables import has
from three_modalities import APART, CLOSE, COUPLED, NAMES, RIDGE, TOGETHER, TRAINED, Network, cohort, having, networks, run, table, values, values_of  # noqa: F401


@pytest.fixture(scope="module")
def predicted(run, cohort, tmp_path_factory):  # noqa: F811
    """New cells that have E, M or both; T is in the file, too, and not read."""
    folder = tmp_path_factory.mktemp("new")
    cohort[TRAINED:].copy().write_h5mu(folder / "new.h5mu")
    words = ["predict", run, "--data", folder / "new.h5mu", "--modality", "M", "--modality", "E", "--variant", COUPLED]
    told = succeed(*words, "--out", folder / "p.h5mu", "--table", folder / "p.csv").stdout
    return md.read_h5mu(folder / "p.h5mu"), pd.read_csv(folder / "p.csv"), told


@pytest.fixture(scope="module")
def new(cohort, predicted):  # noqa: F811
    """Values of the predicted cells, and which modalities each was predicted from."""
    values = values_of(cohort, TRAINED, None)
    kept = has(values["E"]) | has(values["M"])
    values = {name: own[kept] for name, own in values.items()}
    names = ["+".join(name for name in ("E", "M") if has(values[name])[i]) for i in range(kept.sum())]
    assert list(predicted[0].obs_names) == list(cohort.obs_names[TRAINED:][kept])
    return values, np.array(names)


def mean_latent(network, values):  # noqa: F811
    return np.nanmean([np.where(has(values[name])[:, None], network.encode(name, values[name]), np.nan) for name in ("E", "M")], axis=0)


def test_cells_are_predicted_from_the_mean_of_what_they_have(run, predicted, new, networks):  # noqa: F811
    data, frame, told = predicted
    values, names = new
    assert list(data.obs["from_modalities"].astype(str)) == list(names) == list(frame["from_modalities"])
    counts = {name: (names == name).sum() for name in ("E", "E+M", "M")}
    assert min(counts.values()) > 5
    assert f"{len(names)} cells, predicted from " + ", ".join(f"{name} {count}" for name, count in counts.items()) in told
    latents = [mean_latent(network, values) for network in networks[COUPLED]]
    decoded = np.array([network.decode("T", z) for network, z in zip(networks[COUPLED], latents)])
    assert list(data.mod) == ["E", "M", "T"]
    np.testing.assert_allclose(data["T"].X, decoded.mean(axis=0), **CLOSE)
    np.testing.assert_allclose(data["T"].layers["sd"], decoded.std(axis=0, ddof=1), rtol=1e-3, atol=1e-3)
    best = int(told.split(f"latents of {COUPLED},fold=")[1].split()[0])
    np.testing.assert_allclose(data.obsm["X_cplae_E+M"], latents[best], **CLOSE)
    np.testing.assert_allclose(frame[["z_E+M_0", "z_E+M_1"]], latents[best], **CLOSE)
    for name in ("E", "M"):
        own = np.where(has(values[name])[:, None], networks[COUPLED][best].encode(name, values[name]), np.nan)
        np.testing.assert_allclose(data.obsm[f"X_cplae_{name}"], own, **CLOSE)
        np.testing.assert_allclose(data[name].obsm[f"X_cplae_{name}"], own[has(values[name])], **CLOSE)
        np.testing.assert_allclose(data[name].X, values[name][has(values[name])], rtol=1e-6)
        np.testing.assert_allclose(data[name].obsm["X_cplae_E+M"], latents[best][has(values[name])], **CLOSE)


def test_error_bars_are_of_what_a_cell_was_predicted_from(run, cohort, new, networks, tmp_path):  # noqa: F811
    """Two members a fold; constants and slope of each source from the run's table, those of E and M together again by numpy."""
    cohort[TRAINED:].copy().write_h5mu(tmp_path / "new.h5mu")
    succeed("predict", run, "--data", tmp_path / "new.h5mu", "--modality", "M", "--modality", "E", "--variant", TOGETHER, "--out", tmp_path / "p.h5mu")
    found = md.read_h5mu(tmp_path / "p.h5mu")["T"].layers["predictive_sd"]
    fitted = table(run, "predictive").query("variant == @TOGETHER and to == 'T'")
    folds = list(zip(*(networks[f"folds,lambda=1,member={i}"] for i in range(2))))
    squares = np.mean([np.var([network.decode("T", mean_latent(network, new[0])) for network in members], axis=0, ddof=1) for members in folds], axis=0)
    for name in ("E", "E+M", "M"):
        own, rows = fitted[fitted["from"] == name], new[1] == name
        expected = np.sqrt(own["constant"].to_numpy() + own["slope"].to_numpy() * squares[rows])
        np.testing.assert_allclose(found[rows], expected, rtol=1e-3, atol=1e-4)
    errors = [np.concatenate(parts) for parts in zip(*(joint_errors(members, values_of(cohort, None, TRAINED)) for members in folds))]
    own = fitted[fitted["from"] == "E+M"]
    slope = own["slope"].iloc[0]
    error, square = errors
    there = np.isfinite(error)
    expected = [(error[rows, i] ** 2 - slope * square[rows, i]).mean() for i, rows in enumerate(there.T)]
    np.testing.assert_allclose(own["constant"], np.maximum(expected, 0), rtol=1e-3, atol=1e-4)
    assert list(own["n_cells"]) == list(there.sum(axis=0))


def joint_errors(members, values):  # noqa: F811
    """(errors, squared spread) of T from E and M together on the fold's held-out cells."""
    cells = (members[0].split != 0) & having(values, ("T", "E", "M"))
    decoded = [network.decode("T", network.together(("E", "M"))[cells]) for network in members]
    return values["T"][cells] - np.mean(decoded, axis=0), np.var(decoded, axis=0, ddof=1)


def class_distances(z, labels, new):
    """Squared Mahalanobis distance to the nearest class."""
    squared = []
    for name in np.unique(labels):
        own = z[labels == name]
        covariance = (1 - RIDGE) * np.cov(own.T, ddof=0) + RIDGE * np.eye(own.shape[1])
        squared.append((((new - own.mean(axis=0)) @ np.linalg.inv(covariance)) * (new - own.mean(axis=0))).sum(axis=1))
    return np.min(squared, axis=0)


def test_types_and_distances_are_those_of_cells_that_have_the_same(predicted, new, networks, values, cohort):  # noqa: F811
    labels = cohort.obs["cell class"].astype(str).to_numpy()
    obs = predicted[0].obs
    for source in (("E",), ("M",), ("E", "M")):
        rows = new[1] == "+".join(source)
        posterior, pooled, distances = 0, [], []
        votes = np.zeros((rows.sum(), 4))
        for network in networks[COUPLED]:
            z, there = network.together(source), having(values, source)
            training, held_out = there & (network.split == 0), there & (network.split != 0)
            model = QuadraticDiscriminantAnalysis(reg_param=RIDGE).fit(z[training], labels[:TRAINED][training])
            own = mean_latent(network, new[0])[rows]
            votes[np.arange(len(own)), [list(model.classes_).index(name) for name in model.predict(own)]] += 1
            posterior = posterior + model.predict_proba(own)
            pooled.append(class_distances(z[training], labels[:TRAINED][training], z[held_out]))
            distances.append(class_distances(z[training], labels[:TRAINED][training], own))
        best = (votes + posterior / 100).argmax(axis=1)
        assert list(obs["predicted_cell class"].astype(str)[rows]) == [model.classes_[i] for i in best]
        every = np.arange(len(best))
        np.testing.assert_allclose(obs["predicted_cell class_agreement"][rows], votes[every, best] / 3, atol=1e-12)
        np.testing.assert_allclose(obs["predicted_cell class_probability"][rows], posterior[every, best] / 3, atol=1e-3)
        pooled = np.concatenate(pooled)
        expected = (pooled[None, None] < np.array(distances)[:, :, None]).mean(axis=2).mean(axis=0)
        np.testing.assert_allclose(obs["distance_latent"][rows], expected, atol=1.5 / len(pooled))


def test_input_is_judged_modality_by_modality(run, predicted, new, networks):  # noqa: F811
    held_out = table(run, "held_out").query("variant == @COUPLED").set_index("modality")
    place = lambda name, column, x: np.interp(x, *share_of(held_out.loc[name, column].to_numpy()))  # noqa: E731
    shares, missing, errors = [], [], []
    for name in ("E", "M"):
        x = new[0][name]
        there = has(x)
        share = np.where(there, np.isnan(x).mean(axis=1), np.nan)
        shares.append(share)
        missing.append(np.where(there, place(name, "missing", share), np.nan))
        of_networks = []
        for network in networks[COUPLED]:
            squares = (x - network.decode(name, network.encode(name, x))) ** 2
            of_networks.append(place(name, "error", np.nansum(squares, axis=1) / np.maximum(1, np.isfinite(x).sum(axis=1))))
        errors.append(np.where(there, np.mean(of_networks, axis=0), np.nan))
    obs = predicted[0].obs
    np.testing.assert_allclose(obs["missing_share"], np.nanmean(shares, axis=0), atol=1e-12)
    np.testing.assert_allclose(obs["distance_missing"], np.nanmean(missing, axis=0), atol=1e-9)
    np.testing.assert_allclose(obs["distance_input"], np.nanmean(errors, axis=0), atol=1e-3)


def share_of(percentiles):
    """Where np.interp reads a share below off percentiles; of equal ones the first counts."""
    keep = np.r_[True, np.diff(percentiles) > 0]
    return percentiles[keep], np.linspace(0, 1, 101)[keep]


def test_one_modality_of_several_is_as_alone(run, cohort, predicted, new, tmp_path):  # noqa: F811
    """Cells that have only E come out as they do from E alone."""
    cohort[TRAINED:].copy().write_h5mu(tmp_path / "new.h5mu")
    words = ["predict", run, "--data", tmp_path / "new.h5mu", "--modality", "E", "--variant", COUPLED, "--out", tmp_path / "p.csv"]
    assert "cells, predicted from E\n" in succeed(*words).stdout
    alone = pd.read_csv(tmp_path / "p.csv").set_index("cell")
    both = predicted[1].set_index("cell")[new[1] == "E"].rename(columns=lambda name: name.replace("z_E+M", "z_E"))
    assert set(alone["from_modalities"]) == {"E"}
    # Networks are in float32; which cells are multiplied together may change the last bit.
    pd.testing.assert_frame_equal(alone.loc[both.index], both, rtol=1e-5, atol=1e-6)


def test_files_of_their_own_and_kinds_of_their_own(run, cohort, predicted, tmp_path):  # noqa: F811
    """Each modality an .h5ad; one in other units is refused, unless it is said of that one."""
    made = {name: cohort[TRAINED:][name].copy() for name in ("E", "M")}
    for name, own in made.items():
        own.write_h5ad(tmp_path / f"{name}.h5ad")
    data = ["--data", f"E={tmp_path}/E.h5ad", "--data", f"M={tmp_path}/M.h5ad"]
    words = ["predict", run, *data, "--modality", "E", "--modality", "M", "--variant", COUPLED, "--out", tmp_path / "p.csv"]
    succeed(*words)
    table = pd.read_csv(tmp_path / "p.csv").set_index("cell")
    pd.testing.assert_frame_equal(table.loc[predicted[1]["cell"]], predicted[1].set_index("cell"), rtol=1e-5, atol=1e-6)
    made["M"].X = made["M"].X * 90
    made["M"].write_h5ad(tmp_path / "M.h5ad")
    refused(*words, "--force", names=["M beside the training cells", "expected values like theirs"])
    refused(*words, "--force", "--input", "E=as_trained", names=["M beside the training cells"])
    assert "UNLIKE THEM" in succeed(*words, "--force", "--input", "M=as_trained").stdout
    assert "UNLIKE THEM" in succeed(*words, "--force", "--input", "as_trained").stdout
    refused(*words, "--force", "--input", "M=as_trained", "--input", "raw", names=["--input raw", "values of E"])
    refused(*words, "--force", "--input", "T=raw", names=["--input T=raw", "NAME one of E, M"])


def test_networks_that_share_no_space_take_one_modality(run, cohort, tmp_path):  # noqa: F811
    cohort[TRAINED:].copy().write_h5mu(tmp_path / "new.h5mu")
    words = ["predict", run, "--data", tmp_path / "new.h5mu", "--modality", "E", "--out", tmp_path / "p.csv", "--variant", APART]
    refused(*words, "--modality", "M", names=["--modality: 2 modalities", APART, "lambda = 0"])
    assert "are predicted from nothing" in succeed(*words).stdout


def test_modalities_that_few_training_cells_have_together(cohort, tmp_path):  # noqa: F811
    """New cells with both are compared with those that have either."""
    place = pd.Series(np.arange(TRAINED), index=cohort.obs_names[:TRAINED])
    kept = {"T": place, "E": place[(place % 2 == 0) | (place < 30)], "M": place[(place % 2 == 1) | (place < 30)]}
    data = make_mudata({name: cohort[name][cohort[name].obs_names.isin(kept[name].index)].copy() for name in NAMES})
    data.obs["cell class"] = cohort.obs["cell class"].reindex(data.obs_names)
    data.write_h5mu(tmp_path / "training.h5mu")
    cohort[TRAINED:].copy().write_h5mu(tmp_path / "new.h5mu")
    (tmp_path / "own.toml").write_text(study_text(NAMES))
    succeed("run", tmp_path / "own.toml", "--data", tmp_path / "training.h5mu", "--out", tmp_path / "run", "--quiet")
    accuracy = table(tmp_path / "run", "accuracy").set_index("representation")
    assert set(accuracy.loc["zE+M", "n_fitted"]) == {0} and accuracy.loc["zE+M", "accuracy"].isna().all()
    assert set(accuracy.loc["zT+E", "n_fitted"]) == {4} and accuracy.loc["zT+E", "accuracy"].notna().all()
    succeed("predict", tmp_path / "run", "--data", tmp_path / "new.h5mu", "--modality", "E", "--modality", "M", "--out", tmp_path / "p.csv")
    frame = pd.read_csv(tmp_path / "p.csv").set_index("cell")
    both = frame[frame["from_modalities"] == "E+M"]
    labels = data.obs["cell class"].astype(str).to_numpy()
    values = {name: own[cohort.obs_names[TRAINED:].get_indexer(both.index)] for name, own in values_of(cohort, TRAINED, None).items()}  # noqa: F811
    votes, posterior = np.zeros((len(both), 4)), 0
    with h5py.File(tmp_path / "run/results.h5") as file:
        assert list(file["cells"].asstr()[:]) == list(data.obs_names)
        for network in (Network(file["variants/folds"], fold) for fold in range(2)):
            z = np.nanmean([network.own["E"], network.own["M"]], axis=0)
            training = np.isfinite(z).all(axis=1) & (network.split == 0)
            model = QuadraticDiscriminantAnalysis(reg_param=RIDGE).fit(z[training], labels[training])
            own = mean_latent(network, values)
            votes[np.arange(len(own)), [list(model.classes_).index(name) for name in model.predict(own)]] += 1
            posterior = posterior + model.predict_proba(own)
    best = (votes + posterior / 100).argmax(axis=1)
    assert list(both["predicted_cell class"]) == [model.classes_[i] for i in best] and both["distance_latent"].between(0, 1).all()


def test_cells_without_a_value_lack_the_modality(run, cohort, predicted, tmp_path):  # noqa: F811
    """As if they had no row in it; of one modality alone they are left out."""
    data = cohort[TRAINED:].copy()
    names = predicted[0].obs_names
    emptied = [name for name in data["E"].obs_names if name in names and predicted[0].obs.loc[name, "from_modalities"] != "M"][:7]
    data["E"].X[data["E"].obs_names.isin(emptied)] = np.nan
    data.write_h5mu(tmp_path / "empty.h5mu")
    make_mudata({name: (own[~own.obs_names.isin(emptied)] if name == "E" else own).copy() for name, own in data.mod.items()}).write_h5mu(tmp_path / "lacking.h5mu")
    found = {}
    for name in ("empty", "lacking"):
        words = ["predict", run, "--data", tmp_path / f"{name}.h5mu", "--modality", "E", "--variant", COUPLED]
        told = [succeed(*words, *more, "--out", tmp_path / f"{name}{i}.csv").stdout for i, more in enumerate(([], ["--modality", "M"]))]
        assert [told[i].count("E: 7 cells without a value count as lacking it") for i in range(2)] == [int(name == "empty")] * 2
        found[name] = [pd.read_csv(tmp_path / f"{name}{i}.csv").set_index("cell").sort_index() for i in range(2)]
    for one, other in zip(*found.values()):
        pd.testing.assert_frame_equal(one, other, rtol=1e-5, atol=1e-6)
    assert not set(emptied) & set(found["empty"][0].index) and "M" in set(found["empty"][1]["from_modalities"].reindex(emptied))
    data["E"].X[:] = np.nan
    data.write_h5mu(tmp_path / "empty.h5mu")
    refused("predict", run, "--data", tmp_path / "empty.h5mu", "--modality", "E", "--out", tmp_path / "none.csv", "--variant", COUPLED, names=["no cell has a value"])


def test_what_is_said_of_error_bars_counts_the_folds(run, cohort, tmp_path):  # noqa: F811
    """One of two members of a fold has failed: that fold tells nothing of the spread."""
    cohort[TRAINED:].copy().write_h5mu(tmp_path / "new.h5mu")
    copied = shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("work"))
    words = ["predict", copied, "--data", tmp_path / "new.h5mu", "--modality", "E", "--variant", TOGETHER, "--out", tmp_path / "p.csv", "--force"]
    assert f"held-out errors of all folds of {TOGETHER}\n" in succeed(*words).stdout
    with h5py.File(copied / "results.h5", "r+") as file:
        replicates = file[f"variants/{COUPLED}/replicate"]
        rows = replicates[:]
        rows["status"][1] = 1
        replicates[:] = rows
    seal(copied / "results.h5")
    assert f"held-out errors of 2 of 3 folds of {TOGETHER}\n" in succeed(*words).stdout


def test_an_unknown_variant_is_told_the_others_once(run, cohort, tmp_path):  # noqa: F811
    cohort[TRAINED:].copy().write_h5mu(tmp_path / "new.h5mu")
    line = refused("predict", run, "--data", tmp_path / "new.h5mu", "--modality", "E", "--variant", "nope", "--out", tmp_path / "p.csv")
    known = line.split("expected one of ")[1].split("; nearest")[0].split("; ")
    assert len(known) == len(set(known)) == 7 and {COUPLED, APART, TOGETHER, "again"} <= set(known)
