"""R2, correlations, discriminant analysis, bins and silhouettes against scikit-learn, SciPy and numpy."""
import numpy as np
import pytest
import sklearn
from scipy.special import log_softmax
from scipy.stats import multivariate_normal, pearsonr
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.metrics import r2_score, silhouette_samples, silhouette_score

from stats_probe import array, ask, ask_all, refusal

# Both sides sum the same few hundred terms of order 1 in double precision: rounding stays below 1e-12 of their size.
ROUNDING = dict(rtol=1e-10, atol=1e-10)


@pytest.fixture
def rng():
    return np.random.default_rng(20211)


def single(values):
    """The probe computes on float32 inputs; the oracle gets the same numbers in double precision."""
    return np.asarray(values, np.float32).astype(float)


def test_r2_mse_and_pearson_leave_missing_entries_out(rng):
    truth = single(rng.normal(size=(120, 7)) * [1, 10, 0.1, 1, 1, 1, 1])
    predicted = single(truth + rng.normal(size=truth.shape) * [0.1, 20, 0.1, 1, 1, 1, 1])
    truth[rng.random(truth.shape) < 0.2] = np.nan
    ours = ask("reconstruction", truth=truth, predicted=predicted)
    kept = [~np.isnan(column) for column in truth.T]
    pairs = [(truth[k, f], predicted[k, f]) for f, k in enumerate(kept)]
    np.testing.assert_allclose(array(ours["r2_per_feature"]), [r2_score(*pair) for pair in pairs], **ROUNDING)
    np.testing.assert_allclose(ours["r2"], np.mean([r2_score(*pair) for pair in pairs]), **ROUNDING)
    np.testing.assert_allclose(ours["mse"], np.nanmean((truth - predicted) ** 2), **ROUNDING)
    np.testing.assert_allclose(array(ours["pearson"]), [pearsonr(*pair)[0] for pair in pairs], **ROUNDING)


def test_r2_of_constant_and_nearly_empty_features():
    nan = np.nan
    truth = np.array([[2, 2, nan, 1], [2, 2, nan, nan], [2, 2, nan, nan]], float)
    predicted = np.array([[2, 2, 0, 1], [2, 3, 0, 1], [2, 2, 0, 1]], float)
    ours = array(ask("reconstruction", truth=truth, predicted=predicted)["r2_per_feature"])
    np.testing.assert_array_equal(ours[:2], [r2_score(truth[:, f], predicted[:, f]) for f in (0, 1)])
    assert np.isnan(ours[2:]).all()


def labelled_cells(rng, dim, classes=6, cells=400):
    owners = rng.choice(classes, size=cells, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    mixing = rng.normal(size=(classes, dim, dim)) * 0.5
    values = rng.normal(size=(classes, dim))[owners] + np.einsum("ij,ijk->ik", rng.normal(size=(cells, dim)), mixing[owners])
    return values, owners


@pytest.mark.parametrize("dim", [1, 3, 10])
def test_qda_is_that_of_scikit_learn(rng, dim):
    values, owners = labelled_cells(rng, dim)
    test = rng.normal(size=(100, dim)) * 2
    # Before 1.8, scikit-learn divided by cells - 1.
    ddof = 0 if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8) else 1
    ours = ask("qda", train=values, classes=owners, test=test, regularisation=1e-2, ddof=ddof)
    oracle = QuadraticDiscriminantAnalysis(reg_param=1e-2).fit(values, owners)
    # Condition numbers of the regularised covariances are below 1e4, so squared distances of up to 1e4 agree to 1e-8.
    np.testing.assert_allclose(array(ours["decision"]), oracle.decision_function(test), rtol=1e-9, atol=1e-8)
    oracle_posterior = log_softmax(oracle.decision_function(test), axis=1)
    np.testing.assert_allclose(array(ours["log_posterior"]), oracle_posterior, rtol=1e-9, atol=1e-8)
    np.testing.assert_array_equal(ours["labels"], oracle.predict(test))


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("dim,cells", [(3, 400), (40, 120)])
def test_qda_is_a_gaussian_of_regularised_covariance(rng, ddof, dim, cells):
    values, owners = labelled_cells(rng, dim, classes=3, cells=cells)
    test = rng.normal(size=(50, dim))
    ours = ask("qda", train=values, classes=owners, test=test, regularisation=0.05, ddof=ddof)
    joint = []
    for own in range(3):
        part = values[owners == own]
        covariance = 0.95 * np.atleast_2d(np.cov(part.T, ddof=ddof)) + 0.05 * np.eye(dim)
        joint.append(np.log(len(part) / cells) + multivariate_normal(part.mean(axis=0), covariance).logpdf(test))
    np.testing.assert_allclose(array(ours["log_posterior"]), log_softmax(np.array(joint).T, axis=1), rtol=1e-9, atol=1e-8)


def test_class_rules(rng):
    """The paper's rules, written again in numpy: n <= 10 in the data dropped, fewer than 6 training cells dropped for the fold."""
    sizes = {"a": 60, "b": 40, "ten": 10, "eleven": 11, "rare in training": 20, "": 15}
    names = np.repeat(list(sizes), list(sizes.values()))
    roles = (rng.random(len(names)) < 0.3).astype(int)
    roles[np.flatnonzero(names == "eleven")] = [0] * 6 + [1] * 5
    roles[np.flatnonzero(names == "rare in training")] = [0] * 5 + [1] * 15
    centres = {name: rng.normal(size=3) for name in sizes}
    latents = np.array([centres[name] for name in names]) + rng.normal(size=(len(names), 3)) * 0.7
    ours = ask("classify", latents=latents, class_names=names, roles=roles, ddof=1)
    fitted = ["a", "b", "eleven"]
    train = np.isin(names, fitted) & (roles == 0)
    scored = np.isin(names, fitted) & (roles == 1)
    joint = []
    for name in fitted:
        part = latents[train & (names == name)]
        covariance = 0.99 * np.cov(part.T) + 0.01 * np.eye(3)
        joint.append(np.log(len(part) / train.sum()) + multivariate_normal(part.mean(axis=0), covariance).logpdf(latents[scored]))
    hits = np.array(fitted)[np.argmax(joint, axis=0)] == names[scored]
    assert ours == {"n_classes": 4, "n_fitted": 3, "n_cells": int(scored.sum()), "accuracy": hits.mean()}


def arrays_to_bin(rng):
    for _ in range(150):
        size = int(rng.integers(1, 200))
        yield rng.normal(size=size) * 10.0 ** rng.integers(-3, 4)
        yield rng.integers(15, 46, size=size).astype(float)
        yield np.round(rng.exponential(size=size), 1)
    yield np.full(21, 33.0)
    yield np.array([30.0] * 20 + [40.0])
    yield np.array([7.0])


def test_bins_are_exactly_those_of_numpy(rng):
    samples = list(arrays_to_bin(rng))
    answers = ask_all([{"command": "bins", "values": values} for values in samples])
    for values, ours in zip(samples, answers):
        edges = np.histogram_bin_edges(values, bins="fd")
        counts, _ = np.histogram(values, bins=edges)
        assert ours["edges"] == edges.tolist()
        assert ours["counts"] == counts.tolist()
        modal = int(np.argmax(counts))
        last = modal == len(counts) - 1
        inside = values[(values >= edges[modal]) & ((values <= edges[modal + 1]) if last else (values < edges[modal + 1]))]
        found, often = np.unique(inside, return_counts=True)
        assert ours["modal_value"] == found[np.argmax(often)]


def test_silhouettes(rng):
    values = rng.normal(size=(150, 3))
    labels = rng.integers(0, 6, size=150) * 7 - 3
    labels[0] = 100
    ours = ask("silhouette", values=values, labels=labels)
    np.testing.assert_allclose(array(ours["per_cell"]), silhouette_samples(values, labels), **ROUNDING)
    np.testing.assert_allclose(ours["mean"], silhouette_score(values, labels), **ROUNDING)
    means = [silhouette_samples(values, labels)[labels == label].mean() for label in np.unique(labels)]
    np.testing.assert_allclose([ours["cluster_mean"], ours["cluster_sd"]], [np.mean(means), np.std(means, ddof=1)], **ROUNDING)
    assert ours["clusters"] == 7
    assert "2 to cells - 1 clusters" in refusal("silhouette", values=values, labels=np.zeros(150, int))


def test_summary_ignores_missing_values(rng):
    values = rng.normal(size=43)
    values[[3, 17]] = np.nan
    ours = ask("summary", values=values)
    np.testing.assert_allclose([ours["mean"], ours["sd"]], [np.nanmean(values), np.nanstd(values, ddof=1)], **ROUNDING)
    assert ours["n"] == 41
