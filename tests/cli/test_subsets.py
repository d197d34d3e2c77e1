"""Tables of what several modalities say together, computed again by NumPy and scikit-learn from the latents and weights in results.h5
and from the data."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.metrics import r2_score
from test_tables import of_replicate, predictor
from three_modalities import APART, CLOSE, COUPLED, NAMES, RIDGE, TOGETHER, TRAINED, cohort, having, networks, run, table, values  # noqa: F401

JOINT = {"T": ("E", "M"), "E": ("T", "M"), "M": ("T", "E")}  # target: from
REPRESENTATIONS = [("T", "E"), ("T", "M"), ("E", "M"), NAMES]


def feature_scores(truth, predicted):
    """R2 and Pearson's r of each feature over its present entries."""
    there = np.isfinite(truth)
    pairs = [(truth[there[:, i], i], predicted[there[:, i], i]) for i in range(truth.shape[1])]
    return [r2_score(*pair) for pair in pairs], [np.corrcoef(*pair)[0, 1] for pair in pairs]


def row_of(frame, variant, fold, source, target):
    rows = of_replicate(frame, variant, fold)
    return rows[(rows["from"] == "+".join(source)) & (rows["to"] == target)]


def test_only_coupled_networks_and_baselines_have_subsets(run):  # noqa: F811
    reconstruction = table(run, "reconstruction")
    joint = {("+".join(source), target) for target, source in JOINT.items()}
    single = {(a, b) for a in NAMES for b in NAMES}
    across = {(a, b) for a, b in single if a != b}
    for frame in (reconstruction, table(run, "features")):
        directions = {variant: set(zip(own["from"], own["to"])) for variant, own in frame.groupby("variant")}
        assert len(directions) == 4 + 2 + 4 + 1
        for variant, found in directions.items():
            of_baseline, is_coupled = "baseline=" in variant, "lambda=1" in variant or variant == "again"
            assert found == (across | joint if of_baseline else single | joint if is_coupled else single), variant
    assert set(table(run, "accuracy").query("variant == @APART")["representation"]) == {"zT", "zE", "zM"}
    both = table(run, "accuracy").query("variant == @COUPLED")["representation"].unique()
    assert list(both) == ["zT", "zE", "zM", "zT+E", "zT+M", "zE+M", "zT+E+M"]
    summary = table(run, "summary").query("variant == @COUPLED").set_index("metric")
    own = reconstruction.query("variant == @COUPLED and `from` == 'E+M'")["r2"]
    assert summary.loc["r2 T<-E+M", "mean"] == pytest.approx(own.mean()) and summary.loc["r2 T<-E+M", "n"] == len(own) == 3
    compared = table(run, "comparisons")
    for variant in (COUPLED, "folds,baseline=ridge"):
        assert "r2 T<-E+M" in set(compared[compared["variant"] == variant]["metric"]), variant
    assert "accuracy zT+E+M cell class 4" in summary.index


def test_p_values_of_several_modalities_are_corrected_apart(run):
    """Holm written again: there are more questions about several modalities than about one, which must not pay for them."""
    compared = table(run, "comparisons").dropna(subset=["p"])
    is_joint = compared["metric"].str.contains("+", regex=False)
    assert is_joint.sum() > 10 and (~is_joint).sum() > 10
    for own in (compared[is_joint], compared[~is_joint]):
        p = own["p"].sort_values()
        adjusted = np.maximum.accumulate(np.minimum(1, p.to_numpy() * np.arange(len(p), 0, -1)))
        np.testing.assert_allclose(own.loc[p.index, "p_holm"], adjusted, rtol=1e-12)


@pytest.mark.parametrize("target", NAMES)
def test_networks_decode_the_mean_of_the_latents(run, networks, values, target):  # noqa: F811
    source = JOINT[target]
    reconstruction, features = table(run, "reconstruction"), table(run, "features")
    for fold, network in enumerate(networks[COUPLED]):
        cells = (network.split != 0) & having(values, NAMES)
        truth = values[target][cells]
        decoded = network.decode(target, network.together(source)[cells])
        r2, pearson = feature_scores(truth, decoded)
        found = row_of(reconstruction, COUPLED, fold, source, target)
        assert found["n_cells"].item() == cells.sum() > 10
        assert found["r2"].item() == pytest.approx(np.mean(r2), **{"rel": 1e-4, "abs": 1e-5})
        assert found["mse"].item() == pytest.approx(np.nanmean((truth - decoded) ** 2), rel=1e-4)
        found = row_of(features, COUPLED, fold, source, target)
        np.testing.assert_allclose(found["r2"], r2, **CLOSE)
        np.testing.assert_allclose(found["pearson"], pearson, **CLOSE)


@pytest.mark.parametrize("target", NAMES)
def test_averages_of_networks_do_so_one_by_one(run, networks, values, target):  # noqa: F811
    source = JOINT[target]
    for fold in range(3):
        members = [networks[f"folds,lambda=1,member={i}"][fold] for i in range(2)]
        cells = (members[0].split != 0) & having(values, NAMES)
        mean = np.mean([network.decode(target, network.together(source)[cells]) for network in members], axis=0)
        found = row_of(table(run, "reconstruction"), TOGETHER, fold, source, target)
        assert found["r2"].item() == pytest.approx(np.mean(feature_scores(values[target][cells], mean)[0]), rel=1e-4, abs=1e-5)
    members = networks["again"]
    cells = (members[0].split != 0) & having(values, NAMES)
    decoded = [network.decode(target, network.together(source)[cells]) for network in members]
    scores = [np.mean(feature_scores(values[target][cells], one)[0]) for one in (np.mean(decoded, axis=0), *decoded)]
    found = table(run, "ensembles").query("`from` == @name and to == @target", local_dict={"name": "+".join(source), "target": target})
    measures = found.set_index("measure")["value"]
    assert measures["r2_of_average"] == pytest.approx(scores[0], rel=1e-4, abs=1e-5)
    assert measures["r2_of_best_member"] == pytest.approx(max(scores[1:]), rel=1e-4, abs=1e-5)
    assert set(found["n_cells"]) == {cells.sum()}


@pytest.mark.parametrize("names", REPRESENTATIONS, ids="+".join)
def test_types_are_told_from_the_mean_of_the_latents(run, networks, values, cohort, names):  # noqa: F811
    labels = cohort.obs["cell class"].astype(str).to_numpy()[:TRAINED]
    accuracy = table(run, "accuracy")
    for fold, network in enumerate(networks[COUPLED]):
        z, there = network.together(names), having(values, names)
        training, held_out = there & (network.split == 0), there & (network.split != 0)
        model = QuadraticDiscriminantAnalysis(reg_param=RIDGE).fit(z[training], labels[training])
        found = of_replicate(accuracy, COUPLED, fold).query("representation == @name", local_dict={"name": "z" + "+".join(names)})
        assert found["n_cells"].item() == held_out.sum() and found["n_fitted"].item() == 4
        assert found["accuracy"].item() == pytest.approx(model.score(z[held_out], labels[held_out]), abs=1e-12)


@pytest.mark.parametrize("method", ["mean", "neighbours", "ridge", "reduced_rank"])
def test_baselines_see_the_features_side_by_side(run, networks, values, method):  # noqa: F811
    reconstruction = table(run, "reconstruction")
    for fold, network in enumerate(networks[COUPLED]):
        for target, source in JOINT.items():
            train, test = (having(values, NAMES) & part for part in (network.split == 0, network.split != 0))
            x, y = np.hstack([values[name] for name in source]), values[target]
            x = np.where(np.isnan(x), np.nanmean(x[train], axis=0), x)
            y = np.where(np.isnan(y), np.nanmean(y[train], axis=0), y)
            predicted = predictor(method, x[train], y[train])(x[test])
            found = row_of(reconstruction, f"folds,baseline={method}", fold, source, target)
            assert found["n_cells"].item() == test.sum()
            assert found["r2"].item() == pytest.approx(np.mean(feature_scores(values[target][test], predicted)[0]), abs=1e-5)


def test_two_say_more_than_one(run):  # noqa: F811
    """E and M know of different halves of T."""
    means = table(run, "reconstruction").groupby(["variant", "from", "to"])["r2"].mean()
    for variant in ("folds,baseline=ridge", "folds,baseline=reduced_rank"):
        assert means[variant, "E+M", "T"] > max(means[variant, "E", "T"], means[variant, "M", "T"]) + 0.1
