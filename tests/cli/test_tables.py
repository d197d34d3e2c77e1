"""The tables of a run, computed again from its results.h5 and its data by NumPy and scikit-learn."""

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, succeed
from scipy.stats import t
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    adjusted_rand_score,
    normalized_mutual_info_score,
    r2_score,
    silhouette_samples,
)
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors

MODALITIES = ("T", "E")
FOLDS = 3
INNER = 5


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("tables") / "run"
    succeed("run", SMOKE, "--data", tiny, "--out", out, "--set", "experiment.consensus.classes=[2]", ranks=2)
    return out


@pytest.fixture(scope="module")
def cohort(tiny):
    """Values of all cells in the order of the data, NaN where a modality is lacking; and their labels."""
    data = md.read_h5mu(tiny)
    values = {}
    for name in MODALITIES:
        part = data[name]
        dense = part.X.toarray() if hasattr(part.X, "toarray") else np.asarray(part.X)
        values[name] = np.full((data.n_obs, part.n_vars), np.nan)
        values[name][data.obs_names.get_indexer(part.obs_names)] = dense
    return values, data.obs


def table(run, name, **kinds):
    return pd.read_csv(run / "tables" / f"{name}.csv", dtype=kinds)


def networks(run):
    """(variant, replicate, split, latents of each modality) of every network."""
    with h5py.File(run / "results.h5") as file:
        for variant, group in file["variants"].items():
            for replicate in range(len(group["split"])):
                latents = {name: group[f"latents/{name}"][replicate].astype(float) for name in MODALITIES}
                yield variant, replicate, group["split"][replicate], latents


def has(values):
    return np.isfinite(values).any(axis=1)


def of_replicate(frame, variant, replicate):
    own = frame[frame["variant"] == variant]
    return own[own["fold"].fillna(own["init"]).astype(int) == replicate]


def votes(neighbour_labels):
    """The label of most neighbours; of equals the one that comes first."""
    counts = {}
    for label in neighbour_labels:
        counts[label] = counts.get(label, 0) + 1
    return max(counts, key=lambda label: (counts[label], -list(neighbour_labels).index(label)))


def expected_matching(cohort, split, latents, source, target, label):
    values, obs = cohort
    held_out = (split != 0) & has(values["T"]) & has(values["E"])
    a, b = latents[source][held_out], latents[target][held_out]
    distances = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2))
    own = np.diag(distances)[:, None]
    expected = {"foscttm": (distances < own).mean()}
    # Once a pair: cells of either side closer than the true partner, over 2 n^2.
    both_ways = (distances < own).sum() + (distances < own.T).sum()
    if (source, target) == ("T", "E"):
        expected["foscttm_mean"] = both_ways / (2 * distances.size)
    training = (split == 0) & has(values[target])
    labels = obs[label].astype(str).to_numpy()
    near = NearestNeighbors(n_neighbors=15, algorithm="brute").fit(latents[target][training]).kneighbors(a)[1]
    near_labels = labels[training][near]
    scored = np.isin(labels[held_out], labels[training])
    expected["label_transfer"] = np.mean(
        [votes(list(row[:5])) == own for row, own in zip(near_labels[scored], labels[held_out][scored])]
    )
    expected["purity"] = (near_labels[scored] == labels[held_out][scored][:, None]).mean()
    return expected, held_out.sum()


def test_matching_is_that_of_numpy_and_scikit_learn(run, cohort):
    matching = table(run, "matching")
    seen = 0
    for variant, replicate, split, latents in networks(run):
        own = of_replicate(matching, variant, replicate)
        for source, target in (("T", "E"), ("E", "T")):
            rows = own[(own["from"] == source) & (own["to"] == target)]
            for label in ("leaf",):
                expected, cells = expected_matching(cohort, split, latents, source, target, label)
                for measure, value in expected.items():
                    found = rows[(rows["measure"] == measure) & (rows["label"].fillna(label) == label)]
                    assert len(found) == 1
                    # Shares of whole cells: equal but for distances that tie to the last bit, of which there are none.
                    assert found["value"].item() == pytest.approx(value, abs=1e-12), (variant, replicate, measure)
                    seen += 1
                ties = rows[rows["measure"] == "foscttm_ties_half"]
                assert ties["value"].item() == pytest.approx(expected["foscttm"], abs=1e-12)
                assert ties["n_cells"].item() == cells
    assert seen == 8 * (2 * 3 + 1)
    baselines = matching[matching["variant"].str.contains("pc_cca")]
    assert len(baselines) == FOLDS * (2 * 4 + 1) and baselines["value"].between(0, 1).all()


def test_the_mean_of_both_directions_is_in_the_summary(run):
    matching, summary = table(run, "matching"), table(run, "summary").set_index(["variant", "metric"])
    for variant, rows in matching[matching["measure"] == "foscttm"].groupby("variant"):
        found = summary.loc[(variant, "foscttm_mean E<-T"), "mean"]
        assert found == pytest.approx(rows["value"].mean(), abs=1e-12)
        assert (variant, "foscttm_mean T<-E") not in summary.index


def test_foscttm_is_compared_once_a_direction(run):
    """Holm's correction counts what is tested: forms of one measure that say the same would make it stricter."""
    metrics = table(run, "comparisons")["metric"]
    assert set(metrics[metrics.str.startswith("foscttm")]) == {"foscttm E<-T", "foscttm T<-E"}


def test_comparisons_are_corrected_t_tests(run):
    """Nadeau and Bengio by SciPy, on the folds of the tables; Holm written again."""
    comparisons = table(run, "comparisons")
    reconstruction = table(run, "reconstruction")
    reference = "cross_validation,lambda=1"
    assert set(comparisons["reference"]) == {reference}
    assert {"cross_validation,lambda=0", "cross_validation,pc_cca=4x4", "cross_validation,baseline=ridge"} <= set(comparisons["variant"])
    keys = ["from", "to", "fold"]
    r2 = reconstruction.dropna(subset=["fold"]).set_index(["variant", *keys])["r2"].sort_index()
    checked = 0
    for row in comparisons[comparisons["metric"].str.startswith("r2 ")].itertuples():
        target, source = row.metric[3:].split("<-")
        first, second = (r2.loc[(name, source, target)].sort_index().to_numpy() for name in (row.variant, reference))
        difference = second - first
        error = difference.std(ddof=1) * np.sqrt(1 / FOLDS + 1 / (FOLDS - 1))
        half = t.ppf(0.975, FOLDS - 1) * error
        # Few operations on numbers of order 1; two tails of Student's t.
        np.testing.assert_allclose([row.difference, row.low, row.high], difference.mean() + np.array([0, -half, half]), atol=1e-10)
        np.testing.assert_allclose(row.p, 2 * t.sf(abs(difference.mean()) / error, FOLDS - 1), rtol=1e-9)
        checked += 1
    assert checked == 4 + 4 + 2 * 4, "of lambda = 0 and PC-CCA all directions, of the others those across"
    p = comparisons["p"].dropna().sort_values()
    adjusted = np.maximum.accumulate(np.minimum(1, p.to_numpy() * np.arange(len(p), 0, -1)))
    np.testing.assert_allclose(comparisons.loc[p.index, "p_holm"], adjusted, rtol=1e-12)


def best_of(errors, choices):
    return choices[int(np.argmin(errors))]


def inner_errors(x, y, makers):
    """Squared error of the held-out cells of inner folds by position, for each maker of a predictor."""
    folds = np.arange(len(x)) % INNER
    errors = np.zeros(len(makers))
    for fold in range(INNER):
        train = folds != fold
        for i, make in enumerate(makers):
            errors[i] += ((make(x[train], y[train])(x[~train]) - y[~train]) ** 2).sum()
    return errors


def ridge(penalty):
    return lambda x, y: Ridge(alpha=penalty, solver="svd").fit(x, y).predict


def reduced_rank(penalty, rank):
    def make(x, y):
        fitted = Ridge(alpha=penalty, solver="svd").fit(x, y)
        axes = np.linalg.svd(fitted.predict(x) - y.mean(axis=0))[2][:rank].T
        return lambda new: (fitted.predict(new) - y.mean(axis=0)) @ axes @ axes.T + y.mean(axis=0)

    return make


def neighbours(k):
    return lambda x, y: KNeighborsRegressor(k, algorithm="brute").fit(x, y).predict


def predictor(method, x, y):
    factors = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 3, 10, 30, 100]
    scale = ((x - x.mean(axis=0)) ** 2).sum() / x.shape[1]
    penalties = [factor * scale for factor in factors]
    if method == "mean":
        return lambda new: np.tile(y.mean(axis=0), (len(new), 1))
    if method == "neighbours":
        counts = [k for k in (5, 10, 15, 20, 30, 50) if k <= len(x) - -(-len(x) // INNER)]
        space = PCA(min(50, x.shape[1], len(x) - 1), svd_solver="full").fit(x)
        inner = space.transform(x)
        k = best_of(inner_errors(inner, y, [neighbours(k) for k in counts]), counts)
        return lambda new: neighbours(k)(inner, y)(space.transform(new))
    penalty = best_of(inner_errors(x, y, [ridge(p) for p in penalties]), penalties)
    if method == "ridge":
        return ridge(penalty)(x, y)
    ranks = [r for r in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32) if r <= min(x.shape[1], y.shape[1])]
    rank = best_of(inner_errors(x, y, [reduced_rank(penalty, r) for r in ranks]), ranks)
    return reduced_rank(penalty, rank)(x, y)


@pytest.mark.parametrize("method", ["mean", "neighbours", "ridge", "reduced_rank"])
def test_predictors_without_latents_are_those_of_scikit_learn(run, cohort, method):
    values, _ = cohort
    reconstruction = table(run, "reconstruction")
    variant = f"cross_validation,baseline={method}"
    assert len(reconstruction[reconstruction["variant"] == variant]) == FOLDS * 2
    splits = {r: split for v, r, split, _ in networks(run) if v == "cross_validation,lambda=0"}
    for fold, split in splits.items():
        rows = of_replicate(reconstruction, variant, fold)
        for source, target in (("T", "E"), ("E", "T")):
            both = has(values["T"]) & has(values["E"])
            train, test = both & (split == 0), both & (split != 0)
            x, y = values[source], values[target]
            x = np.where(np.isnan(x), np.nanmean(x[train], axis=0), x)
            y = np.where(np.isnan(y), np.nanmean(y[train], axis=0), y)
            predicted = predictor(method, x[train], y[train])(x[test])
            truth = values[target][test]
            r2 = [
                r2_score(truth[there, i], predicted[there, i])
                for i, there in enumerate(np.isfinite(truth).T)
                if there.sum() > 1
            ]
            found = rows[(rows["from"] == source) & (rows["to"] == target)]
            # The table's predictions are rounded to floats, 6e-8 of a value: R2 moves by 1e-6 at most where a
            # feature's spread is a tenth of its values.
            assert found["r2"].item() == pytest.approx(np.mean(r2), abs=1e-5)
            assert found["n_cells"].item() == test.sum()


def clusters(run, cohort):
    cells = table(run, "consensus_cells", cluster_zT=str, cluster_zE=str).set_index("cell")
    return cells.loc[cohort[1].index]


def one(frame, **keys):
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1, keys
    return frame["value"].item()


def test_consensus_is_that_of_the_notebooks_measures(run, cohort):
    """Reliability, consistency and occupancy by their definitions; indices and silhouettes by scikit-learn."""
    consensus = table(run, "consensus")
    cells = clusters(run, cohort)
    held_out = cells[cells["held_out"] == 1].dropna(subset=["cluster_zT", "cluster_zE"])
    a, b = held_out["cluster_zT"], held_out["cluster_zE"]
    counts = pd.crosstab(a, b)
    both = sorted(set(a) | set(b))
    counts = counts.reindex(index=both, columns=both, fill_value=0).to_numpy()
    diagonal = np.diag(counts)
    in_rows = (diagonal > 0) & (diagonal >= counts.max(axis=1))
    in_columns = (diagonal > 0) & (diagonal >= counts.max(axis=0))
    expected = {
        "row_reliability": in_rows.mean(),
        "column_reliability": in_columns.mean(),
        "diagonal_reliability": (in_rows & in_columns).mean(),
        "consistency": diagonal.sum() / counts.sum(),
        "occupancy": (diagonal > 0).mean(),
        "adjusted_rand_index": adjusted_rand_score(a, b),
        "normalised_mutual_information": normalized_mutual_info_score(a, b),
    }
    for measure, value in expected.items():
        assert one(consensus, measure=measure, first="zT", second="zE") == pytest.approx(value, abs=1e-12), measure
    labels = cohort[1]["leaf"].astype(str)
    for which, kept in (("all", cells), ("held_out", cells[cells["held_out"] == 1])):
        kept = kept.dropna(subset=["cluster_zT"])
        value = adjusted_rand_score(kept["cluster_zT"], labels[kept.index])
        found = one(consensus, measure="adjusted_rand_index", first="zT", second="leaf", cells=which)
        assert found == pytest.approx(value, abs=1e-12)


def test_consensus_clusters_come_from_the_least_error_at_the_modal_count(run, cohort):
    consensus, best = table(run, "consensus"), table(run, "clusters")
    counts = best.loc[best["variant"] == "consensus", "best_components"]
    components = one(consensus, measure="components")
    assert components in set(counts)
    if counts.nunique() == 1:
        assert components == counts.iloc[0]
    cells = clusters(run, cohort)
    assert set(cells["cluster_zT"].dropna().astype(int)) <= set(range(int(components)))
    latents = {r: (split, z) for v, r, split, z in networks(run) if v == "consensus"}
    split, z = latents[int(one(consensus, measure="replicate"))]
    assert ((split != 0) == (cells["held_out"] == 1).to_numpy()).all()


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("labels", ["(clusters)", "leaf", "leaf 2"])
def test_silhouettes_are_those_of_scikit_learn(run, cohort, modality, labels):
    """By the latents of either modality: of its clusters, of the types, and of the tree cut to two classes."""
    consensus, cells = table(run, "consensus"), clusters(run, cohort)
    latents = {r: z for v, r, _, z in networks(run) if v == "consensus"}[int(one(consensus, measure="replicate"))]
    if labels == "(clusters)":
        names = cells[f"cluster_z{modality}"]
    else:
        names = table(run, "cells").set_index("cell").loc[cells.index, labels]
    kept = ((cells["held_out"] == 1) & cells[f"cluster_z{modality}"].notna() & names.notna()).to_numpy()
    names = names[kept].to_numpy()
    each = silhouette_samples(latents[modality][kept], names)
    means = [each[names == name].mean() for name in np.unique(names)]
    rows = {"first": f"z{modality}", "second": labels, "cells": "held_out"}
    # Distances of tens of points of order 1.
    assert one(consensus, measure="silhouette", **rows) == pytest.approx(np.mean(means), abs=1e-10)
    assert one(consensus, measure="silhouette_sd", **rows) == pytest.approx(np.std(means, ddof=1), abs=1e-10)


def test_contingency_counts_every_cell_once_in_the_order_of_the_tree(run, cohort):
    contingency = table(run, "contingency", row=str, column=str)
    cells = clusters(run, cohort)
    labels = cohort[1]["leaf"].astype(str)
    own = contingency[(contingency["first"] == "zT") & (contingency["second"] == "leaf") & (contingency["cells"] == "all")]
    kept = cells.dropna(subset=["cluster_zT"])
    expected = pd.crosstab(kept["cluster_zT"], labels[kept.index]).stack()
    found = own.set_index(["row", "column"])["count"]
    assert found.sum() == len(kept)
    assert (found == expected[expected > 0].loc[found.index]).all() and len(found) == (expected > 0).sum()
    tree = table(run, "taxonomy").fillna({"parent": ""})

    def below(label):
        children = tree[tree["parent"] == label]
        return [leaf for child in children.itertuples() for leaf in ([child.label] if child.leaf else below(child.label))]

    leaves = below("")
    order = own.drop_duplicates("column").sort_values("column_order")["column"]
    assert list(order) == [leaf for leaf in leaves if leaf in set(order)]
