"""bic.csv, clusters.csv, cluster_counts.csv and the clusters of consensus.csv, computed again from the latents in results.h5 and the
mixtures' parameters in work/ by NumPy, SciPy and scikit-learn."""

from itertools import combinations

import h5py
import numpy as np
import pandas as pd
import pytest
from records import read_record
from scipy.optimize import linear_sum_assignment
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_samples
from test_tables import has, of_replicate, one
from test_type_tables import MODALITIES, Network
from typed_cohort import typed, typed_run, values_of  # noqa: F401

VARIANTS = ("again,latent_dim=2", "again,latent_dim=3")
COUNTS = range(1, 8)
STARTS, FLOOR, TOLERANCE = 4, 1e-4, 1e-6


def table(run, name):
    return pd.read_csv(run / "tables" / f"{name}.csv")


class Mixture:
    """Components of full covariance."""

    def __init__(self, weights, means, covariances):
        self.weights, self.means, self.covariances = weights, means, covariances

    def joint(self, z):
        """log w_k N(z; mu_k, S_k) [cells x k]"""
        parts = zip(np.log(self.weights), self.means, self.covariances)
        return np.column_stack([weight + multivariate_normal(mean, covariance).logpdf(z) for weight, mean, covariance in parts])

    def log_likelihood(self, z):
        return logsumexp(self.joint(z), axis=1).mean()

    def predict(self, z):
        """The likeliest component; -1 of cells without z."""
        there = np.isfinite(z).all(axis=1)
        labels = np.full(len(z), -1)
        labels[there] = self.joint(z[there]).argmax(axis=1)
        return labels

    def after_one_iteration(self, z):
        """E step and M step as scikit-learn has them."""
        joint = self.joint(z)
        shares = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
        sizes = shares.sum(axis=0) + 10 * np.finfo(float).eps
        means = shares.T @ z / sizes[:, None]
        centred = z[None] - means[:, None]
        covariances = np.einsum("ck,kci,kcj->kij", shares, centred, centred) / sizes[:, None, None] + FLOOR * np.eye(z.shape[1])
        return Mixture(sizes / len(z), means, covariances)


def stored_mixture(run, variant, init, components):
    arrays = read_record(run / "work/statistics" / f"mixture,{variant},init={init},components={components}.unit")[1]
    return Mixture(*(arrays[f"mixture/{part}"] for part in ("weights", "means", "covariances")))


@pytest.fixture(scope="module")
def trained(typed_run):  # noqa: F811
    with h5py.File(typed_run / "results.h5") as file:
        return {variant: [Network(file["variants"][variant], i) for i in range(9)] for variant in VARIANTS}


@pytest.fixture(scope="module")
def values(typed):  # noqa: F811
    return values_of(typed)


def training_latents(network, values):
    return network.latents["T"][(network.split == 0) & has(values["T"])]


def networks_of(trained):
    return [(variant, init, network) for variant in VARIANTS for init, network in enumerate(trained[variant])]


def test_mixtures_have_the_likelihood_of_their_parameters(typed_run, trained, values):  # noqa: F811
    """On the training cells that have T; n, d and the number of free parameters are in the BIC."""
    bic = table(typed_run, "bic")
    assert len(bic) == 2 * 9 * len(COUNTS) and (bic["failed_starts"] == 0).all()
    # Iterations end when the bound moves little, which one of them alone cannot tell.
    assert (bic["iterations"] >= 2 * STARTS).all()
    for variant, init, network in networks_of(trained):
        z = training_latents(network, values)
        n, d = z.shape
        assert n < (network.split == 0).sum() and d == int(variant[-1])
        own = of_replicate(bic, variant, init).set_index("components")
        assert list(own.index) == list(COUNTS) and set(own["n_cells"]) == {n}
        for k, row in own.iterrows():
            expected = stored_mixture(typed_run, variant, init, k).log_likelihood(z)
            # The E step leaves out what is below 1e-16 of a cell's density: some 1e-12 of log-likelihoods of order 1 to 10 a cell.
            assert row["log_likelihood"] == pytest.approx(expected, abs=1e-10), (variant, init, k)
            free = k * d * (d + 1) / 2 + k * d + k - 1
            assert row["bic"] == pytest.approx(-2 * n * expected + free * np.log(n), abs=2 * n * 1e-10)


def test_mixtures_are_optima_of_these_cells(typed_run, trained, values):  # noqa: F811
    """One component is the mean and covariance. Of more: valid, and an iteration after the last gains next to nothing."""
    for variant, init, network in networks_of(trained):
        z = training_latents(network, values)
        alone = stored_mixture(typed_run, variant, init, 1)
        np.testing.assert_allclose(alone.means[0], z.mean(axis=0), rtol=0, atol=1e-12)
        np.testing.assert_allclose(alone.covariances[0], np.cov(z.T, ddof=0) + FLOOR * np.eye(z.shape[1]), rtol=1e-12, atol=1e-12)
        for k in COUNTS[1:]:
            mixture = stored_mixture(typed_run, variant, init, k)
            assert mixture.means.shape == (k, z.shape[1]) and (mixture.weights > 0).all()
            # Weights are (n_c + 10 eps) / n: their sum is 1 but for 10 eps k / n and the rounding of k terms.
            assert mixture.weights.sum() == pytest.approx(1, abs=1e-13)
            assert np.linalg.eigvalsh(mixture.covariances).min() > FLOOR * (1 - 1e-9)
            gain = mixture.after_one_iteration(z).log_likelihood(z) - mixture.log_likelihood(z)
            # EM has stopped at a step of less than the tolerance. Two steps on the bound may move by more: fall where what is added to
            # covariances pulls components near the floor down, rise on the way out of a saddle (scikit-learn's rule stops there, too).
            # A mixture that is no optimum, of a start's first steps or of other cells, moves by 1e-3 and more.
            assert abs(gain) < 100 * TOLERANCE, (variant, init, k)


def test_the_best_count_has_the_least_bic(typed_run):  # noqa: F811
    bic, clusters = table(typed_run, "bic"), table(typed_run, "clusters")
    assert len(clusters) == 2 * 9
    for row in clusters.itertuples():
        own = of_replicate(bic, row.variant, row.init).sort_values("components")
        place = own["bic"].to_numpy().argmin()
        assert (row.best_components, row.bic) == (own["components"].iloc[place], own["bic"].iloc[place])


def modal(counts, edges):
    """The most frequent value in the fullest bin; ties go to the smaller."""
    in_bin = np.histogram(counts, edges)[0]
    fullest = in_bin.argmax()
    is_last = fullest == len(in_bin) - 1
    own = [x for x in counts if edges[fullest] <= x and (x < edges[fullest + 1] or is_last)]
    return max(sorted(set(own)), key=own.count)


def test_bins_of_the_best_counts_are_those_of_numpy(typed_run):  # noqa: F811
    best, bins = table(typed_run, "clusters"), table(typed_run, "cluster_counts")
    assert list(bins["variant"].unique()) == list(VARIANTS)
    assert bins["variant"].duplicated().any(), "no variant has two bins: too little for this test"
    for variant in VARIANTS:
        # As floats: of whole numbers numpy's rule "fd" takes no bin narrower than 1 since 2.0.
        counts = best.loc[best["variant"] == variant, "best_components"].to_numpy(float)
        edges = np.histogram_bin_edges(counts, "fd")
        own = bins[bins["variant"] == variant]
        np.testing.assert_allclose(own["bin_left"], edges[:-1], rtol=1e-15)
        np.testing.assert_allclose(own["bin_right"], edges[1:], rtol=1e-15)
        assert list(own["count"]) == list(np.histogram(counts, edges)[0]) and own["count"].sum() == 9
        assert set(own["modal_components"]) == {modal(list(counts), edges)}


def reconstruction_error(network, values):
    """Of cells below the 95th percentile in each modality they have, summed over modalities."""
    errors = {}
    for name in MODALITIES:
        own = (network.split != 0) & has(values[name])
        errors[name] = np.full(len(own), np.nan)
        errors[name][own] = np.nanmean((values[name][own] - network.decode(name, network.latents[name][own])) ** 2, axis=1)
    above = [error >= np.nanpercentile(error, 95) for error in errors.values()]
    return sum(np.nanmean(error[~np.any(above, axis=0)]) for error in errors.values())


@pytest.fixture(scope="module", params=VARIANTS)
def consensus(request, typed_run):  # noqa: F811
    """(variant, its rows of consensus.csv, modal number of components)"""
    rows = table(typed_run, "consensus").query("variant == @request.param")
    bins = table(typed_run, "cluster_counts").query("variant == @request.param")
    return request.param, rows, bins["modal_components"].iloc[0]


def test_consensus_is_of_the_network_of_least_error(typed_run, trained, values, consensus):  # noqa: F811
    variant, rows, components = consensus
    assert one(rows, measure="components") == components and one(rows, measure="networks") == 9
    assert one(rows, measure="components_at_end") == (components in (COUNTS[0], COUNTS[-1]))
    errors = np.array([reconstruction_error(network, values) for network in trained[variant]])
    # float32 decoders move an error by 1e-6 of itself.
    assert np.diff(np.sort(errors))[0] > 1e-5 * errors.min(), "two networks too alike for this test"
    assert one(rows, measure="replicate") == errors.argmin()


def clusters_of(run, network, variant, init, components):
    mixture = stored_mixture(run, variant, init, components)
    return {name: mixture.predict(network.latents[name]) for name in MODALITIES}


def test_its_mixture_labels_all_cells(typed_run, trained, values, consensus):  # noqa: F811
    variant, rows, components = consensus
    replicate = int(one(rows, measure="replicate"))
    network = trained[variant][replicate]
    cells = table(typed_run, "consensus_cells").query("variant == @variant")
    assert list(cells["held_out"]) == list((network.split != 0).astype(int))
    for name, expected in clusters_of(typed_run, network, variant, replicate, components).items():
        assert list(cells[f"cluster_z{name}"].fillna(-1).astype(int)) == list(expected)
        assert ((expected >= 0) == has(values[name])).all()


def test_other_networks_find_them_or_not(typed_run, trained, values, consensus):  # noqa: F811
    """Mixtures of the modal number of components, cells that have T, every two networks."""
    variant, rows, components = consensus
    own = has(values["T"])
    found = [clusters_of(typed_run, network, variant, i, components)["T"][own] for i, network in enumerate(trained[variant])]
    for measure, score in (("adjusted_rand_index", adjusted_rand_score), ("normalised_mutual_information", normalized_mutual_info_score)):
        each = [score(*pair) for pair in combinations(found, 2)]
        row = rows[(rows["measure"] == measure) & (rows["second"] == "other networks")]
        assert (row["first"].item(), row["cells"].item(), row["n_cells"].item()) == ("zT", "all", own.sum())
        # Sums of whole numbers and their logarithms.
        assert row["value"].item() == pytest.approx(np.mean(each), abs=1e-12)
        assert one(rows, measure=f"{measure}_sd", second="other networks") == pytest.approx(np.std(each, ddof=1), abs=1e-12)


def reliabilities(counts):
    """Of clusters by one modality (rows) and by the other, in the same order."""
    diagonal = np.diag(counts)
    in_rows, in_columns = ((diagonal > 0) & (diagonal >= counts.max(axis=axis)) for axis in (1, 0))
    found = {"row_reliability": in_rows, "column_reliability": in_columns, "diagonal_reliability": in_rows & in_columns, "occupancy": diagonal > 0}
    return {name: which.mean() for name, which in found.items()} | {"consistency": diagonal.sum() / counts.sum()}


def test_clusters_by_both_modalities(typed_run, consensus):  # noqa: F811
    """On held-out cells that have both; clusters that hold one of these, of which some are there by one modality alone."""
    variant, rows, _ = consensus
    cells = table(typed_run, "consensus_cells").query("variant == @variant and held_out == 1").dropna(subset=["cluster_zT", "cluster_zE"])
    pairs = cells[["cluster_zT", "cluster_zE"]].astype(int)
    names = sorted(set(pairs.to_numpy().ravel()))
    counts = pd.crosstab(pairs["cluster_zT"], pairs["cluster_zE"]).reindex(index=names, columns=names, fill_value=0).to_numpy()
    for measure, value in reliabilities(counts).items():
        assert one(rows, measure=measure, first="zT", second="zE", cells="held_out", n_cells=len(cells)) == pytest.approx(value, abs=1e-12), measure
    listed = table(typed_run, "contingency").query("variant == @variant and first == 'zT' and second == 'zE'").astype({"row": int, "column": int})
    assert (listed["row"] == listed["row_order"]).all() and (listed["column"] == listed["column_order"]).all()
    expected = {(names[i], names[j]): counts[i, j] for i, j in np.argwhere(counts)}
    assert listed.set_index(["row", "column"])["count"].to_dict() == expected


@pytest.mark.parametrize("which", ["all", "held_out"])
@pytest.mark.parametrize("label", ["type", "donor", "sex"])
@pytest.mark.parametrize("modality", MODALITIES)
def test_clusters_and_types_are_assigned(typed_run, typed, consensus, modality, label, which):  # noqa: F811
    """Best sum of pairs by SciPy, indices by scikit-learn; unlabelled cells do not count. contingency.csv has the counts."""
    variant, rows, _ = consensus
    cells = table(typed_run, "consensus_cells").query("variant == @variant").set_index("cell")
    cells["label"] = typed.obs[label].astype(object)
    own = cells[(which == "all") | (cells["held_out"] == 1)].dropna(subset=["label", f"cluster_z{modality}"])
    clusters, labels = own[f"cluster_z{modality}"].astype(int).astype(str), own["label"].astype(str)
    counts = pd.crosstab(clusters, labels)
    keys = {"first": f"z{modality}", "second": label, "cells": which}
    best = counts.to_numpy()[linear_sum_assignment(counts.to_numpy(), maximize=True)].sum()
    expected = {
        "assigned": best / len(own),
        "adjusted_rand_index": adjusted_rand_score(clusters, labels),
        "normalised_mutual_information": normalized_mutual_info_score(clusters, labels),
    }
    for measure, value in expected.items():
        assert one(rows, measure=measure, n_cells=len(own), **keys) == pytest.approx(value, abs=1e-12), measure
    listed = pd.read_csv(typed_run / "tables/contingency.csv", dtype={"row": str, "column": str}).query("variant == @variant")
    listed = listed[(listed[list(keys)] == list(keys.values())).all(axis=1)]
    stacked = counts.stack()
    assert listed.set_index(["row", "column"])["count"].to_dict() == stacked[stacked > 0].to_dict()
    check_order(listed, best)


def check_order(listed, best):
    """Rows stand in the order of their columns, with which they have the best sum; those without one follow, largest first."""
    for side in ("row", "column"):
        assert len(listed[[side, f"{side}_order"]].drop_duplicates()) == listed[side].nunique() == listed[f"{side}_order"].nunique()
    cells = {(row, column): count for row, column, count in listed[["row_order", "column_order", "count"]].itertuples(index=False)}
    rows = listed.groupby("row_order")["count"].sum()
    assert list(rows.index) == list(range(len(rows))) and set(listed["column_order"]) == set(range(listed["column"].nunique()))
    # The greatest sum of pairs (i, j) that rise in both, of the first rows; what is left must be sorted by size.
    reached = best_rising(cells, len(rows), listed["column"].nunique())
    paired = [m for m in range(len(rows) + 1) if reached[m] == best and rows.iloc[m:].is_monotonic_decreasing]
    assert paired, "rows are in the order of no best pairing"


def best_rising(cells, rows, columns):
    """For m = 0 ... rows: the greatest sum over pairs of distinct rows below m and columns that rise together."""
    sums = np.zeros((rows + 1, columns + 1))
    for i in range(rows):
        for j in range(columns):
            sums[i + 1, j + 1] = max(sums[i, j + 1], sums[i + 1, j], sums[i, j] + cells.get((i, j), 0))
    return sums[:, -1]


@pytest.mark.parametrize("label", ["(clusters)", "type", "donor", "sex", "type 3"])
@pytest.mark.parametrize("modality", MODALITIES)
def test_silhouettes_of_cells_that_have_latents_and_a_label(typed_run, trained, consensus, modality, label):  # noqa: F811
    """Held-out cells; mean and SD over the means of classes, however rare."""
    variant, rows, _ = consensus
    network = trained[variant][int(one(rows, measure="replicate"))]
    source = table(typed_run, "consensus_cells").query("variant == @variant") if label == "(clusters)" else table(typed_run, "cells")
    names = source[f"cluster_z{modality}" if label == "(clusters)" else label]
    z = network.latents[modality]
    kept = (network.split != 0) & np.isfinite(z).all(axis=1) & names.notna().to_numpy()
    each = pd.Series(silhouette_samples(z[kept], names[kept].astype(str)))
    means = each.groupby(names[kept].to_numpy()).mean()
    keys = {"first": f"z{modality}", "second": label, "cells": "held_out", "n_cells": kept.sum()}
    # Distances of tens of points of order 1.
    assert one(rows, measure="silhouette", **keys) == pytest.approx(means.mean(), abs=1e-10)
    assert one(rows, measure="silhouette_sd", **keys) == pytest.approx(means.std(ddof=1), abs=1e-10)
