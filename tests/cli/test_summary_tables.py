"""summary.csv and comparisons.csv of two runs, every row computed again from the other tables by pandas, NumPy and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from three_modalities import TOGETHER, cohort, run  # noqa: F401
from typed_cohort import typed, typed_run  # noqa: F401

REFERENCES = {"typed_run": "folds,lambda=1", "run": TOGETHER}
FOLDS = 3
COMPARED = ("accuracy", "r2", "foscttm", "label_transfer", "purity")


def table(run, name):  # noqa: F811
    return pd.read_csv(run / "tables" / f"{name}.csv")


def named(frame, metrics, values, of=("fold", "init")):
    """One score a row: variant, what it is a score of (replicate, type or feature), metric, value."""
    return pd.DataFrame({"variant": frame["variant"], "of": frame[list(of)].bfill(axis=1).iloc[:, 0], "metric": metrics, "value": values})


def directions(frame):
    return frame["to"] + "<-" + frame["from"]


def of_replicates(run):  # noqa: F811
    accuracy, reconstruction, matching = (table(run, name) for name in ("accuracy", "reconstruction", "matching"))
    yield named(accuracy, "accuracy " + accuracy["representation"] + " " + accuracy["label"] + " " + accuracy["n_classes"].astype(str), accuracy["accuracy"])
    for score in ("r2", "mse"):
        yield named(reconstruction, f"{score} " + directions(reconstruction), reconstruction[score])
    yield named(matching, matching["measure"] + " " + directions(matching) + (" " + matching["label"]).fillna(""), matching["value"])
    latents = table(run, "latents")
    latents = latents.loc[latents.groupby(["variant", "representation", latents["fold"].fillna(latents["init"])])["sd"].idxmin()]
    yield named(latents, "least_sd " + latents["representation"], latents["sd"])
    losses = table(run, "losses").query("kept == 1")
    yield named(losses, "loss " + losses["part"] + " " + losses["term"], losses["value"])


def of_clusters(run):  # noqa: F811
    if (run / "tables/clusters.csv").exists():
        clusters = table(run, "clusters")
        yield named(clusters, "best_components", clusters["best_components"])


def of_types_and_ensembles(run):  # noqa: F811
    rows = table(run, "type_correlations")
    types, features = rows[rows["over"] == "features"], rows[rows["over"] == "types"]
    for column in ("pearson", "pearson_raw", "pearson_centred"):
        yield named(types, f"type_{column} " + directions(types), types[column], of=["name"])
    yield named(features, "feature_pearson " + directions(features), features["pearson"], of=["name"])
    rows = table(run, "ensembles")
    r2, accuracy = rows[rows["measure"] == "r2_of_average"], rows[rows["measure"] == "accuracy_of_average"]
    yield named(r2, "ensemble_r2 " + directions(r2), r2["value"], of=["measure"])
    yield named(accuracy, "ensemble_accuracy z" + accuracy["from"] + " " + accuracy["label"], accuracy["value"], of=["measure"])


@pytest.fixture(scope="module", params=REFERENCES)
def case(request):
    """(reference of the cross-validation, run, all scores)"""
    folder = request.getfixturevalue(request.param)
    parts = [*of_replicates(folder), *of_clusters(folder), *of_types_and_ensembles(folder)]
    return REFERENCES[request.param], folder, pd.concat([part for part in parts if len(part)], ignore_index=True)


def test_summary_is_mean_sd_and_number(case):
    """Every score of every variant, and no other."""
    _, folder, scores = case
    assert not scores.duplicated(["variant", "of", "metric"]).any()
    expected = scores.groupby(["variant", "metric"])["value"].agg(["mean", "std", "count"])
    found = table(folder, "summary").set_index(["variant", "metric"])
    assert not found.index.duplicated().any() and set(found.index) == set(expected.index)
    found = found.loc[expected.index]
    assert list(found["n"]) == list(expected["count"])
    # Sums of up to tens of terms; an SD of equal ones is what rounding leaves, 1e-16 of the mean.
    np.testing.assert_allclose(found["mean"], expected["mean"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found["sd"], expected["std"], rtol=1e-9, atol=1e-13)


def paired(first, second):
    """(difference, low, high, p) of the corrected resampled t test (Nadeau and Bengio) of folds that both have; of fewer than two no test."""
    d = (second - first).dropna()
    if len(d) < 2:
        return d.mean(), np.nan, np.nan, np.nan
    error = d.std(ddof=1) * np.sqrt(1 / len(d) + 1 / (FOLDS - 1))
    half = t.ppf(0.975, len(d) - 1) * error
    p = 2 * t.sf(abs(d.mean()) / error, len(d) - 1) if error > 0 else float(d.mean() == 0)
    return d.mean(), d.mean() - half, d.mean() + half, p


def test_comparisons_are_of_every_score_that_both_have(case):
    reference, folder, scores = case
    compared = table(folder, "comparisons")
    assert set(compared["reference"]) == {reference} and set(compared["experiment"]) == {"folds"}
    own = scores[scores["metric"].str.split(" ").str[0].isin(COMPARED) & scores["variant"].str.startswith("folds,")]
    by_fold = {key: rows.set_index("of")["value"].astype(float) for key, rows in own.groupby(["variant", "metric"])}
    expected = {(variant, metric) for variant, metric in by_fold if variant != reference and (reference, metric) in by_fold}
    found = compared.set_index(["variant", "metric"])
    assert set(found.index) == expected and len(found) == len(expected) > 50
    for (variant, metric), row in found.iterrows():
        first, second = by_fold[variant, metric], by_fold[reference, metric]
        assert row["folds"] == (first + second).count() and row["unpaired"] == (first.notna() != second.notna()).sum()
        numbers = row[["difference", "low", "high", "p"]].astype(float)
        # Differences of scores of order 1, and two tails of Student's t.
        np.testing.assert_allclose(numbers, paired(first, second), rtol=1e-9, atol=1e-12, err_msg=f"{variant} {metric}")
