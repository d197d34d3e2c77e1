"""Error bars of ensembles: their fit against SciPy's non-negative least squares, their coverage by simulation."""
import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.stats import norm

from stats_probe import array, ask, refusal

NOMINAL = np.array([0.5, 0.8, 0.95])


@pytest.fixture
def rng():
    return np.random.default_rng(81)


def drawn(rng, constants, slope, cells=200, missing=0.0):
    """(truth, mean, spread) of errors of that variance; truth in float32."""
    shape = (cells, len(constants))
    spread = rng.gamma(2.0, 0.5, size=shape) * np.sqrt(rng.uniform(0.1, 10, size=len(constants)))
    mean = rng.normal(size=shape)
    truth = mean + rng.normal(size=shape) * np.sqrt(constants + slope * spread**2)
    truth[rng.random(shape) < missing] = np.nan
    return truth.astype(np.float32).astype(float), mean, spread


def fit_by_nnls(truth, mean, spread):
    """Every entry a row, every feature a column, and one for the slope."""
    there = np.isfinite(truth)
    error = np.where(there, (truth - mean) ** 2, 0)
    weight = 1 / (error.sum(axis=0) / there.sum(axis=0))
    cells, features = np.nonzero(there)
    design = np.zeros((len(cells), truth.shape[1] + 1))
    design[np.arange(len(cells)), features] = 1
    design[:, -1] = spread[there] ** 2
    found = nnls(design * weight[features, None], error[there] * weight[features])[0]
    return found[:-1], found[-1]


@pytest.mark.parametrize("constants,slope,kind", [
    ([0.5, 2.0, 0.01, 30.0], 1.5, "all free"),
    ([0.0, 0.0, 0.0, 5.0, 0.3], 4.0, "some at 0"),
    ([0.0, 0.0, 0.0], 2.0, "all at 0 or near"),
    ([1.0, 2.0, 3.0], 0.0, "no slope"),
])
def test_the_fit_is_non_negative_least_squares(rng, constants, slope, kind):
    at_zero, without_slope = 0, 0
    for _ in range(8):
        cells = drawn(rng, np.array(constants), slope, cells=60, missing=0.1)
        ours = ask("predictive", truth=cells[0], mean=cells[1], spread=cells[2])
        expected, steep = fit_by_nnls(*cells)
        # Sums of 60 terms, through normal equations whose condition is below 1e4.
        np.testing.assert_allclose(ours["slope"], steep, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(ours["constant"], expected, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(array(ours["sd"]), np.sqrt(expected + steep * cells[2] ** 2), rtol=1e-7, atol=1e-8)
        at_zero += int((expected == 0).sum())
        without_slope += int(steep == 0)
    assert kind == "all free" or (at_zero > 0) == (kind != "no slope")
    assert (without_slope > 0) == (kind == "no slope")


def test_intervals_hold_what_they_say(rng):
    """Gaussian errors: of 200,000 entries, shares to within five of their standard errors (0.0056) and what the fit is off."""
    constants = rng.uniform(0.2, 3, size=100)
    truth, mean, spread = drawn(rng, constants, 2.0, cells=2000)
    ours = ask("predictive", truth=truth, mean=mean, spread=spread)
    assert ours["slope"] == pytest.approx(2.0, rel=0.05)
    shares = array(ours["coverage"])
    np.testing.assert_array_equal(shares[:, 0], NOMINAL)
    np.testing.assert_allclose(shares[:, 1], NOMINAL, atol=0.01)
    half = norm.ppf((1 + NOMINAL) / 2)
    inside = np.abs(truth - mean)[..., None] <= half * array(ours["sd"])[..., None]
    np.testing.assert_allclose(shares[:, 1], inside.mean(axis=(0, 1)), atol=1e-12)
    assert (np.abs(truth - mean) <= 1.96 * spread).mean() < 0.85, "the spread alone is no error bar"


def test_nothing_to_go_by(rng):
    truth, mean, spread = drawn(rng, np.array([1.0, 2.0, 3.0]), 1.0, cells=40)
    truth[:, 1] = np.nan
    flat = np.full_like(spread, 0.7)
    ours = ask("predictive", truth=truth, mean=mean, spread=flat)
    assert ours["slope"] == 0 and ours["entries"] == 80
    constant = array(ours["constant"])
    assert np.isnan(constant[1]) and np.isnan(array(ours["sd"])[:, 1]).all()
    np.testing.assert_allclose(constant[[0, 2]], ((truth - mean) ** 2).mean(axis=0)[[0, 2]], rtol=1e-12)
    none = ask("predictive", truth=truth * np.nan, mean=mean, spread=spread)
    assert none["entries"] == 0 and np.isnan(array(none["coverage"])[:, 1]).all()
    exact = ask("predictive", truth=mean.astype(np.float32).astype(float), mean=mean.astype(np.float32).astype(float), spread=spread)
    assert exact["slope"] == 0 and exact["constant"] == [0, 0, 0]
    assert "a spread of shape 20 x 2, expected 20 x 3" in refusal("predictive", truth=truth, mean=mean, spread=spread[:, 1:])
