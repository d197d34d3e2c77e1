"""k-means and Gaussian mixtures against scikit-learn."""
import warnings

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from stats_probe import array, ask, ask_all, refusal


@pytest.fixture(autouse=True)
def one_thread():
    """The oracle's threads wait for each other by spinning: beside other work, minutes instead of seconds."""
    with threadpool_limits(1):
        yield


def cells_of_types(seed, cells=600, types=8, dim=3):
    rng = np.random.default_rng(seed)
    owners = rng.integers(0, types, size=cells)
    values = rng.normal(size=(types, dim))[owners] * 2 + rng.normal(size=(cells, dim)) * rng.uniform(0.2, 0.6, (types, dim))[owners]
    return values / values.std(axis=0)


class FromResponsibilities(GaussianMixture):
    """One run from given responsibilities instead of k-means."""

    def _initialize_parameters(self, X, *args, **kwargs):
        self._initialize(X, self.responsibilities)


@pytest.mark.parametrize("dim,components", [(1, 4), (2, 5), (3, 8), (5, 3), (7, 4)])
def test_em_follows_scikit_learn_from_the_same_start(dim, components):
    values = cells_of_types(dim, dim=dim)
    start = np.random.default_rng(1).dirichlet(np.ones(components), size=len(values))
    ours = ask("em", values=values, responsibilities=start)
    oracle = FromResponsibilities(components, tol=1e-6, reg_covar=1e-4, max_iter=10_000)
    oracle.responsibilities = start
    oracle.fit(values)
    assert ours["iterations"] == oracle.n_iter_ and ours["converged"]
    # Rounding (1e-15 an iteration) grows where the likelihood is flat: over hundreds of iterations to less than 1e-8.
    np.testing.assert_allclose(ours["lower_bound"], oracle.lower_bound_, atol=1e-10)
    np.testing.assert_allclose(array(ours["weights"]), oracle.weights_, atol=1e-8)
    np.testing.assert_allclose(array(ours["means"]), oracle.means_, atol=1e-8)
    np.testing.assert_allclose(array(ours["covariances"]), oracle.covariances_, atol=1e-8)
    np.testing.assert_allclose(array(ours["log_likelihood"]), oracle.score_samples(values), atol=1e-7)
    np.testing.assert_array_equal(ours["labels"], oracle.predict(values))
    assert ours["parameters"] == oracle._n_parameters()
    np.testing.assert_allclose(ours["bic"], oracle.bic(values), rtol=1e-10)


def test_em_stops_at_the_iteration_limit():
    values = cells_of_types(3)
    start = np.random.default_rng(1).dirichlet(np.ones(5), size=len(values))
    ours = ask("em", values=values, responsibilities=start, max_iterations=7)
    oracle = FromResponsibilities(5, tol=1e-6, reg_covar=1e-4, max_iter=7)
    oracle.responsibilities = start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        oracle.fit(values)
    assert ours["iterations"] == 7 and not ours["converged"]
    np.testing.assert_allclose(array(ours["means"]), oracle.means_, atol=1e-11)


@pytest.mark.parametrize("swaps", [0, 10])
@pytest.mark.parametrize("components", [3, 5, 8])
def test_fifty_starts_do_as_well_as_scikit_learn(components, swaps):
    """On these cells a quarter or more of all starts reach the highest optimum, so that 50 (and 20) do not miss it by chance."""
    values = cells_of_types(11)
    ours = ask("mixture", values=values, components=components, starts=50, swaps=swaps)
    oracle = GaussianMixture(components, tol=1e-6, reg_covar=1e-4, max_iter=10_000, n_init=20, random_state=0).fit(values)
    assert ours["failed_starts"] == 0
    assert ours["lower_bound"] > oracle.lower_bound_ - 1e-3
    # One more step from a bound that moved by less than 1e-6.
    np.testing.assert_allclose(np.mean(ours["log_likelihood"]), ours["lower_bound"], atol=2e-6)


@pytest.mark.parametrize("components", [15, 24])
def test_fifty_starts_with_many_components_are_no_worse_than_ten_of_scikit_learn(components):
    """With so many components no start finds the highest optimum for sure; the best of 50 must still not lie below the best of 10."""
    values = cells_of_types(13, cells=700, types=20)
    ours = ask("mixture", values=values, components=components, starts=50)
    oracle = GaussianMixture(components, tol=1e-6, reg_covar=1e-4, max_iter=10_000, n_init=10, random_state=0).fit(values)
    assert ours["failed_starts"] == 0
    assert ours["lower_bound"] > oracle.lower_bound_ - 1e-3


def test_swaps_end_at_an_optimum_of_scikit_learn():
    """Where swaps were kept, the oracle's own iteration from our responsibilities stays there."""
    values = cells_of_types(13, cells=700, types=20)
    ours = ask("mixture", values=values, components=15, starts=5)
    assert ours["kept_swaps"] > 0
    means, weights = array(ours["means"]), array(ours["weights"])
    precisions = np.linalg.inv(array(ours["covariances"]))
    oracle = GaussianMixture(15, tol=1e-6, reg_covar=1e-4, weights_init=weights, means_init=means, precisions_init=precisions).fit(values)
    assert oracle.n_iter_ <= 3
    np.testing.assert_allclose(oracle.lower_bound_, ours["lower_bound"], atol=5e-6)  # a few moves of less than 1e-6
    np.testing.assert_allclose(np.mean(ours["log_likelihood"]), oracle.score(values), atol=5e-6)


def test_single_starts_are_spread_as_those_of_scikit_learn():
    """With more components than types the best start is luck; what must agree is the distribution over starts (two-sample
    Kolmogorov-Smirnov test at fixed seeds)."""
    values = cells_of_types(11, cells=250)
    requests = [{"command": "mixture", "values": values, "components": 12, "starts": 1, "swaps": 0, "key": key} for key in range(300)]
    ours = [answer["lower_bound"] for answer in ask_all(requests)]
    settings = dict(tol=1e-6, reg_covar=1e-4, max_iter=10_000)
    oracle = [GaussianMixture(12, random_state=seed, **settings).fit(values).lower_bound_ for seed in range(60)]
    assert ks_2samp(ours, oracle).pvalue > 0.01


def test_k_means_does_as_well_as_scikit_learn():
    """Inertia of single k-means++ starts: the mean over 30 keys is that of scikit-learn's within three standard errors."""
    values = cells_of_types(5)
    ours = [ask("k_means", values=values, clusters=8, key=key)["inertia"] for key in range(30)]
    oracle = [KMeans(8, n_init=1, random_state=seed).fit(values).inertia_ for seed in range(30)]
    error = np.sqrt((np.var(ours, ddof=1) + np.var(oracle, ddof=1)) / 30)
    assert abs(np.mean(ours) - np.mean(oracle)) < 3 * error


def test_k_means_answer_is_a_fixed_point():
    values = cells_of_types(6)
    ours = ask("k_means", values=values, clusters=8)
    centres, labels = array(ours["centres"]), np.array(ours["labels"])
    distances = ((values[:, None] - centres) ** 2).sum(axis=2)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))
    np.testing.assert_allclose(ours["inertia"], distances.min(axis=1).sum(), rtol=1e-12)
    # Lloyd stops when the squared moves of all centres add up to 1e-4 of the mean variance, which is 1 here.
    means = np.array([values[labels == c].mean(axis=0) for c in range(8)])
    assert ((means - centres) ** 2).sum() <= 1e-4


@pytest.mark.parametrize("swaps", [0, 10])
def test_the_number_of_starts_only_adds_starts(swaps):
    values = cells_of_types(12)
    few, many = (ask("mixture", values=values, components=6, starts=starts, swaps=swaps, key=3) for starts in (3, 12))
    assert many["lower_bound"] >= few["lower_bound"]
    assert many["kept_swaps"] >= few["kept_swaps"]
    if many["best_start"] < 3 and many["kept_swaps"] == few["kept_swaps"]:
        assert many["means"] == few["means"]


def test_duplicated_cells_and_too_many_components():
    values = np.repeat(np.arange(12.0).reshape(4, 3), 10, axis=0)
    ours = ask("mixture", values=values, components=6, starts=4)
    oracle = GaussianMixture(4, reg_covar=1e-4, random_state=0).fit(values)
    np.testing.assert_allclose(np.mean(ours["log_likelihood"]), oracle.score(values), atol=1e-6)
    assert "41 components" in refusal("mixture", values=values, components=41, starts=2)
