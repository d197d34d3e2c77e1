"""Several networks a fold: variants of their own, and what they predict together, computed again from results.h5 by NumPy and
scikit-learn; new cells are predicted by all of them."""

import hashlib
import shutil

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, refused, succeed
from scipy.optimize import nnls
from scipy.stats import norm
from test_type_tables import DIRECTIONS, Network, cohort, has, held_out, mean_r2  # noqa: F401

MEMBERS = 3
TOGETHER = f"cross_validation,lambda=1,members={MEMBERS}"
EACH = [f"cross_validation,lambda=1,member={member}" for member in range(MEMBERS)]
CHANGES = ["training.steps=600", "training.keep_best_after=300", f"experiment.cross_validation.members={MEMBERS}", "experiment.consensus.components=[2, 2]"]


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("members")
    words = [word for change in CHANGES for word in ("--set", change)]
    assert f"{6 * MEMBERS + 2} in {2 * MEMBERS + 1} variants" in succeed("plan", SMOKE, "--data", tiny, *words).stdout
    succeed("run", SMOKE, "--data", tiny, "--out", folder / "run", *words, ranks=2)
    return folder / "run"


def table(run, name):
    return pd.read_csv(run / "tables" / f"{name}.csv")


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_the_average_of_a_fold(run, cohort, source, target):  # noqa: F811
    values = cohort[0]
    rows = table(run, "reconstruction").query("variant == @TOGETHER and `from` == @source and to == @target").set_index("fold")
    assert set(rows["lambda"]) == {1.0}
    with h5py.File(run / "results.h5") as file:
        groups = [file[f"variants/{variant}"] for variant in EACH]
        assert len(rows) == len(groups[0]["split"]) == 3
        for fold in map(int, rows.index):
            networks = [Network(group, fold) for group in groups]
            assert all(np.array_equal(network.split, networks[0].split) for network in networks)
            cells = held_out(networks[0], values, source, target)
            mean = np.mean([network.decode(target, network.latents[source][cells]) for network in networks], axis=0)
            assert rows.loc[fold, "n_cells"] == len(cells)
            assert rows.loc[fold, "r2"] == pytest.approx(mean_r2(values[target][cells], mean), rel=1e-4, abs=1e-5)


def members_of(run, fold):
    with h5py.File(run / "results.h5") as file:
        return [Network(file[f"variants/{variant}"], fold) for variant in EACH]


def held_out_errors(run, values, source, target):
    """(truth, mean, spread) of the held-out cells of each fold."""
    found = []
    for fold in range(3):
        networks = members_of(run, fold)
        cells = held_out(networks[0], values, source, target)
        decoded = np.array([network.decode(target, network.latents[source][cells]) for network in networks])
        found.append((values[target][cells].astype(float), decoded.mean(axis=0), decoded.std(axis=0, ddof=1)))
    return found


def fitted(folds):
    """Constants and slope by non-negative least squares, an entry a row."""
    truth, mean, spread = map(np.concatenate, zip(*folds))
    there = np.isfinite(truth)
    error = np.where(there, (truth - mean) ** 2, 0)
    weight = there.sum(axis=0) / error.sum(axis=0)
    features = np.nonzero(there)[1]
    design = np.zeros((len(features), truth.shape[1] + 1))
    design[np.arange(len(features)), features] = 1
    design[:, -1] = spread[there] ** 2
    found = nnls(design * weight[features, None], error[there] * weight[features])[0]
    return found[:-1], found[-1]


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_error_bars_are_fitted_on_the_other_folds(run, cohort, source, target):  # noqa: F811
    folds = held_out_errors(run, cohort[0], source, target)
    words = "variant == @TOGETHER and `from` == @source and to == @target"
    rows = table(run, "calibration").query(words).set_index(["fold", "nominal"])
    assert len(rows) == 9 and set(rows["lambda"]) == {1.0}
    for fold, (truth, mean, spread) in enumerate(folds):
        constant, slope = fitted([*folds[:fold], *folds[fold + 1 :]])
        there = np.isfinite(truth)
        for nominal in (0.5, 0.8, 0.95):
            row, half = rows.loc[(fold, nominal)], norm.ppf((1 + nominal) / 2)
            assert row["n_cells"] == len(truth)
            for column, sd in (("coverage_spread", spread), ("coverage", np.sqrt(constant + slope * spread**2))):
                # Errors that are as large as the interval, but for the rounding of float32, lie on either side.
                assert row[column] == pytest.approx((np.abs(truth - mean) <= half * sd)[there].mean(), abs=2e-3), (fold, nominal, column)
    # Simulated noise is Gaussian, but of another variance from cell to cell; the spread of three alone is too narrow.
    wide = rows.xs(0.95, level="nominal").mean(numeric_only=True)
    assert wide["coverage"] == pytest.approx(0.95, abs=0.03) and wide["coverage_spread"] < 0.8
    constant, slope = fitted(folds)
    own = table(run, "predictive").query(words)
    np.testing.assert_allclose(own["constant"], constant, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(own["slope"], slope, rtol=1e-3, atol=1e-5)
    assert list(own["n_cells"]) == list(sum(np.isfinite(truth).sum(axis=0) for truth, _, _ in folds))


def test_members_differ_and_the_average_is_what_others_are_compared_with(run):
    found = table(run, "reconstruction").query("`from` == 'T' and to == 'E' and fold == 0").set_index("variant")["r2"]
    assert len({found[variant] for variant in EACH}) == MEMBERS
    compared = table(run, "comparisons")
    assert set(compared["reference"]) == {TOGETHER} and set(EACH) <= set(compared["variant"])
    types = {path.stem for path in (run / "work/statistics").glob("types,*")}
    assert f"types,{TOGETHER}" in types and not types & {f"types,{variant}" for variant in EACH}
    assert {TOGETHER, *EACH} <= set(table(run, "held_out")["variant"])
    succeed("verify", run)
    assert f"{6 * MEMBERS + 2} done" in succeed("status", run).stdout


def test_new_cells_are_predicted_by_all_members(run, tiny, tmp_path):
    words = ["predict", run, "--data", tiny, "--modality", "E", "--out", tmp_path / "p.csv", "--force"]
    assert f"networks: {3 * MEMBERS} of {TOGETHER};" in succeed(*words).stdout
    assert f"networks: 3 of {EACH[1]};" in succeed(*words, "--variant", EACH[1]).stdout
    refused(*words, "--variant", "cross_validation,lambda=1", names=["--variant", TOGETHER])


def test_new_cells_have_error_bars(run, tiny, cohort, tmp_path):  # noqa: F811
    """The run's own cells, whose latents results.h5 has: each fold's members spread about what they decode."""
    out, values = tmp_path / "p.h5mu", cohort[0]
    told = succeed("predict", run, "--data", tiny, "--modality", "E", "--out", out).stdout
    assert f"predictive_sd: of the truth about the mean, from the held-out errors of all folds of {TOGETHER}" in told
    cells = np.flatnonzero(has(values["E"]))
    squares = []
    for fold in range(3):
        decoded = [network.decode("T", network.latents["E"][cells]) for network in members_of(run, fold)]
        squares.append(np.var(decoded, axis=0, ddof=1))
    own = table(run, "predictive").query("variant == @TOGETHER and `from` == 'E' and to == 'T'")
    expected = np.sqrt(own["constant"].to_numpy() + own["slope"].to_numpy() * np.mean(squares, axis=0))
    found = md.read_h5mu(out)["T"].layers
    np.testing.assert_allclose(found["predictive_sd"], expected, rtol=1e-4, atol=1e-5)
    one = tmp_path / "one.h5mu"
    told = succeed("predict", run, "--data", tiny, "--modality", "E", "--out", one, "--variant", EACH[1]).stdout
    assert f"predictive_sd: none, since {EACH[1]} has no members" in told
    layers = md.read_h5mu(one)["T"].layers
    assert "sd" in layers and "predictive_sd" not in layers


def without(text, name):
    return "".join(line for line in text.splitlines(keepends=True) if not line.endswith(f"  {name}\n"))


@pytest.mark.parametrize("change,names", [
    (lambda text: None, ["predictive.csv: is not there; cplae run, or evaluate and reduce"]),
    (lambda text: text.replace(",E_feature_02,", ",E_feature_03,"), ["predictive.csv", "feature", "not the feature of results.h5"]),
    (lambda text: text.rsplit("\n", 2)[0] + "\n", ["predictive.csv", f"for {TOGETHER}", "expected"]),
    (lambda text: "\n".join([*text.splitlines()[:-1], text.splitlines()[-1].rsplit(",", 2)[0] + ",-1,1"]) + "\n", ["below 0, expected a variance"]),
])
def test_error_bars_of_another_run_are_refused(run, tiny, tmp_path, change, names):
    own = shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("work"))
    path, sums = own / "tables/predictive.csv", own / "tables/SHA256SUMS"
    text, listed = change(path.read_text()), without(sums.read_text(), path.name)
    if text is None:
        path.unlink()
    else:
        assert text != path.read_text()
        path.write_text(text)
        listed += f"{hashlib.sha256(text.encode()).hexdigest()}  {path.name}\n"
    sums.write_text(listed)
    refused("predict", own, "--data", tiny, "--modality", "E", "--out", tmp_path / "p.csv", names=names)


def test_members_are_of_folds(tiny, tmp_path):
    words = ["run", SMOKE, "--data", tiny, "--out", tmp_path / "run"]
    refused(*words, "--set", "experiment.consensus.members=2", names=["experiment.consensus.members", "only of kfold"])
    refused(*words, "--set", "experiment.cross_validation.members=0", names=["members", "found 0"])
