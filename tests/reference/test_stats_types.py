"""Correlations against SciPy, means of types against pandas, averages of networks and their calibration against NumPy and SciPy."""
import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from stats_probe import array, ask, refusal


@pytest.fixture
def rng():
    return np.random.default_rng(23)


@pytest.mark.parametrize("n,ties", [(3, False), (40, True), (5000, False), (5000, True)])
def test_correlations_are_those_of_scipy(rng, n, ties):
    first = rng.normal(size=n) + 100
    second = 0.4 * first + rng.normal(size=n)
    if ties:
        first, second = np.round(first, 1), np.round(second, 1)
    holes = rng.random(n) < (0.2 if n > 3 else 0)
    second[holes] = np.nan
    ours = ask("correlations", first=first, second=second)
    there = ~holes
    # Sums of up to 5,000 products of order 1, after means of order 100 are taken away: 5,000 x 1.1e-16 x 100, most of which cancels.
    assert ours["pearson"] == pytest.approx(pearsonr(first[there], second[there])[0], abs=1e-11)
    assert ours["spearman"] == pytest.approx(spearmanr(first[there], second[there])[0], abs=1e-12)


def test_correlation_of_a_constant_is_none():
    assert ask("correlations", first=[0.1, 0.1, 0.1], second=[1.0, 2.0, 3.0]) == {"pearson": None, "spearman": None}
    assert "2 and 1 values" in refusal("correlations", first=[1.0, 2.0], second=[1.0])


def cells_of_types(rng):
    """Float32 values, some missing; type 4 has none of feature 2; number 5 is no type."""
    types = rng.integers(0, 6, size=301)
    measured = (rng.normal(size=(6, 7))[types] + rng.normal(size=(301, 7))).astype(np.float32)
    decoded = (0.7 * measured + 0.1).astype(np.float32)
    measured[rng.random(measured.shape) < 0.1] = np.nan
    measured[types == 4, 2] = np.nan
    return types, measured, decoded


def pearson_of(x, y):
    there = np.isfinite(x)
    return pearsonr(x[there], y[there])[0] if there.sum() > 2 else np.nan


def test_type_means_are_those_of_pandas(rng):
    types, measured, decoded = cells_of_types(rng)
    ours = ask("type_means", measured=measured.astype(float), decoded=decoded.astype(float), types=types, count=5)
    shown = np.where(np.isnan(measured), np.nan, decoded)
    sides = {"measured": measured, "decoded": shown}
    means = {side: pd.DataFrame(values.astype(float)).groupby(types).mean().loc[:4].to_numpy() for side, values in sides.items()}
    scaled = {side: values / np.nanmax(np.abs(values), axis=0) for side, values in means.items()}
    centred = {side: values - np.nanmean(values, axis=0) for side, values in scaled.items()}
    assert ours["raw"]["cells"] == [(types == t).sum() for t in range(5)]
    for name, expected in {"raw": means, "normalised": scaled, "centred": centred}.items():
        for side in sides:
            # Means of some 50 numbers of order 1.
            np.testing.assert_allclose(array(ours[name][side]), expected[side], atol=1e-13)
        x, y = expected["measured"], expected["decoded"]
        np.testing.assert_allclose(array(ours[name]["types"])[:, 0], [pearson_of(*pair) for pair in zip(x, y)], atol=1e-12)
        np.testing.assert_allclose(array(ours[name]["features"])[:, 0], [pearson_of(*pair) for pair in zip(x.T, y.T)], atol=1e-12)
        assert array(ours[name]["types"])[4, 1] == 6 and array(ours[name]["features"])[2, 1] == 4


def test_ensemble_is_that_of_numpy_and_scipy(rng):
    truth = rng.normal(size=(120, 9)) * np.arange(1, 10)
    members = [truth + rng.normal(size=truth.shape) * np.arange(1, 10) * rng.random(truth.shape) for _ in range(4)]
    truth[rng.random(truth.shape) < 0.1] = np.nan
    truth, members = truth.astype(np.float32).astype(float), [member.astype(np.float32).astype(float) for member in members]
    ours = ask("ensemble", truth=truth, members=members)
    mean, spread = np.mean(members, axis=0), np.std(members, axis=0, ddof=1)
    np.testing.assert_allclose(array(ours["mean"]), mean, atol=1e-13)
    np.testing.assert_allclose(array(ours["spread"]), spread, rtol=1e-11)
    there = np.isfinite(truth)
    error = np.abs(truth - mean)
    within = [spearmanr(spread[own, i], error[own, i])[0] for i, own in enumerate(there.T)]
    expected = [
        spread[there].mean(),
        error[there].mean(),
        spearmanr(spread[there], error[there])[0],
        np.mean(within),
        (error[there] <= 2 * spread[there]).mean(),
    ]
    np.testing.assert_allclose(ours["numbers"], expected, atol=1e-12)
    assert ours["entries"] == there.sum()
