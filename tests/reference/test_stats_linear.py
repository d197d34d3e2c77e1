"""PCA, CCA and the PC-CCA baseline against scikit-learn and SciPy."""
import warnings

import numpy as np
import pytest
from scipy.linalg import sqrtm, subspace_angles
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA

from stats_probe import array, ask, refusal


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def correlated_sides(rng, cells, p, q, shared=3):
    latent = rng.normal(size=(cells, shared)) * [1.5, 1.0, 0.6][:shared]
    first = latent @ rng.normal(size=(shared, p)) + rng.normal(size=(cells, p))
    second = latent @ rng.normal(size=(shared, q)) + rng.normal(size=(cells, q))
    return first * rng.uniform(0.5, 3, p) + rng.normal(size=p), second * rng.uniform(0.5, 3, q) + rng.normal(size=q)


def positive(components):
    """Rows with their entry of largest magnitude positive."""
    at = np.abs(components).argmax(axis=1)
    return components * np.sign(components[np.arange(len(components)), at])[:, None]


@pytest.mark.parametrize("cells,features", [(200, 12), (40, 90)])
def test_pca(rng, cells, features):
    spread = np.linspace(3, 1, features)
    train, test = rng.normal(size=(cells, features)) * spread, rng.normal(size=(30, features)) * spread
    ours = ask("pca", train=train, test=test, components=5)
    oracle = PCA(5, svd_solver="full").fit(train)
    # Eigenvectors of the covariance: error about eps * condition / relative gap, gaps here above 1e-3.
    np.testing.assert_allclose(array(ours["components"]), positive(oracle.components_), atol=1e-10)
    np.testing.assert_allclose(array(ours["variances"]), oracle.explained_variance_, rtol=1e-11)
    inverse = oracle.inverse_transform(oracle.transform(test))
    np.testing.assert_allclose(array(ours["inverse"]), inverse, atol=1e-9)


def test_pca_takes_missing_entries_as_training_means(rng):
    train, test = rng.normal(size=(80, 6)) * np.arange(1, 7) + 3, rng.normal(size=(10, 6)) + 3
    train[rng.random(train.shape) < 0.1] = np.nan
    test[rng.random(test.shape) < 0.3] = np.nan
    ours = ask("pca", train=train, test=test, components=3)
    means = np.nanmean(train, axis=0)
    oracle = PCA(3, svd_solver="full").fit(np.where(np.isnan(train), means, train))
    scores = (np.where(np.isnan(test), means, test) - means) @ positive(oracle.components_).T
    np.testing.assert_allclose(array(ours["scores"]), scores, atol=1e-10)


def test_pca_refuses_more_components_than_the_rank(rng):
    train = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 10))
    assert "4 asked for" in refusal("pca", train=train, test=train, components=4)
    assert "rank of 50 cells x 10 features is 3" in refusal("pca", train=train, test=train, components=4)
    # Unless fewer will do; of nothing there is nothing.
    fewer = ask("pca", train=train, test=train, components=4, fewer=True)
    three = ask("pca", train=train, test=train, components=3)
    assert array(fewer["components"]).shape == (3, 10)
    # The same product; other vectors come along in the inverse iteration.
    np.testing.assert_allclose(array(fewer["scores"]), array(three["scores"]), atol=1e-11)
    assert "rank of 5 cells x 2 features is 0" in refusal("pca", train=np.ones((5, 2)), test=train, components=1, fewer=True)


def test_cca_correlations_are_the_cosines_of_the_angles_between_the_sides(rng):
    first, second = correlated_sides(rng, 300, 9, 6)
    ours = ask("cca", train=[first, second], test=[first, second], dim=6)
    angles = subspace_angles(first - first.mean(axis=0), second - second.mean(axis=0))
    np.testing.assert_allclose(array(ours["correlations"]), np.sort(np.cos(angles))[::-1], atol=1e-11)
    for k in range(6):
        scores = [array(ours["scores"][side])[:, k] for side in (0, 1)]
        np.testing.assert_allclose(np.corrcoef(*scores)[0, 1], ours["correlations"][k], atol=1e-11)


def converged_cca(first, second, dim):
    """scikit-learn's iterative CCA. It stops on the squared change of its weights, so tol=1e-20 leaves errors of about 1e-10 / (1 - ratio of
    successive correlations)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return CCA(dim, max_iter=100_000, tol=1e-20).fit(first, second)


def test_cca_has_the_scale_signs_and_inverse_of_scikit_learn(rng):
    first, second = correlated_sides(rng, 300, 7, 5)
    test = [part[:40] + 0.1 for part in (first, second)]
    ours = ask("cca", train=[first, second], test=test, dim=3)
    oracle = converged_cca(first, second, 3)
    scores = oracle.transform(*test)
    back = oracle.inverse_transform(*scores)
    for side in (0, 1):
        np.testing.assert_allclose(array(ours["scores"][side]), scores[side], atol=1e-7)
        np.testing.assert_allclose(array(ours["inverse"][side]), back[side], atol=1e-6)


def pc_cca_by_scikit_learn(train, test, components, dim):
    pcas = [PCA(n, svd_solver="full").fit(values) for n, values in zip(components, train)]
    for pca in pcas:
        pca.components_ = positive(pca.components_)
    cca = converged_cca(*(pca.transform(values) for pca, values in zip(pcas, train)), dim)
    fitted = cca.transform(*(pca.transform(values) for pca, values in zip(pcas, train)))
    scores = cca.transform(*(pca.transform(values) for pca, values in zip(pcas, test)))
    roots = [np.real(sqrtm(np.cov(part.T))) for part in fitted]
    latents = [(part - own.mean(axis=0)) @ np.linalg.inv(root) for part, own, root in zip(scores, fitted, roots)]

    def decode(side, latent):
        part = latent @ roots[side] + fitted[side].mean(axis=0)
        dummy = np.zeros_like(part)
        back = cca.inverse_transform(*((part, dummy) if side == 0 else (dummy, part)))[side]
        return pcas[side].inverse_transform(back)

    return latents, [[decode(side, latent) for side in (0, 1)] for latent in latents]


def test_pc_cca_within_and_across(rng):
    train = [part.astype(np.float32).astype(float) for part in correlated_sides(rng, 300, 40, 12)]
    test = [part[:50] for part in train]
    ours = ask("pc_cca", train=train, test=test, components=[8, 6], dim=3)
    latents, decoded = pc_cca_by_scikit_learn(train, test, [8, 6], 3)
    for source in (0, 1):
        np.testing.assert_allclose(array(ours["latents"][source]), latents[source], atol=1e-6)
        for target in (0, 1):
            # The answer is float32: values up to 16 carry an error of 1e-6.
            np.testing.assert_allclose(array(ours["decoded"][source][target]), decoded[source][target], atol=5e-6)


def test_pc_cca_couples_the_cells_that_have_both(rng):
    """Cells of one modality sharpen its PCA only; with all components the PCA is but a rotation, so they change nothing."""
    first, second = correlated_sides(rng, 200, 6, 5)
    both = np.ones(200, int)
    both[150:] = 0
    partial = ask(
        "pc_cca", train=[first, second], present=[np.ones(200, int), both], test=[first, second], components=[6, 5], dim=2
    )
    complete = ask("pc_cca", train=[first[:150], second[:150]], test=[first, second], components=[6, 5], dim=2)
    for side in (0, 1):
        ours, oracle = array(partial["latents"][side]), array(complete["latents"][side])
        np.testing.assert_allclose(np.abs(ours), np.abs(oracle), atol=1e-5)
    np.testing.assert_allclose(array(partial["decoded"][0][1]), array(complete["decoded"][0][1]), atol=1e-4)


def test_pc_cca_refusals_name_the_numbers(rng):
    first, second = correlated_sides(rng, 60, 6, 5)
    fit = dict(train=[first, second], test=[first, second])
    assert "7 asked for" in refusal("pc_cca", **fit, components=[7, 5], dim=2)
    assert "6 dimensions asked for" in refusal("pc_cca", **fit, components=[6, 5], dim=6)
    few = dict(train=[first[:10], second[:10]], test=[first, second])
    assert "10 cells, expected more than the 6 + 5 columns" in refusal("pc_cca", **few, components=[6, 5], dim=2)
