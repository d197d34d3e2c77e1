"""Differences over folds against SciPy's t distribution, Holm's correction against numpy, orthogonal maps against SciPy."""
import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group, t, ttest_rel

from stats_probe import array, ask, refusal


@pytest.fixture
def rng():
    return np.random.default_rng(77)


# Quantiles and tails of Student's t from two libraries, each good to some 1e-13.
CLOSE = dict(rtol=1e-11)


@pytest.mark.parametrize("folds,shift", [(2, 0.1), (10, 0.02), (10, 3), (43, -0.3)])
def test_corrected_t_interval(rng, folds, shift):
    first = rng.normal(size=folds)
    second = first + shift + 0.2 * rng.normal(size=folds)
    ratio = 1 / (folds - 1)
    ours = ask("fold_difference", first=first, second=second, test_to_train=ratio, confidence=0.9)
    difference = second - first
    error = np.sqrt((1 / folds + ratio) * difference.var(ddof=1))
    expected = t(folds - 1, loc=difference.mean(), scale=error)
    # The mean of differences of order 1 that may nearly cancel: 50 roundings.
    np.testing.assert_allclose([ours["mean"], ours["sd"]], [difference.mean(), difference.std(ddof=1)], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours["standard_error"], error, rtol=1e-12)
    np.testing.assert_allclose([ours["mean"] - ours["half_width"], ours["mean"] + ours["half_width"]], expected.interval(0.9), **CLOSE)
    np.testing.assert_allclose(ours["p_value"], 2 * t(folds - 1).sf(abs(difference.mean()) / error), rtol=1e-10)
    assert (ours["folds"], ours["unpaired"]) == (folds, 0)


def test_independent_folds_are_the_paired_t_test(rng):
    first, second = rng.normal(size=(2, 12))
    first[3] = np.nan
    second[[3, 7]] = np.nan
    ours = ask("fold_difference", first=first, second=second, test_to_train=0.0, confidence=0.95)
    plain = ttest_rel(second, first, nan_policy="omit")
    np.testing.assert_allclose(ours["p_value"], plain.pvalue, **CLOSE)
    np.testing.assert_allclose(ours["half_width"], np.diff(plain.confidence_interval(0.95))[0] / 2, **CLOSE)
    assert (ours["folds"], ours["unpaired"]) == (10, 1)


def holm_by_numpy(values):
    """Step down: the i-th smallest of m is multiplied by m - i, never below the one before, never above 1."""
    values = np.array(values, float)
    kept = np.flatnonzero(~np.isnan(values))
    order = kept[np.argsort(values[kept], kind="stable")]
    adjusted = values.copy()
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)))
    return adjusted


def test_holm(rng):
    np.testing.assert_array_equal(array(ask("holm", p_values=[0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    for size in (0, 1, 2, 7, 60):
        values = rng.random(size) ** 3
        values[rng.random(size) < 0.2] = np.nan
        values[rng.random(size) < 0.2] = 0.02
        np.testing.assert_array_equal(array(ask("holm", p_values=values)), holm_by_numpy(values))


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("cells,dim", [(200, 3), (30, 10), (1, 1), (5, 1)])
def test_orthogonal_map_is_that_of_scipy(rng, cells, dim, centred):
    # One cell without a mean has no direction.
    if centred and cells == 1:
        cells = 2
    turn = ortho_group.rvs(dim, random_state=3) if dim > 1 else np.array([[-1.0]])
    start = rng.normal(size=(cells, dim)) + 2
    end = start @ turn + 0.05 * rng.normal(size=(cells, dim)) - 1
    test = rng.normal(size=(9, dim))
    means = [part.mean(axis=0) if centred else np.zeros(dim) for part in (start, end)]
    expected, _ = orthogonal_procrustes(start - means[0], end - means[1])
    ours = ask("procrustes", **{"from": start, "to": end}, test=test, centred=centred)
    # Singular vectors are only used together: eps over the sum of the two least singular values (above 1) times the largest (below 2e3).
    np.testing.assert_allclose(array(ours["rotation"]), expected, atol=1e-12)
    np.testing.assert_allclose(array(ours["applied"]), (test - means[0]) @ expected + means[1], atol=1e-11)


def test_orthogonal_map_finds_a_reflection_without_scaling(rng):
    turn = ortho_group.rvs(4, random_state=8)
    turn[:, 0] *= -np.sign(np.linalg.det(turn))
    start = rng.normal(size=(50, 4))
    ours = ask("procrustes", **{"from": start, "to": 7 * start @ turn + 5}, test=start, centred=True)
    assert np.linalg.det(turn) < 0
    np.testing.assert_allclose(array(ours["rotation"]), turn, atol=1e-12)


def test_refusals_name_the_numbers():
    points = np.zeros((3, 2))
    assert "3 x 2 and 2 x 2" in refusal("procrustes", **{"from": points, "to": points[:2]}, test=points, centred=True)
    assert "of 1 dimensions, expected 2" in refusal("procrustes", **{"from": points, "to": points}, test=points[:, :1], centred=True)
    series = dict(first=[1.0, 2.0], second=[1.0, 2.0])
    assert "cells -1," in refusal("fold_difference", **series, test_to_train=-1.0, confidence=0.9)
    assert "confidence 1," in refusal("fold_difference", **series, test_to_train=0.1, confidence=1.0)
    assert "2 and 1 values" in refusal("fold_difference", first=[1.0, 2.0], second=[1.0], test_to_train=0.1, confidence=0.9)
    assert "p value 1.5" in refusal("holm", p_values=[0.1, 1.5])
