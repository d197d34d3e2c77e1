"""Regression baselines against scikit-learn's Ridge and KNeighborsRegressor, and against numpy's singular value decomposition."""
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor

from stats_probe import array, ask, refusal

# Cells x features x targets: features fewer than targets, more than targets, more than cells, many more.
SHAPES = [(200, 12, 30), (200, 30, 7), (60, 90, 5), (40, 300, 25)]


@pytest.fixture
def rng():
    return np.random.default_rng(55)


def cells_of(rng, shape, test=20):
    cells, features, targets = shape
    latent = rng.normal(size=(cells + test, 4))
    x = latent @ rng.normal(size=(4, features)) + rng.normal(size=(cells + test, features)) + 3
    y = latent @ rng.normal(size=(4, targets)) + 0.5 * rng.normal(size=(cells + test, targets)) - 1
    return x[:cells], y[:cells], x[cells:], y[cells:]


# Normal equations against singular vectors: eps times the condition of x'x + penalty, which is at most 300 x 20^2 / 0.1 = 1e6 and
# for penalty 0 about 1e4: 1e-10 of coefficients of order 1 (predictions: of order 10).
CLOSE = dict(rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("penalty", [0.1, 10, 1e4])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_ridge_is_that_of_scikit_learn(rng, shape, penalty):
    x, y, test, _ = cells_of(rng, shape)
    ours = ask("ridge", x=x, y=y, test=test, penalty=penalty)
    oracle = Ridge(alpha=penalty, solver="svd").fit(x, y)
    np.testing.assert_allclose(array(ours["coefficients"]), oracle.coef_.T, **CLOSE)
    np.testing.assert_allclose(array(ours["predicted"]), oracle.predict(test), **CLOSE)


def test_no_penalty_is_least_squares(rng):
    x, y, test, _ = cells_of(rng, SHAPES[0])
    ours = ask("ridge", x=x, y=y, test=test, penalty=0)
    np.testing.assert_allclose(array(ours["predicted"]), LinearRegression().fit(x, y).predict(test), **CLOSE)


def ridge_by_svd(x, y, penalty):
    u, s, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return vt.T @ ((s / (s**2 + penalty))[:, None] * (u.T @ (y - y.mean(axis=0))))


def reduced_rank_by_svd(x, y, penalty, rank):
    full = ridge_by_svd(x, y, penalty)
    directions = np.linalg.svd((x - x.mean(axis=0)) @ full)[2][:rank].T
    return full @ directions @ directions.T


def predict(coefficients, x, y, test):
    return (test - x.mean(axis=0)) @ coefficients + y.mean(axis=0)


@pytest.mark.parametrize("rank", [1, 3, 5])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reduced_rank_is_a_projection_of_ridge(rng, shape, rank):
    """Projections on singular vectors whose values are at least 1 % apart: errors a hundred times those of ridge."""
    x, y, test, _ = cells_of(rng, shape)
    ours = ask("reduced_rank", x=x, y=y, test=test, penalty=5, rank=rank)
    expected = reduced_rank_by_svd(x, y, 5, rank)
    np.testing.assert_allclose(array(ours["coefficients"]), expected, atol=1e-8)
    np.testing.assert_allclose(array(ours["predicted"]), predict(expected, x, y, test), atol=1e-7)
    assert np.linalg.matrix_rank(array(ours["coefficients"]), tol=1e-10) == rank


def test_reduced_rank_without_penalty_has_the_least_error_of_its_rank(rng):
    """Izenman: the residual of rank r is that of least squares and the squares of the fitted values' other singular values."""
    x, y, _, _ = cells_of(rng, SHAPES[0])
    centred = y - y.mean(axis=0)
    fitted = LinearRegression().fit(x, y).predict(x) - y.mean(axis=0)
    values = np.linalg.svd(fitted, compute_uv=False)
    for rank in (1, 4, 11, 12):
        ours = array(ask("reduced_rank", x=x, y=y, test=x, penalty=0, rank=rank)["predicted"]) - y.mean(axis=0)
        least = ((centred - fitted) ** 2).sum() + (values[rank:] ** 2).sum()
        np.testing.assert_allclose(((centred - ours) ** 2).sum(), least, rtol=1e-10)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_penalty_and_rank_are_chosen_by_inner_folds(rng, shape):
    x, y, _, _ = cells_of(rng, shape)
    folds = rng.permutation(np.arange(len(x)) % 5) * 3
    penalties, ranks = [1000.0, 0.3, 30.0, 3.0], [5, 2, 4, 1]
    squares = np.zeros((2, 4))
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        for i, penalty in enumerate(penalties):
            squares[0, i] += ((Ridge(alpha=penalty, solver="svd").fit(x[train], y[train]).predict(x[test]) - y[test]) ** 2).sum()
        for i, rank in enumerate(ranks):
            reduced = reduced_rank_by_svd(x[train], y[train], 3, rank)
            squares[1, i] += ((predict(reduced, x[train], y[train], x[test]) - y[test]) ** 2).sum()
    by_penalty = ask("choose_penalty", x=x, y=y, penalties=penalties, folds=folds)
    by_rank = ask("choose_rank", x=x, y=y, penalty=3.0, ranks=ranks, folds=folds)
    # Errors of predictions as above, second order at a least squared error: 1e-7 of a mean of order 1 is generous.
    np.testing.assert_allclose(by_penalty["errors"], squares[0] / y.size, rtol=1e-8)
    np.testing.assert_allclose(by_rank["errors"], squares[1] / y.size, rtol=1e-7)
    assert by_penalty["penalty"] == penalties[np.argmin(squares[0])]
    assert by_rank["rank"] == ranks[np.argmin(squares[1])]


def test_the_number_of_neighbours_is_chosen_without_the_held_out_cells(rng):
    x, y, _, _ = cells_of(rng, (90, 5, 4))
    folds, counts = np.arange(90) % 5, [1, 5, 20]
    squares = np.zeros(len(counts))
    for fold in range(5):
        train = folds != fold
        for i, k in enumerate(counts):
            oracle = KNeighborsRegressor(k, algorithm="brute").fit(x[train], y[train])
            squares[i] += ((oracle.predict(x[~train]) - y[~train]) ** 2).sum()
    ours = ask("choose_neighbours", x=x, y=y, counts=counts, folds=folds)
    np.testing.assert_allclose(ours["errors"], squares / y.size, rtol=1e-12)  # sums of 360 terms
    assert ours["k"] == counts[np.argmin(squares)]


def test_equal_errors_choose_the_first(rng):
    x, y, _, _ = cells_of(rng, (30, 4, 3))
    folds = np.arange(30) % 2
    assert ask("choose_penalty", x=x, y=0 * y, penalties=[7.0, 1.0], folds=folds)["penalty"] == 7
    assert ask("choose_rank", x=x, y=0 * y, penalty=1.0, ranks=[2, 1], folds=folds)["rank"] == 2


def test_means_of_neighbours_are_those_of_scikit_learn(rng):
    x, y, test, _ = cells_of(rng, SHAPES[1])
    ours = ask("predict_by_neighbours", x=x, y=y, test=test, k=7)
    # Seven terms of order 1.
    np.testing.assert_allclose(array(ours), KNeighborsRegressor(7, algorithm="brute").fit(x, y).predict(test), rtol=1e-13, atol=1e-14)


def test_missing_targets_are_left_out(rng):
    x, y, test, _ = cells_of(rng, SHAPES[1])
    y[rng.random(y.shape) < 0.6] = np.nan
    means = np.nanmean(y, axis=0)
    # A sum of 200 terms of order 1 in another order.
    np.testing.assert_allclose(array(ask("predict_by_mean", y=y, queries=3)), np.tile(means, (3, 1)), rtol=1e-12)
    near = np.argsort(((test[:, None] - x[None]) ** 2).sum(axis=2), axis=1, kind="stable")[:, :4]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of nothing
        expected = np.nanmean(y[near], axis=1)
    assert np.isnan(expected).any(), "some cell's neighbours all miss a target"
    ours = array(ask("predict_by_neighbours", x=x, y=y, test=test, k=4))
    np.testing.assert_allclose(ours, np.where(np.isnan(expected), means, expected), rtol=1e-12)


def test_regression_is_refused_by_the_numbers(rng):
    x, y, test, _ = cells_of(rng, (20, 30, 3))
    fit = dict(x=x, y=y, test=test)
    assert "20 cells x 30 features with a penalty of 0 leave" in refusal("ridge", **fit, penalty=0)
    assert "a penalty of -1" in refusal("ridge", **fit, penalty=-1)
    assert "rank 4 asked for, expected 1 to 3" in refusal("reduced_rank", **fit, penalty=1, rank=4)
    assert "rank 0 asked for" in refusal("reduced_rank", **fit, penalty=1, rank=0)
    assert "cells of 29 features, expected 30" in refusal("ridge", x=x, y=y, test=test[:, 1:], penalty=1)
    assert "19 cells x 3 targets" in refusal("ridge", x=x, y=y[1:], test=test, penalty=1)
    assert "1 inner folds of 20 cells" in refusal("choose_penalty", x=x, y=y, penalties=[1.0], folds=np.zeros(20, int))
    assert "0 choices over 2" in refusal("choose_rank", x=x, y=y, penalty=1, ranks=[], folds=np.arange(20) % 2)
    assert "rank 0 asked for" in refusal("choose_rank", x=x, y=y, penalty=1, ranks=[1, 0], folds=np.arange(20) % 2)
    y[:, 1] = np.nan
    assert "targets: entry nan at row 0, column 1" in refusal("ridge", **fit, penalty=1)
    assert "column 1 has no present entry" in refusal("predict_by_neighbours", **fit, k=3)
    assert "targets of 19 cells for a reference of 20" in refusal("predict_by_neighbours", x=x, y=y[1:], test=test, k=3)
